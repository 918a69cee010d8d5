-- room_expire: end what has come to its end in a room, and note what comes next.
-- uses base due cursors typing locks
-- KEYS 1 cursors hash · 2 typing hash · 3 locks hash · 4 due zset
-- ARGV 1 bus channel · 2 room_id · 3 room's Socket.IO room · 4 beginning of users' Socket.IO rooms
--      5 ms that a cursor lives without a move
-- → 0
-- publishes cursor:remove, typing:users, doc:lock_status

local room_id, room_channel, lives = ARGV[2], ARGV[3], tonumber(ARGV[5])
local function never() return false end

redis.call('ZREM', KEYS[4], room_id)
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  local ends_at = parse_cursor(flat[i + 1]).moved_at + lives
  if ends_at <= now then
    end_cursor(ARGV[1], KEYS[1], room_id, room_channel, ARGV[4], flat[i])
  else
    note_due(KEYS[4], room_id, ends_at)
  end
end
end_typing(ARGV[1], KEYS[2], room_id, room_channel, nil, never)
for _, typist in ipairs(read_typing(KEYS[2])) do note_due(KEYS[4], room_id, typist.ends_at) end
end_locks(ARGV[1], KEYS[3], room_id, room_channel, nil, never)
for _, lock in ipairs(read_locks(KEYS[3])) do note_due(KEYS[4], room_id, lock.ends_at) end
return 0
