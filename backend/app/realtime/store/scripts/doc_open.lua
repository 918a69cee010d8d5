-- doc_open: give a document its first content, unless it has one.
-- uses base documents
-- KEYS 1 document hash · 2 log · 3 edit ids zset
-- ARGV 1 bus channel · 2 room's Socket.IO room · 3 content (JSON) · 4 what it touched (JSON) · 5 message (JSON)
--      6 user_id, NUL, edit_id · 7 seconds to keep the document
-- → {version, content (JSON)} as it is now
-- publishes doc:edit if the content was taken

local version = read_version(KEYS[1], KEYS[2])
if version > 0 then
  keep_document(KEYS[1], KEYS[2], KEYS[3], ARGV[7])
  return { version, redis.call('HGET', KEYS[1], 'content') }
end
append_edit(KEYS[1], KEYS[2], KEYS[3], 1, ARGV[3], ARGV[4] .. '\n' .. ARGV[5], ARGV[6], ARGV[7])
emit(ARGV[1], 'doc:edit', ARGV[5], ARGV[2])
return { 1, ARGV[3] }
