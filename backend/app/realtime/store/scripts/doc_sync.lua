-- doc_sync: send a room's document to one connection: the whole, or the edits that it has missed.
-- uses base members locks documents
-- KEYS connection (hash) · connection_rooms (set)
-- ARGV node_channel · sid · since (version that the connection has, '' for none) · epoch (of since, '' for unknown)
-- → {version, epoch} · 0 no such connection · -1 not in the room
-- publishes doc:sync to the sid, and to the room if the document's epoch is new

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return refused end
local document = read_document()
keep_read_document(document)
local changes = since ~= '' and edits_since(document, tonumber(since), epoch)
local content = 'null'
if changes then
  for i, entry in ipairs(changes) do changes[i] = string.sub(entry, string.find(entry, '\n', 1, true) + 1) end
else
  content, changes = read_content(), {}
end
emit(node_channel, 'doc:sync', document_json(document, content, table.concat(changes, ',')), { to = sid })
return { document.version, document.epoch }
