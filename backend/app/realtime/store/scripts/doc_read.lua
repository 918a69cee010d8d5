-- doc_read: what an edit on an older version needs to know. Changes nothing.
-- uses base members documents
-- KEYS 1 connection hash · 2 connection's rooms · 3 document hash · 4 log · 5 edit ids zset
-- ARGV 1 room_id · 2 version that the edit was made on · 3 user_id, NUL, edit_id · 4 node channel · 5 sid
-- → {version, the edit's own version or false, content (JSON) or false, 1 if all edits since are there else 0, entry…}
--   0 no such connection · -1 not in the room
-- publishes to the sid's node that its answer follows, if the edit is known already

local refused = refusal(KEYS[1], KEYS[2], ARGV[1])
if refused then return refused end
local version, kept = read_version(KEYS[3], KEYS[4])
local answered = redis.call('ZSCORE', KEYS[5], ARGV[3])
if answered then answer_follows(ARGV[4], ARGV[5]) return { version, answered } end
local missed = edits_since(KEYS[4], version, kept, tonumber(ARGV[2]))
if not missed then return { version, false, false, 0 } end
return { version, false, redis.call('HGET', KEYS[3], 'content') or '{}', 1, unpack(missed) }
