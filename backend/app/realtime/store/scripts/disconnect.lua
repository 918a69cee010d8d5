-- disconnect: remove a connection, leave its rooms; take its user offline if it said goodbye and was the last.
-- uses base presence cursors typing locks leaving
-- KEYS user_connections (set) · connections (set) · connection (hash) · node_connections (set) · connection_rooms (set)
--      rooms_due (zset) · rooms… (room room_users entity_room cursors typing locks)
-- ARGV sid · goodbye (1 if the client said so, else 0) · grace_ms · lost_at_ms (0 for now) · users_channel
--      rooms… (room_id room_channel)
-- → {0} unknown connection · {1} done · {2, ms} done, the user goes offline in that time
--   {3, room_id…} nothing done: these are the rooms that the caller must name
-- publishes cursor:remove, typing:users, doc:lock_status, room:user_left, presence:user_left

local named = {}
for _, room in ipairs(rooms) do named[room.room_id] = true end
local room_ids = redis.call('SMEMBERS', connection_rooms_key)
for _, room_id in ipairs(room_ids) do
  if not named[room_id] then return { 3, unpack(room_ids) } end
end

redis.call('SREM', node_connections_key, sid)
if redis.call('EXISTS', connection_key) == 0 then return { 0 } end

for _, room in ipairs(rooms) do
  leave_room(room, rooms_due_key, users_channel, user_id, sid, goodbye == '0')
end
redis.call('SREM', user_connections_key, sid)
redis.call('SREM', connections_key, sid)
redis.call('DEL', connection_key, connection_rooms_key)
if redis.call('EXISTS', user_connections_key) == 1 then return { 1 } end

local user = read_user()
if not user then return { 1 } end
if goodbye == '1' then
  user_leaves(user)
  return { 1 }
end
local lost_at = tonumber(lost_at_ms)
local deadline = (lost_at > 0 and lost_at or now) + tonumber(grace_ms)
redis.call('ZADD', grace_key, digits(deadline), user_id)
return { 2, math.max(0, deadline - now) }
