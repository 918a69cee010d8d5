-- presence_online: set a user online who may have no connection: then only for the grace.
-- uses base presence
-- KEYS user_connections (set)
-- ARGV user_name · device_type · current_page ('' for none) · grace_ms · moves (JSON)
-- → 1
-- publishes presence:user_joined, or presence:update if an automatic away ended

local page = current_page ~= '' and current_page or false
if read_user() then
  change_user(cjson.decode(moves), page and { current_page = page } or {}, true, false)
else
  user_joins(user_name, device_type, page)
end
if redis.call('EXISTS', user_connections_key) == 0 then
  redis.call('ZADD', grace_key, digits(now + tonumber(grace_ms)), user_id)
end
return 1
