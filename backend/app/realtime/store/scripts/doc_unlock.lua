-- doc_unlock: end a user's lock on a place of a room's document.
-- uses base members locks
-- KEYS connection (hash) · connection_rooms (set) · locks (hash)
-- ARGV room_id · room_channel · user_id · path
-- → {1, locks (JSON)} · {2, lock (JSON)} it is another's · {3} no such lock · 0 no such connection · -1 not in the room
-- publishes doc:lock_status

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return refused end
for _, lock in ipairs(read_locks(locks_key)) do
  if lock.path == path then
    if lock.user_id ~= user_id then return { 2, lock_json(lock) } end
    end_locks(locks_key, room_id, room_channel, nil, function(held) return held.path == path end)
    return { 1, locks_json(read_locks(locks_key)) }
  end
end
return { 3 }
