-- typing_stop: note that a user has stopped typing, in one field or in all.
-- uses base presence members typing
-- KEYS connection (hash) · connection_rooms (set) · typing (hash)
-- ARGV room_id · room_channel · field ('' for all) · moves (text)
-- → 1 · 0 no such connection · -1 not in the room
-- publishes typing:users if anything has ended; presence:update if an automatic away ended

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return refused end
note_activity(moves)
end_typing(typing_key, room_id, room_channel, nil, function(typist)
  return typist.user_id == user_id and (field == '' or typist.name == user_id .. '\0' .. field)
end)
return 1
