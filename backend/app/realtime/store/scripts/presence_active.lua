-- presence_active: note when users were active whose status that does not change.
-- uses base
-- KEYS online (hash) · active (zset) · users… (connection user)
-- ARGV users… (user_id at_ms)
-- → time of Redis in ms, and the numbers of the users for whom that is not enough: no such connection, offline, or away by inactivity
-- publishes nothing
--
-- The activity counts although the connection has ended meanwhile: its user may have others.

local answer = { now }
for number, user in ipairs(users) do
  local f = redis.call('HMGET', user.user_key, 'state', 'user_name', 'active_at')
  local steady = f[1] and f[1] ~= 'auto_away'
  local at = math.min(now, tonumber(user.at_ms))
  if steady and at > tonumber(f[3]) then
    redis.call('HSET', user.user_key, 'active_at', digits(at))
    -- The user's line of the list ends with the time.
    local member, text = f[2] .. '\0' .. user.user_id, rfc3339(at)
    local line = redis.call('HGET', online_key, member)
    redis.call('HSET', online_key, member, string.sub(line, 1, -#text - 3) .. text .. '"}')
    if f[1] == 'online' then redis.call('ZADD', active_key, digits(at), user.user_id) end
  end
  if not steady or redis.call('EXISTS', user.connection_key) == 0 then answer[#answer + 1] = number end
end
return answer
