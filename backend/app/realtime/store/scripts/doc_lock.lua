-- doc_lock: reserve a place of a room's document for one user, or for longer.
-- uses base members due locks
-- KEYS 1 connection hash · 2 connection's rooms · 3 locks hash · 4 due zset
-- ARGV 1 bus channel · 2 room_id · 3 room's Socket.IO room · 4 user_id · 5 user_name · 6 place · 7 ms that it lasts
--      8 locks a user may hold in a room · 9 locks that there may be in a room
-- → {1, lock (JSON)} · {2, lock (JSON)} another's is in the way · {3, limit} there are as many as allowed
--   0 no such connection · -1 not in the room
-- publishes doc:lock_status

local room_id, user_id, path = ARGV[2], ARGV[4], ARGV[6]

local refused = refusal(KEYS[1], KEYS[2], room_id)
if refused then return refused end
local locks, own, renewed = read_locks(KEYS[3]), 0, nil
local other = foreign_lock_finder(locks, user_id)(path)
if other then return { 2, lock_json(other) } end
for _, lock in ipairs(locks) do
  if lock.user_id == user_id then own = own + 1 end
  if lock.path == path and lock.user_id == user_id then renewed = lock end
end
if not renewed and own >= tonumber(ARGV[8]) then return { 3, tonumber(ARGV[8]) } end
if not renewed and #locks >= tonumber(ARGV[9]) then return { 3, tonumber(ARGV[9]) } end

local ends_at = now + tonumber(ARGV[7])
local lock = { user_id = user_id, user_name = ARGV[5], acquired_at = renewed and renewed.acquired_at or rfc3339(now),
  expires_at = rfc3339(ends_at), ends_at = ends_at }
redis.call('HSET', KEYS[3], path, cjson.encode(lock))
-- Whoever looks removes them in time; this is for a tenant whose nodes are all gone.
redis.call('PEXPIRE', KEYS[3], DUE_KEPT_MS)
note_due(KEYS[4], room_id, ends_at)
announce_locks(ARGV[1], KEYS[3], room_id, ARGV[3])
lock.path = path
return { 1, lock_json(lock) }
