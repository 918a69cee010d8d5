-- cursor_move: a user's cursor is somewhere else; announced as the rate allows.
-- uses base presence members due cursors
-- KEYS 1–6 as presence · 7 connection hash · 8 connection's rooms · 9 cursors hash · 10 due zset
-- ARGV 1–3 as presence · 4 sid · 5 room_id · 6 room's Socket.IO room · 7 beginning of users' Socket.IO rooms
--      8 cursor (JSON) · 9 ms that it lives without a move · 10 ms between moves · 11 moves at once · 12 moves (JSON)
-- → ms until cursor_announce may tell of it, 0 if it is announced · -1 the connection is not in the room (any more)
-- publishes cursor:move; presence:update if an automatic away ended

local room_id = ARGV[5]

if refusal(KEYS[7], KEYS[8], room_id) then return -1 end
note_activity(cjson.decode(ARGV[12]))
local before = read_cursor(KEYS[9], user_id)
local cursor = { sid = ARGV[4], moved_at = now, arrival = before and before.arrival or 0, json = ARGV[8] }
note_due(KEYS[10], room_id, now + tonumber(ARGV[9]))
return announce_cursor(BUS, KEYS[9], room_id, ARGV[6], ARGV[7], user_id, cursor, tonumber(ARGV[10]), tonumber(ARGV[11]))
