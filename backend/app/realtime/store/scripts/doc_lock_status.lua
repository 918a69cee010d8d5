-- doc_lock_status: send the locks of a room's document to one connection.
-- uses base members locks
-- KEYS connection (hash) · connection_rooms (set) · locks (hash)
-- ARGV node_channel · sid · room_id
-- → locks (JSON) · 0 no such connection · -1 not in the room
-- publishes doc:lock_status to the sid

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return refused end
local locks = read_locks(locks_key)
emit(node_channel, 'doc:lock_status', lock_status_json(room_id, locks), { to = sid })
return locks_json(locks)
