-- typing_start: a user types in a field, until they stop or the time is over.
-- uses base presence members due typing
-- KEYS 1–6 as presence · 7 connection hash · 8 connection's rooms · 9 typing hash · 10 due zset
-- ARGV 1–3 as presence · 4 sid · 5 room_id · 6 room's Socket.IO room · 7 field, '' for none · 8 its place in the document
--      9 the user and field (JSON) · 10 ms that it lasts · 11 fields a user may type in · 12 moves (JSON)
-- → 1 · 0 no such connection · -1 not in the room · -2 the user types in as many fields as allowed
-- publishes typing:users if it is new; presence:update if an automatic away ended

local room_id = ARGV[5]

local refused = refusal(KEYS[7], KEYS[8], room_id)
if refused then return refused end
local name, renewed, fields = user_id .. '\0' .. ARGV[7], nil, 0
for _, typist in ipairs(read_typing(KEYS[9])) do
  if typist.name == name then renewed = typist end
  if typist.user_id == user_id then fields = fields + 1 end
end
if not renewed and fields >= tonumber(ARGV[11]) then return -2 end

note_activity(cjson.decode(ARGV[12]))
local ends_at = now + tonumber(ARGV[10])
redis.call('HSET', KEYS[9], name, table.concat({ ARGV[4], digits(ends_at), digits(renewed and renewed.began_at or now_us), ARGV[8],
  ARGV[9] }, '\n'))
note_due(KEYS[10], room_id, ends_at)
if not renewed then announce_typing(BUS, KEYS[9], room_id, ARGV[6]) end
return 1
