-- doc_read: read what an edit on an older version needs. Changes nothing.
-- uses base members documents
-- KEYS connection (hash) · connection_rooms (set) · document (hash) · document_log (list) · document_edits (zset)
-- ARGV room_id · base_version · edit_key (user_id, NUL, edit_id) · node_channel · sid · ack_number
-- → {version, the edit's own version or false, content (JSON) or false, 1 if all edits since are there else 0, entry…}
--   0 no such connection · -1 not in the room
-- publishes to the sid's node that its answer follows, if the edit is known already

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return refused end
local version, kept = read_version(document_key, document_log_key)
local answered = redis.call('ZSCORE', document_edits_key, edit_key)
if answered then answer_follows(node_channel, sid, ack_number) return { version, answered } end
local missed = edits_since(document_log_key, version, kept, tonumber(base_version))
if not missed then return { version, false, false, 0 } end
return { version, false, redis.call('HGET', document_key, 'content') or '{}', 1, unpack(missed) }
