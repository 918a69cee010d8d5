-- presence_list: who is online, for one connection or for the caller.
-- uses base presence
-- KEYS 1–6 as presence · 7 connection hash
-- ARGV 1–3 as presence · 4 node channel · 5 sid, '' for the caller only · 6 entity_type, '' for any · 7 entity_id, '' for any
-- → {users, seq} (JSON), or false: no such connection
-- publishes presence:list to the sid

local sid = ARGV[5]

if sid ~= '' and redis.call('EXISTS', KEYS[7]) == 0 then return false end
local list = presence_list(ARGV[6], ARGV[7])
if sid ~= '' then emit(ARGV[4], 'presence:list', list, sid) end
return list
