-- presence_list: list who is online, a page of at most `limit`, for one connection or for the caller.
-- uses base presence
-- KEYS connection (hash)
-- ARGV node_channel · sid ('' for the caller only) · entity_type (JSON, '' for any) · entity_id (JSON, '' for any)
--      place (the `next` of the page before, '' for the first) · limit
-- → {users, total, next, seq} (JSON) for the caller, '' if it was sent to the sid, or false: no such connection
-- publishes presence:list to the sid

if sid ~= '' and redis.call('EXISTS', connection_key) == 0 then return false end
local list = presence_list(entity_type, entity_id, place, tonumber(limit))
if sid == '' then return list end
emit(node_channel, 'presence:list', list, { to = sid })
return ''
