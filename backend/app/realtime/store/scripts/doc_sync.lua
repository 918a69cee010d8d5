-- doc_sync: a room's document for one connection: whole, or the edits that it has missed.
-- uses base members locks documents
-- KEYS 1 connection hash · 2 connection's rooms · 3 document hash · 4 log · 5 edit ids zset · 6 locks hash
-- ARGV 1 node channel · 2 sid · 3 room_id · 4 version that the connection has, '' for none · 5 seconds to keep the document
-- → version · 0 no such connection, -1 not in the room, each in a list of its own
-- publishes doc:sync to the sid

local room_id = ARGV[3]

local refused = refusal(KEYS[1], KEYS[2], room_id)
if refused then return { refused } end
local version, kept = read_version(KEYS[3], KEYS[4])
keep_document(KEYS[3], KEYS[4], KEYS[5], ARGV[5])
local content, changes = 'null', ARGV[4] ~= '' and edits_since(KEYS[4], version, kept, tonumber(ARGV[4]))
if changes then
  for i, entry in ipairs(changes) do changes[i] = string.sub(entry, string.find(entry, '\n', 1, true) + 1) end
else
  content, changes = redis.call('HGET', KEYS[3], 'content') or '{}', {}
end
emit(ARGV[1], 'doc:sync', '{"room_id":' .. json(room_id) .. ',"version":' .. digits(version) .. ',"content":' .. content
  .. ',"changes":[' .. table.concat(changes, ',') .. '],"locks":' .. locks_json(read_locks(KEYS[6])) .. '}', ARGV[2])
return version
