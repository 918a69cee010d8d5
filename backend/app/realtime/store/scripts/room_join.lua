-- room_join: put one connection into a room; announce if its user was not in it.
-- uses base presence typing rooms
-- KEYS 1–6 as presence · 7 connection hash · 8 connection's rooms · 9 room hash · 10 users hash · 11 entity's room
--      12 typing hash · 13 due zset
-- ARGV 1–3 as presence · 4 node channel · 5 sid · 6 room_id · 7 room's Socket.IO room · 8 rooms a connection may be in
--      9 entity_type · 10 entity_id · 11 tenant_id · 12 moves (JSON) · 13 user_name
-- → [user_id, entry (JSON)]… · 0 no such connection · -1 in as many rooms as allowed
-- publishes room:user_joined; presence:update if an automatic away ended; room:users to the sid,
--   typing:users if anybody types

local sid, room_id, room_channel, user_name = ARGV[5], ARGV[6], ARGV[7], ARGV[13]

if redis.call('EXISTS', KEYS[7]) == 0 then return 0 end
if redis.call('SISMEMBER', KEYS[8], room_id) == 0 and redis.call('SCARD', KEYS[8]) >= tonumber(ARGV[8]) then return -1 end
if not change_user(cjson.decode(ARGV[12]), {}, true, false) then return 0 end

if redis.call('EXISTS', KEYS[9]) == 0 then
  redis.call('HSET', KEYS[9], 'entity_type', ARGV[9], 'entity_id', ARGV[10], 'tenant_id', ARGV[11],
    'created_at', rfc3339(now))
  redis.call('SET', KEYS[11], room_id)
end
if redis.call('SADD', KEYS[8], room_id) == 1 then
  local entry = redis.call('HGET', KEYS[10], user_id)
  local member = entry and cjson.decode(entry) or { user_name = user_name, joined_at = rfc3339(now), sids = {} }
  member.sids[#member.sids + 1] = sid
  redis.call('HSET', KEYS[10], user_id, cjson.encode(member))
  if not entry then
    emit(BUS, 'room:user_joined', '{"user_id":' .. json(user_id) .. ',"user_name":' .. json(user_name)
      .. ',"room_id":' .. json(room_id) .. '}', room_channel, { skip_sid = sid })
  end
end

local members = redis.call('HGETALL', KEYS[10])
local due = redis.call('ZSCORE', KEYS[13], room_id)
emit(ARGV[4], 'room:users', room_users_json(room_id, members), sid,
  { enter = { room_channel }, due = due and math.max(0, tonumber(due) - now), due_room = room_channel })
local typists = read_typing(KEYS[12])
if #typists > 0 then emit(ARGV[4], 'typing:users', typing_json(room_id, typists), sid) end
return members
