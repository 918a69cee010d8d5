-- presence_expire: take one user offline at the end of the grace, or away after inactivity.
-- uses base presence
-- KEYS user_connections (set)
-- ARGV away_ms (without activity) · moves (text)
-- → 'offline', 'away', or false: nothing is due (any more)
-- publishes presence:user_left, presence:update

local user = read_user()
local deadline = redis.call('ZSCORE', grace_key, user_id)
if deadline and (not user or redis.call('EXISTS', user_connections_key) == 1) then
  redis.call('ZREM', grace_key, user_id)
elseif deadline and tonumber(deadline) <= now then
  user_leaves(user)
  return 'offline'
end
local last_active = redis.call('ZSCORE', active_key, user_id)
if last_active and not user then
  redis.call('ZREM', active_key, user_id)
elseif last_active and tonumber(last_active) <= now - tonumber(away_ms) then
  change_user(user, moves, nil, false, false)
  return 'away'
end
return false
