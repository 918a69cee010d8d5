-- typing_stop: a user stops typing, in one field or in all.
-- uses base presence members typing
-- KEYS 1–6 as presence · 7 connection hash · 8 connection's rooms · 9 typing hash
-- ARGV 1–3 as presence · 4 room_id · 5 room's Socket.IO room · 6 field, '' for all · 7 moves (JSON)
-- → 1 · 0 no such connection · -1 not in the room
-- publishes typing:users if anything has ended; presence:update if an automatic away ended

local refused = refusal(KEYS[7], KEYS[8], ARGV[4])
if refused then return refused end
note_activity(cjson.decode(ARGV[7]))
end_typing(BUS, KEYS[9], ARGV[4], ARGV[5], nil, function(typist)
  return typist.user_id == user_id and (ARGV[6] == '' or typist.name == user_id .. '\0' .. ARGV[6])
end)
return 1
