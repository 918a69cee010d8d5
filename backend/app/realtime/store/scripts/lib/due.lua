-- due: the deadlines of a tenant's rooms: when a cursor, typing or a lock ends.
-- KEYS –
-- ARGV –

-- Longer than any deadline (ms). It removes the sorted set of a tenant whose nodes are all gone.
local DUE_KEPT_MS = 7200000

-- Note that something in the room ends `at` (ms). Only the earliest is kept: the check at that time finds the next.
local function note_due(due_key, room_id, at)
  if redis.call('ZADD', due_key, 'LT', 'CH', digits(at), room_id) == 1 then redis.call('PEXPIRE', due_key, DUE_KEPT_MS) end
end
