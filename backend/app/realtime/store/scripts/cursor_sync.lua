-- cursor_sync: send the other users' cursors in a room to one connection.
-- uses base members cursors
-- KEYS connection (hash) · connection_rooms (set) · cursors (hash)
-- ARGV node_channel · sid · user_id · room_id · lives_ms (without a move)
-- → cursors (JSON) · 0 no such connection · -1 not in the room
-- publishes cursor:sync to the sid

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return refused end
local others, cursors = {}, {}
local flat = redis.call('HGETALL', cursors_key)
for i = 1, #flat, 2 do
  local cursor = parse_cursor(flat[i + 1])
  if flat[i] ~= user_id and cursor.moved_at + tonumber(lives_ms) > now then
    others[#others + 1] = { flat[i], cursor.json }
  end
end
table.sort(others, function(a, b) return a[1] < b[1] end)
for i, other in ipairs(others) do cursors[i] = other[2] end
local list = '[' .. table.concat(cursors, ',') .. ']'
emit(node_channel, 'cursor:sync', '{"room_id":' .. json(room_id) .. ',"cursors":' .. list .. '}', { to = sid })
return list
