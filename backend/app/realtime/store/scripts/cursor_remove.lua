-- cursor_remove: a user's cursor is nowhere.
-- uses base cursors
-- KEYS 1 cursors hash
-- ARGV 1 bus channel · 2 user_id · 3 room_id · 4 room's Socket.IO room · 5 beginning of users' Socket.IO rooms
-- → 0
-- publishes cursor:remove

end_cursor(ARGV[1], KEYS[1], ARGV[3], ARGV[4], ARGV[5], ARGV[2])
return 0
