-- doc_edit: commit an edit, if the document is still the one that it was applied to and nobody's lock is in the way.
-- uses base presence members locks typing documents
-- KEYS 1–6 as presence · 7 connection hash · 8 connection's rooms · 9 document hash · 10 log · 11 edit ids zset
--      12 locks hash · 13 typing hash
-- ARGV 1–3 as presence · 4 node channel · 5 sid · 6 room_id · 7 room's Socket.IO room · 8 version it was applied to
--      9 new content (JSON) · 10 what it touched (JSON) · 11 message (JSON) · 12 user_id, NUL, edit_id
--      13 seconds to keep the document · 14 moves (JSON)
-- → {1, version} committed · {2, version} known already · {3} another edit came first · {4, lock (JSON)} locked
--   0 no such connection · -1 not in the room
-- publishes doc:edit, and to the sid's node that its answer follows; typing:users if the user was typing there;
--   presence:update if an automatic away ended

local sid, room_id, room_channel = ARGV[5], ARGV[6], ARGV[7]

local refused = refusal(KEYS[7], KEYS[8], room_id)
if refused then return refused end
local answered = redis.call('ZSCORE', KEYS[11], ARGV[12])
if answered then answer_follows(ARGV[4], sid) return { 2, tonumber(answered) } end
local version = read_version(KEYS[9], KEYS[10])
if version ~= tonumber(ARGV[8]) then return { 3 } end
local writes = cjson.decode(ARGV[10]).writes
local foreign_lock = foreign_lock_finder(read_locks(KEYS[12]), user_id)
for _, place in ipairs(writes) do
  local lock = foreign_lock(place)
  if lock then return { 4, lock_json(lock) } end
end

append_edit(KEYS[9], KEYS[10], KEYS[11], version + 1, ARGV[9], ARGV[10] .. '\n' .. ARGV[11], ARGV[12], ARGV[13])
emit(BUS, 'doc:edit', ARGV[11], room_channel, { skip_sid = sid })
answer_follows(ARGV[4], sid)
note_activity(cjson.decode(ARGV[14]))
end_typing(BUS, KEYS[13], room_id, room_channel, nil, function(typist)
  if typist.user_id ~= user_id then return false end
  if typist.place == '' then return true end
  for _, place in ipairs(writes) do
    if overlap(typist.place, place) then return true end
  end
  return false
end)
return { 1, version + 1 }
