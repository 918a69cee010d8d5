-- doc_open: give a document its first content, unless it has some.
-- uses base locks documents
-- KEYS –
-- ARGV content (JSON) · touched (JSON) · message (JSON) · edit_key (user_id, NUL, edit_id)
-- → {version, content (JSON)} as it is now
-- publishes doc:edit if the content was taken, doc:sync if the document's epoch is new

local document = read_document()
if document.version > 0 then
  keep_read_document(document)
  return { document.version, read_content() }
end
emit(room_channel, 'doc:edit', append_edit(document, content, touched, message, edit_key))
return { document.version, content }
