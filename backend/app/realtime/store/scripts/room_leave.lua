-- room_leave: take one connection out of a room; announce if its user is gone from it.
-- uses base cursors typing locks leaving
-- KEYS 1 connection hash · 2 connection's rooms · 3 room hash · 4 users hash · 5 entity's room · 6 cursors hash
--      7 typing hash · 8 locks hash · 9 due zset
-- ARGV 1 bus channel · 2 node channel · 3 sid · 4 user_id · 5 room_id · 6 room's Socket.IO room
--      7 beginning of users' Socket.IO rooms
-- → 1 left · 0 no such connection · -1 it was not in
-- publishes cursor:remove, typing:users, doc:lock_status, room:user_left

if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('SREM', KEYS[2], ARGV[5]) == 0 then return -1 end
redis.call('PUBLISH', ARGV[2], '{"method":"leave_room","sid":' .. json(ARGV[3]) .. ',"namespace":"/","room":'
  .. json(ARGV[6]) .. ',"host_id":"redis"}')
leave_room(ARGV[1], { KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9] }, ARGV[5], ARGV[6], ARGV[7], ARGV[4],
  ARGV[3], false)
return 1
