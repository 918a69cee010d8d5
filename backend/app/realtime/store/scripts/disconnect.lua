-- disconnect: forget a connection, leave its rooms, and take its user offline if it said goodbye and was the last.
-- uses base presence cursors typing locks leaving
-- KEYS 1–6 as presence · 7 user's sids · 8 tenant's sids · 9 connection hash · 10 node's sids
--      11 connection's rooms · 12 due zset · 13… for each room: room hash, users hash, entity's room, cursors hash,
--      typing hash, locks hash
-- ARGV 1–3 as presence · 4 sid · 5 1 if it said goodbye, else 0 · 6 grace in ms · 7 when it was lost (ms, 0 for now)
--      8 beginning of users' Socket.IO rooms · 9… for each room: room_id, Socket.IO room
-- → {0} unknown connection · {1} done · {2, ms} done, the user goes offline in that time
--   {3, room_id…} nothing done: these are the rooms that the caller must name
-- publishes cursor:remove, typing:users, doc:lock_status, room:user_left, presence:user_left

local sid = ARGV[4]

local named = {}
for i = 9, #ARGV, 2 do named[ARGV[i]] = true end
local rooms = redis.call('SMEMBERS', KEYS[11])
for _, room_id in ipairs(rooms) do
  if not named[room_id] then return { 3, unpack(rooms) } end
end

redis.call('SREM', KEYS[10], sid)
if redis.call('EXISTS', KEYS[9]) == 0 then return { 0 } end

for i = 0, (#ARGV - 8) / 2 - 1 do
  local key, arg = 13 + 6 * i, 9 + 2 * i
  local room_keys = { KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3], KEYS[key + 4], KEYS[key + 5], KEYS[12] }
  leave_room(BUS, room_keys, ARGV[arg], ARGV[arg + 1], ARGV[8], user_id, sid, ARGV[5] == '0')
end
redis.call('SREM', KEYS[7], sid)
redis.call('SREM', KEYS[8], sid)
redis.call('DEL', KEYS[9], KEYS[11])
if redis.call('EXISTS', KEYS[7]) == 1 then return { 1 } end

local user = read_user()
if not user then return { 1 } end
if ARGV[5] == '1' then
  user_leaves(user.user_name)
  return { 1 }
end
local lost_at = tonumber(ARGV[7])
local deadline = (lost_at > 0 and lost_at or now) + tonumber(ARGV[6])
redis.call('ZADD', GRACE, digits(deadline), user_id)
return { 2, math.max(0, deadline - now) }
