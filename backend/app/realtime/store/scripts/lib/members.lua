-- members: whether a connection is in a room.
-- KEYS –
-- ARGV –

-- nil if the connection is in the room, else the script's answer: 0 no such connection, -1 not in the room.
local function refusal(connection_key, rooms_key, room_id)
  if redis.call('EXISTS', connection_key) == 0 then return 0 end
  if redis.call('SISMEMBER', rooms_key, room_id) == 0 then return -1 end
  return nil
end
