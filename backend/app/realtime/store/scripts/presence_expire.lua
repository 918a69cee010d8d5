-- presence_expire: do to one user what is due: offline after the grace time, away after inactivity.
-- uses base presence
-- KEYS 1–6 as presence · 7 user's sids
-- ARGV 1–3 as presence · 4 ms without activity until away · 5 moves (JSON)
-- → 'offline', 'away', or false: nothing is due (any more)
-- publishes presence:user_left, presence:update

local user = read_user()
local deadline = redis.call('ZSCORE', GRACE, user_id)
if deadline and (not user or redis.call('EXISTS', KEYS[7]) == 1) then
  redis.call('ZREM', GRACE, user_id)
elseif deadline and tonumber(deadline) <= now then
  user_leaves(user.user_name)
  return 'offline'
end
local last_active = redis.call('ZSCORE', ACTIVE, user_id)
if last_active and not user then
  redis.call('ZREM', ACTIVE, user_id)
elseif last_active and tonumber(last_active) <= now - tonumber(ARGV[4]) then
  change_user(cjson.decode(ARGV[5]), {}, false, false)
  return 'away'
end
return false
