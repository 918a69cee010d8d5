-- presence_set: change a user's status or location, or note their activity.
-- uses base presence
-- KEYS connection (hash)
-- ARGV sid ('' for a change without a connection) · moves (text) · current_page · current_entity_type · current_entity_id
--      is_active (1 if the user did this, else 0) · always (1 to announce in any case, 0 only a change of status)
-- → {presence (JSON), time of Redis in ms}, or false: no such connection, or the user is offline
-- publishes presence:update
--
-- A location is JSON, null clears it; '' leaves it as it is.

if sid ~= '' and redis.call('EXISTS', connection_key) == 0 then return false end
local user = read_user()
if not user then return false end
local location = { current_page = current_page, current_entity_type = current_entity_type,
  current_entity_id = current_entity_id }
return { change_user(user, moves, location, is_active == '1', always == '1'), now }
