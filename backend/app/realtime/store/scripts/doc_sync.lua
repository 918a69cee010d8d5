-- doc_sync: send a room's document to one connection: the whole, or the edits that it has missed.
-- uses base members locks documents
-- KEYS connection (hash) · connection_rooms (set) · document (hash) · document_log (list) · document_edits (zset)
--      locks (hash)
-- ARGV node_channel · sid · room_id · since (version that the connection has, '' for none) · kept_seconds
-- → version · 0 no such connection, -1 not in the room, each in a list of its own
-- publishes doc:sync to the sid

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return { refused } end
local version, kept = read_version(document_key, document_log_key)
keep_document(document_key, document_log_key, document_edits_key, kept_seconds)
local content, changes = 'null', since ~= '' and edits_since(document_log_key, version, kept, tonumber(since))
if changes then
  for i, entry in ipairs(changes) do changes[i] = string.sub(entry, string.find(entry, '\n', 1, true) + 1) end
else
  content, changes = redis.call('HGET', document_key, 'content') or '{}', {}
end
emit(node_channel, 'doc:sync', '{"room_id":' .. json(room_id) .. ',"version":' .. digits(version) .. ',"content":' .. content
  .. ',"changes":[' .. table.concat(changes, ',') .. '],"locks":' .. locks_json(read_locks(locks_key)) .. '}', sid)
return version
