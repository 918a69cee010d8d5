-- presence_active: note when users were active whose status that does not change.
-- uses base
-- KEYS online (hash) · active (zset) · users… (connection user)
-- ARGV users… (user_id ago_ms)
-- → numbers of the users for whom that is not enough: no such connection, offline, or away by inactivity
-- publishes nothing

local left = {}
for number, user in ipairs(users) do
  local f = redis.call('EXISTS', user.connection_key) == 1
    and redis.call('HMGET', user.user_key, 'status', 'auto', 'last_active_at')
  if not f or not f[1] or f[2] then
    left[#left + 1] = number
  else
    local active_ms = now - tonumber(user.ago_ms)
    local active_at = rfc3339(active_ms)
    if active_at > f[3] then
      redis.call('HSET', user.user_key, 'last_active_at', active_at)
      -- The user's line of the list ends with the time.
      local line = redis.call('HGET', online_key, user.user_id)
      redis.call('HSET', online_key, user.user_id, string.sub(line, 1, -#active_at - 3) .. active_at .. '"}')
      if f[1] == 'online' then redis.call('ZADD', active_key, digits(active_ms), user.user_id) end
    end
  end
end
return left
