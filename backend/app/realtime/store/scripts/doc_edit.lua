-- doc_edit: commit an edit, unless another edit came first or another user's lock covers the place.
-- uses base presence members locks typing documents
-- KEYS connection (hash) · connection_rooms (set) · typing (hash)
-- ARGV node_channel · sid · ack_number · applied_to (version) · applied_in (epoch) · content (JSON) · touched (JSON)
--      message (JSON) · edit_key (user_id, NUL, edit_id) · moves (text) · max_bytes (of the tenant's documents)
--      max_documents (of the tenant)
-- → {1, version, epoch} committed · {2, version, epoch} known already · {3} another edit came first, or the epoch is new
--   {4, lock (JSON)} locked · {5} the tenant's documents have too many bytes · {6} there are too many of them
--   0 no such connection · -1 not in the room
-- publishes doc:edit, and to the sid's node that its answer follows; typing:users if the user was typing there;
--   presence:update if an automatic away ended; doc:sync if the document's epoch is new

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return refused end
local document = read_document()
local answered = redis.call('ZSCORE', document_edits_key, edit_key)
if answered then answer_follows(node_channel, sid, ack_number) return { 2, tonumber(answered), document.epoch } end
if document.version ~= tonumber(applied_to) or document.epoch ~= applied_in then return { 3 } end
local writes = cjson.decode(touched).writes
local foreign_lock = foreign_lock_finder(read_locks(locks_key), user_id)
for _, place in ipairs(writes) do
  local lock = foreign_lock(place)
  if lock then return { 4, lock_json(lock) } end
end

forget_ended_documents()
if document.version == 0 and redis.call('ZCARD', documents_ends_key) >= tonumber(max_documents) then return { 6 } end
local own, sum = read_bytes(room_id)
local more = #content + #touched + #message + tonumber(redis.call('HGET', document_key, 'log_bytes') or '0') - own
if more > 0 and sum + more > tonumber(max_bytes) then return { 5 } end

emit(room_channel, 'doc:edit', append_edit(document, content, touched, message, edit_key), { skip_sid = sid })
answer_follows(node_channel, sid, ack_number)
note_activity(moves)
end_typing(typing_key, room_id, room_channel, nil, function(typist)
  if typist.user_id ~= user_id then return false end
  if typist.place == '' then return true end
  for _, place in ipairs(writes) do
    if overlap(typist.place, place) then return true end
  end
  return false
end)
return { 1, document.version, document.epoch }
