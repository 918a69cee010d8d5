-- cursor_sync: the others' cursors in a room, for one connection.
-- uses base members cursors
-- KEYS 1 connection hash · 2 connection's rooms · 3 cursors hash
-- ARGV 1 node channel · 2 sid · 3 user_id · 4 room_id · 5 ms that a cursor lives without a move
-- → cursors (JSON) · 0 no such connection · -1 not in the room
-- publishes cursor:sync to the sid

local refused = refusal(KEYS[1], KEYS[2], ARGV[4])
if refused then return refused end
local others, cursors = {}, {}
local flat = redis.call('HGETALL', KEYS[3])
for i = 1, #flat, 2 do
  local cursor = parse_cursor(flat[i + 1])
  if flat[i] ~= ARGV[3] and cursor.moved_at + tonumber(ARGV[5]) > now then
    others[#others + 1] = { flat[i], cursor.json }
  end
end
table.sort(others, function(a, b) return a[1] < b[1] end)
for i, other in ipairs(others) do cursors[i] = other[2] end
local list = '[' .. table.concat(cursors, ',') .. ']'
emit(ARGV[1], 'cursor:sync', '{"room_id":' .. json(ARGV[4]) .. ',"cursors":' .. list .. '}', ARGV[2])
return list
