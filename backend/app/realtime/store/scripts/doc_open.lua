-- doc_open: give a document its first content, unless it has some.
-- uses base documents
-- KEYS document (hash) · document_log (list) · document_edits (zset)
-- ARGV bus · room_channel · content (JSON) · touched (JSON) · message (JSON)
--      edit_key (user_id, NUL, edit_id) · kept_seconds
-- → {version, content (JSON)} as it is now
-- publishes doc:edit if the content was taken

local version = read_version(document_key, document_log_key)
if version > 0 then
  keep_document(document_key, document_log_key, document_edits_key, kept_seconds)
  return { version, redis.call('HGET', document_key, 'content') }
end
append_edit(document_key, document_log_key, document_edits_key, 1, content, touched .. '\n' .. message, edit_key,
  kept_seconds)
emit(bus, 'doc:edit', message, room_channel)
return { 1, content }
