-- doc_lock_status: the locks of a room's document, for one connection.
-- uses base members locks
-- KEYS 1 connection hash · 2 connection's rooms · 3 locks hash
-- ARGV 1 node channel · 2 sid · 3 room_id
-- → locks (JSON) · 0 no such connection · -1 not in the room
-- publishes doc:lock_status to the sid

local refused = refusal(KEYS[1], KEYS[2], ARGV[3])
if refused then return refused end
local locks = read_locks(KEYS[3])
emit(ARGV[1], 'doc:lock_status', lock_status_json(ARGV[3], locks), ARGV[2])
return locks_json(locks)
