-- connect: store a connection and make its user online; announce if they were not.
-- uses base presence revoked
-- KEYS user_connections (set) · connections (set) · connection (hash) · node_connections (set) · notifications_ends (zset)
--      notifications_unread (zset) · notifications_read (zset) · activity (stream)
-- ARGV node_channel · sid · user_channel · user_name · device_type · browser · node_id · tenant_id
--      max_connections (of the user) · max_of_tenant (connections) · list_limit · moves (text)
-- → connected_at (RFC 3339), or false: the user has all the connections allowed; 0: the tenant has; -1: the token is revoked
-- publishes presence:user_joined, or presence:update if an automatic away ended or the name is new; presence:list to the sid

if is_revoked() then return -1 end
if redis.call('SISMEMBER', user_connections_key, sid) == 0 then
  if redis.call('SCARD', user_connections_key) >= tonumber(max_connections) then return false end
  if redis.call('SCARD', connections_key) >= tonumber(max_of_tenant) then return 0 end
end

local connected_at = rfc3339(now)
redis.call('SADD', user_connections_key, sid)
redis.call('SADD', connections_key, sid)
redis.call('SADD', node_connections_key, sid)
redis.call('HSET', connection_key, 'user_id', user_id, 'tenant_id', tenant_id, 'user_name', user_name,
  'connected_at', connected_at, 'device_type', device_type, 'browser', browser, 'node', node_id)
redis.call('ZREM', grace_key, user_id)

local user = read_user()
if user then
  local renamed = user.user_name ~= user_name
  if renamed then rename_user(user, user_name) end
  redis.call('HSET', user_key, 'device_type', device_type)
  change_user(user, moves, nil, true, renamed)
else
  user_joins(user_name, device_type, 'null', sid)
end
-- A notification may have been made while no node was told when it expires.
local first_end = redis.call('ZRANGE', notifications_ends_key, 0, 0, 'WITHSCORES')[2]
-- The places of what the connection would have heard last, had it been here: see `bus/positions.py`.
local last_item = redis.call('XREVRANGE', activity_key, '+', '-', 'COUNT', 1)[1]
local last_made = 0
for _, key in ipairs({ notifications_unread_key, notifications_read_key }) do
  last_made = math.max(last_made, tonumber(redis.call('ZRANGE', key, 0, 0, 'REV', 'WITHSCORES')[2] or 0))
end
emit(node_channel, 'presence:list', presence_list('', '', '', tonumber(list_limit)), { to = sid,
  enter = { tenant_channel, user_channel },
  from = { last_item and digits(tonumber(string.match(last_item[1], '^%d+'))) or '0', digits(last_made) }, due = first_end and math.max(0, tonumber(first_end) - now), due_room = tenant_channel })
return connected_at
