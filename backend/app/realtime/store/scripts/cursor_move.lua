-- cursor_move: store a user's cursor; announce it if the rate allows.
-- uses base presence members due cursors
-- KEYS connection (hash) · connection_rooms (set) · cursors (hash) · rooms_due (zset)
-- ARGV sid · room_id · room_channel · users_channel · position (JSON) · lives_ms (without a move)
--      interval_ms (between moves) · burst (moves at once) · moves (text)
-- → ms until cursor_announce may tell of it, 0 if it is announced · -1 the connection is not in the room (any more)
-- publishes cursor:move; presence:update if an automatic away ended

if refusal(connection_key, connection_rooms_key, room_id) then return -1 end
note_activity(moves)
local before = read_cursor(cursors_key, user_id)
local cursor = { sid = sid, moved_at = now, arrival = before and before.arrival or 0, json = position }
note_due(rooms_due_key, room_id, now + tonumber(lives_ms))
return announce_cursor(cursors_key, room_id, room_channel, users_channel, user_id, cursor, tonumber(interval_ms),
  tonumber(burst))
