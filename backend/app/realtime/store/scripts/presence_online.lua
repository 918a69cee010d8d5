-- presence_online: set a user online who may have no connection: then only for the grace.
-- uses base presence
-- KEYS user_connections (set)
-- ARGV user_name · device_type · current_page (JSON, '' for none) · grace_ms · moves (text)
-- → 1
-- publishes presence:user_joined, or presence:update if an automatic away ended

local user = read_user()
if user then
  change_user(user, moves, { current_page = current_page }, true, false)
else
  user_joins(user_name, device_type, current_page == '' and 'null' or current_page)
end
if redis.call('EXISTS', user_connections_key) == 0 then
  redis.call('ZADD', grace_key, digits(now + tonumber(grace_ms)), user_id)
end
return 1
