-- doc_unlock: give a place of a room's document free again.
-- uses base members locks
-- KEYS 1 connection hash · 2 connection's rooms · 3 locks hash
-- ARGV 1 bus channel · 2 room_id · 3 room's Socket.IO room · 4 user_id · 5 place
-- → {1, locks (JSON)} · {2, lock (JSON)} it is another's · {3} no such lock · 0 no such connection · -1 not in the room
-- publishes doc:lock_status

local refused = refusal(KEYS[1], KEYS[2], ARGV[2])
if refused then return refused end
for _, lock in ipairs(read_locks(KEYS[3])) do
  if lock.path == ARGV[5] then
    if lock.user_id ~= ARGV[4] then return { 2, lock_json(lock) } end
    end_locks(ARGV[1], KEYS[3], ARGV[2], ARGV[3], nil, function(held) return held.path == ARGV[5] end)
    return { 1, locks_json(read_locks(KEYS[3])) }
  end
end
return { 3 }
