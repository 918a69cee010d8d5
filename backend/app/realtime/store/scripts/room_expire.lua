-- room_expire: end the cursors, typing and locks of a room whose time has run out, and note the next deadline.
-- uses base due cursors typing locks
-- KEYS cursors (hash) · typing (hash) · locks (hash) · rooms_due (zset)
-- ARGV room_id · room_channel · users_channel · lives_ms (a cursor without a move)
-- → 0
-- publishes cursor:remove, typing:users, doc:lock_status

local function never() return false end

redis.call('ZREM', rooms_due_key, room_id)
local flat = redis.call('HGETALL', cursors_key)
for i = 1, #flat, 2 do
  local ends_at = parse_cursor(flat[i + 1]).moved_at + tonumber(lives_ms)
  if ends_at <= now then
    end_cursor(cursors_key, room_id, room_channel, users_channel, flat[i])
  else
    note_due(rooms_due_key, room_id, ends_at)
  end
end
end_typing(typing_key, room_id, room_channel, nil, never)
for _, typist in ipairs(read_typing(typing_key)) do note_due(rooms_due_key, room_id, typist.ends_at) end
end_locks(locks_key, room_id, room_channel, nil, never)
for _, lock in ipairs(read_locks(locks_key)) do note_due(rooms_due_key, room_id, lock.ends_at) end
return 0
