-- due: when a node should look after a room again, because something in it ends by time (cursors, typing, locks).
-- KEYS –
-- ARGV –

-- Every deadline is nearer than this (ms); it only removes the index of a tenant whose nodes are all gone.
local DUE_KEPT_MS = 7200000

-- Something in the room ends `at` (ms). Only the earliest counts: who looks then finds the next.
local function note_due(due_key, room_id, at)
  if redis.call('ZADD', due_key, 'LT', 'CH', digits(at), room_id) == 1 then redis.call('PEXPIRE', due_key, DUE_KEPT_MS) end
end
