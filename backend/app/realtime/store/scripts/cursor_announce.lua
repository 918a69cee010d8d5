-- cursor_announce: announce a cursor whose last move exceeded the rate.
-- uses base cursors
-- KEYS cursors (hash)
-- ARGV user_id · room_id · room_channel · users_channel · interval_ms (between moves) · burst (moves at once)
-- → ms until it may be tried again, 0 if there is nothing to tell (any more)
-- publishes cursor:move

local cursor = read_cursor(cursors_key, user_id)
if not cursor or cursor.announced then return 0 end
return announce_cursor(cursors_key, room_id, room_channel, users_channel, user_id, cursor, tonumber(interval_ms),
  tonumber(burst))
