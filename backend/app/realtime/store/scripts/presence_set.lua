-- presence_set: change a user's status or location, or note their activity.
-- uses base presence
-- KEYS 1–6 as presence · 7 connection hash
-- ARGV 1–3 as presence · 4 1 if KEYS 7 must exist, else 0 · 5 moves (JSON) · 6 location (JSON object; null clears)
--      7 1 if the user did this, else 0 · 8 1 to announce in any case, 0 only a change of status
-- → {presence (JSON), time of Redis (RFC 3339)}, or false: no such connection, or the user is offline
-- publishes presence:update

if ARGV[4] == '1' and redis.call('EXISTS', KEYS[7]) == 0 then return false end
local presence = change_user(cjson.decode(ARGV[5]), cjson.decode(ARGV[6]), ARGV[7] == '1', ARGV[8] == '1')
return presence and { presence, rfc3339(now) }
