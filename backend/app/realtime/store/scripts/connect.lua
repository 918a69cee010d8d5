-- connect: store a connection and make its user online; announce if they were not.
-- uses base presence
-- KEYS 1–6 as presence · 7 user's sids · 8 tenant's sids · 9 connection hash · 10 node's sids
--      11 user's notification ends zset
-- ARGV 1–3 as presence · 4 node channel · 5 sid · 6 user's Socket.IO room · 7 user_name · 8 device_type
--      9 browser · 10 node_id · 11 tenant_id · 12 connections a user may have · 13 moves (JSON)
-- → connected_at (RFC 3339), or false: the user has all the connections allowed
-- publishes presence:user_joined, or presence:update if an automatic away ended or the name is new; presence:list to the sid

local NODE_CHANNEL, sid, user_name = ARGV[4], ARGV[5], ARGV[7]

if redis.call('SISMEMBER', KEYS[7], sid) == 0 and redis.call('SCARD', KEYS[7]) >= tonumber(ARGV[12]) then return false end

local connected_at = rfc3339(now)
redis.call('SADD', KEYS[7], sid)
redis.call('SADD', KEYS[8], sid)
redis.call('SADD', KEYS[10], sid)
redis.call('HSET', KEYS[9], 'user_id', user_id, 'tenant_id', ARGV[11], 'user_name', user_name,
  'connected_at', connected_at, 'device_type', ARGV[8], 'browser', ARGV[9], 'node', ARGV[10])
redis.call('ZREM', GRACE, user_id)

local user = read_user()
if user then
  if user.user_name ~= user_name then
    redis.call('ZREM', NAMES, user.user_name .. '\0' .. user_id)
    redis.call('ZADD', NAMES, 0, user_name .. '\0' .. user_id)
  end
  change_user(cjson.decode(ARGV[13]), { user_name = user_name, device_type = ARGV[8] }, true, user.user_name ~= user_name)
else
  user_joins(user_name, ARGV[8], false, sid)
end
-- What of the user's ends by time may have been made while nobody was there to be told when.
local first_end = redis.call('ZRANGE', KEYS[11], 0, 0, 'WITHSCORES')[2]
emit(NODE_CHANNEL, 'presence:list', presence_list('', ''), sid, { enter = { TENANT_ROOM, ARGV[6] },
  due = first_end and math.max(0, tonumber(first_end) - now), due_room = TENANT_ROOM })
return connected_at
