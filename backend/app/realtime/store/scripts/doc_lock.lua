-- doc_lock: lock a place of a room's document for one user, or renew the lock.
-- uses base members due locks
-- KEYS connection (hash) · connection_rooms (set) · locks (hash) · rooms_due (zset)
-- ARGV room_id · room_channel · user_id · user_name · path · lasts_ms · max_of_user (locks in the room)
--      max_of_room (locks in the room)
-- → {1, lock (JSON)} · {2, lock (JSON)} another's is in the way · {3, limit} there are as many as allowed
--   0 no such connection · -1 not in the room
-- publishes doc:lock_status

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return refused end
local locks, own, renewed = read_locks(locks_key), 0, nil
local other = foreign_lock_finder(locks, user_id)(path)
if other then return { 2, lock_json(other) } end
for _, lock in ipairs(locks) do
  if lock.user_id == user_id then own = own + 1 end
  if lock.path == path and lock.user_id == user_id then renewed = lock end
end
if not renewed and own >= tonumber(max_of_user) then return { 3, tonumber(max_of_user) } end
if not renewed and #locks >= tonumber(max_of_room) then return { 3, tonumber(max_of_room) } end

local ends_at = now + tonumber(lasts_ms)
local lock = { user_id = user_id, user_name = user_name, acquired_at = renewed and renewed.acquired_at or rfc3339(now),
  expires_at = rfc3339(ends_at), ends_at = ends_at }
redis.call('HSET', locks_key, path, cjson.encode(lock))
-- Nodes remove expired locks; this is for a tenant whose nodes are all gone.
redis.call('PEXPIRE', locks_key, DUE_KEPT_MS)
note_due(rooms_due_key, room_id, ends_at)
announce_locks(locks_key, room_id, room_channel)
lock.path = path
return { 1, lock_json(lock) }
