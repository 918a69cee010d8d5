-- presence_set: change a user's status or location, or note their activity.
-- uses base presence
-- KEYS connection (hash)
-- ARGV sid ('' for a change without a connection) · moves (JSON) · location (JSON object; null clears)
--      is_active (1 if the user did this, else 0) · always (1 to announce in any case, 0 only a change of status)
-- → {presence (JSON), time of Redis (RFC 3339)}, or false: no such connection, or the user is offline
-- publishes presence:update

if sid ~= '' and redis.call('EXISTS', connection_key) == 0 then return false end
local presence = change_user(cjson.decode(moves), cjson.decode(location), is_active == '1', always == '1')
return presence and { presence, rfc3339(now) }
