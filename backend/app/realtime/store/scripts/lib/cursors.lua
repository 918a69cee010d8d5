-- cursors: a user's cursor in a room: one, however many tabs.
-- KEYS –
-- ARGV –
--
-- The hash: user_id → lines: the sid that moved the cursor, when (ms), the rate's state (ms), 1 if this position has been
-- announced, and the cursor as JSON.

local function parse_cursor(line)
  local sid, moved_at, arrival, announced, cursor = string.match(line, '^([^\n]*)\n(%d+)\n(%d+)\n(%d)\n(.*)$')
  return { sid = sid, moved_at = tonumber(moved_at), arrival = tonumber(arrival), announced = announced == '1',
    json = cursor }
end

local function read_cursor(cursors_key, user_id)
  local line = redis.call('HGET', cursors_key, user_id)
  return line and parse_cursor(line) or nil
end

-- Store a cursor, and announce it if the rate allows: `burst` at once, then one every `interval` ms (GCRA, whose state is
-- the theoretical arrival time). Returns the ms to wait for the rate, 0 if the cursor is announced.
local function announce_cursor(cursors_key, room_id, room_channel, users_channel, user_id, cursor, interval, burst)
  local wait = math.max(0, cursor.arrival - (burst - 1) * interval - now)
  if wait == 0 then
    cursor.arrival = math.max(now, cursor.arrival) + interval
    emit(room_channel, 'cursor:move', '{"room_id":' .. json(room_id) .. ',' .. string.sub(cursor.json, 2),
      { skip_room = users_channel .. user_id, replaces = 'cursor ' .. user_id .. ' ' .. room_id })
  end
  redis.call('HSET', cursors_key, user_id, table.concat({ cursor.sid, digits(cursor.moved_at), digits(cursor.arrival),
    wait == 0 and '1' or '0', cursor.json }, '\n'))
  return wait
end

-- Remove a user's cursor, if there is one, and announce it.
local function end_cursor(cursors_key, room_id, room_channel, users_channel, user_id)
  if redis.call('HDEL', cursors_key, user_id) == 1 then
    emit(room_channel, 'cursor:remove', '{"room_id":' .. json(room_id) .. ',"user_id":' .. json(user_id) .. '}',
      { skip_room = users_channel .. user_id })
  end
end
