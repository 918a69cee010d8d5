-- cursor_announce: tell of a cursor whose last move had to wait for the rate.
-- uses base cursors
-- KEYS 1 cursors hash
-- ARGV 1 bus channel · 2 user_id · 3 room_id · 4 room's Socket.IO room · 5 beginning of users' Socket.IO rooms
--      6 ms between moves · 7 moves at once
-- → ms until it may be tried again, 0 if there is nothing to tell (any more)
-- publishes cursor:move

local cursor = read_cursor(KEYS[1], ARGV[2])
if not cursor or cursor.announced then return 0 end
return announce_cursor(ARGV[1], KEYS[1], ARGV[3], ARGV[4], ARGV[5], ARGV[2], cursor, tonumber(ARGV[6]), tonumber(ARGV[7]))
