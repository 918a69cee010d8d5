-- room_join: put one connection into a room; announce if its user was not in it.
-- uses base presence typing rooms
-- KEYS connection (hash) · connection_rooms (set) · room (hash) · room_users (hash) · entity_room · typing (hash)
--      rooms_due (zset)
-- ARGV node_channel · sid · room_id · room_channel · max_rooms (of the connection) · entity_type · entity_id · tenant_id
--      moves (text) · user_name
-- → [user_id, entry (JSON)]… · 0 no such connection · -2 in as many rooms as allowed
-- publishes room:user_joined; presence:update if an automatic away ended; room:users to the sid,
--   typing:users if anybody types

if redis.call('EXISTS', connection_key) == 0 then return 0 end
if redis.call('SISMEMBER', connection_rooms_key, room_id) == 0
  and redis.call('SCARD', connection_rooms_key) >= tonumber(max_rooms) then
  return -2
end
local user = read_user()
if not user then return 0 end
note_active(user, moves, now)

if redis.call('EXISTS', room_key) == 0 then
  redis.call('HSET', room_key, 'entity_type', entity_type, 'entity_id', entity_id, 'tenant_id', tenant_id,
    'created_at', rfc3339(now))
  redis.call('SET', entity_room_key, room_id)
end
if redis.call('SADD', connection_rooms_key, room_id) == 1 then
  local entry = redis.call('HGET', room_users_key, user_id)
  local member = entry and cjson.decode(entry) or { user_name = user_name, joined_at = rfc3339(now), sids = {} }
  member.sids[#member.sids + 1] = sid
  redis.call('HSET', room_users_key, user_id, cjson.encode(member))
  if not entry then
    emit(room_channel, 'room:user_joined', '{"user_id":' .. json(user_id) .. ',"user_name":' .. json(user_name)
      .. ',"room_id":' .. json(room_id) .. '}', { skip_sid = sid })
  end
end

local members = redis.call('HGETALL', room_users_key)
local due = redis.call('ZSCORE', rooms_due_key, room_id)
emit(node_channel, 'room:users', room_users_json(room_id, members),
  { to = sid, enter = { room_channel }, due = due and math.max(0, tonumber(due) - now), due_room = room_channel })
local typists = read_typing(typing_key)
if #typists > 0 then emit(node_channel, 'typing:users', typing_json(room_id, typists), { to = sid }) end
return members
