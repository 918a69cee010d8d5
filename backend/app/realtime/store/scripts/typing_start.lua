-- typing_start: note that a user types in a field, until they stop or the time runs out.
-- uses base presence members due typing
-- KEYS connection (hash) · connection_rooms (set) · typing (hash) · rooms_due (zset)
-- ARGV sid · room_id · room_channel · field ('' for none) · place (of the field in the document) · typist (JSON)
--      lasts_ms · max_fields (of the user) · moves (text)
-- → 1 · 0 no such connection · -1 not in the room · -2 the user types in as many fields as allowed
-- publishes typing:users if it is new; presence:update if an automatic away ended

local refused = refusal(connection_key, connection_rooms_key, room_id)
if refused then return refused end
local name = user_id .. '\0' .. field
local entry = redis.call('HGET', typing_key, name)
local renewed, typists, expired = entry and parse_typist(name, entry), nil, nil
if not renewed then
  typists, expired = read_typing(typing_key)
  local fields = 0
  for _, typist in ipairs(typists) do
    if typist.user_id == user_id then fields = fields + 1 end
  end
  if fields >= tonumber(max_fields) then return -2 end
  remove_typing(typing_key, expired)
end

note_activity(moves)
local ends_at = now + tonumber(lasts_ms)
redis.call('HSET', typing_key, name, table.concat({ sid, digits(ends_at),
  digits(renewed and renewed.began_at or now_us), place, typist }, '\n'))
note_due(rooms_due_key, room_id, ends_at)
if not renewed then
  typists[#typists + 1] = { ends_at = ends_at, json = typist }
  announce_typing(typists, room_id, room_channel)
end
return 1
