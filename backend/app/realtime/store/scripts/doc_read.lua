-- doc_read: read what an edit on an older version needs. Changes nothing, unless the document's epoch is new.
-- uses base members locks documents
-- KEYS connection (hash) · connection_rooms (set)
-- ARGV base_version · epoch (of base_version, '' for unknown) · edit_key (user_id, NUL, edit_id) · node_channel · sid
--      ack_number
-- → {version, epoch, the edit's own version or false, content (JSON) or false, 1 if all edits since are there else 0, entry…}
--   0 no such connection · -1 not in the room
-- publishes to the sid's node that its answer follows, if the edit is known already; doc:sync if the document's epoch is new

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return refused end
local document = read_document()
local answered = redis.call('ZSCORE', document_edits_key, edit_key)
if answered then answer_follows(node_channel, sid, ack_number) return { document.version, document.epoch, answered } end
local missed = edits_since(document, tonumber(base_version), epoch)
if not missed then return { document.version, document.epoch, false, false, 0 } end
return { document.version, document.epoch, false, read_content(), 1, unpack(missed) }
