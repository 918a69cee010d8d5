-- room_leave: take one connection out of a room, the only one of `rooms`; announce if its user is gone from it.
-- uses base cursors typing locks leaving
-- KEYS connection (hash) · connection_rooms (set) · rooms_due (zset)
--      rooms… (room room_users entity_room cursors typing locks)
-- ARGV node_channel · sid · user_id · users_channel · rooms… (room_id room_channel)
-- → 1 left · 0 no such connection · -1 it was not in
-- publishes cursor:remove, typing:users, doc:lock_status, room:user_left

local room = rooms[1]

if redis.call('EXISTS', connection_key) == 0 then return 0 end
if redis.call('SREM', connection_rooms_key, room.room_id) == 0 then return -1 end
publish(node_channel, '{"do":"leave","sid":' .. json(sid) .. ',"room":' .. json(room.room_channel) .. '}')
leave_room(room, rooms_due_key, users_channel, user_id, sid, false)
return 1
