-- leaving: a connection leaves a room, by a message or by its end.
-- KEYS –
-- ARGV –

-- Take one connection out of a room, and end its cursor and typing. If its user is gone from the room, announce that and
-- end the user's locks; after a `lost` transport the locks stay until they expire. An empty room leaves nothing but locks.
-- `room`: one of the script's `rooms…`.
local function leave_room(room, rooms_due_key, users_channel, user_id, sid, lost)
  local users_key, cursors_key, typing_key, locks_key = room.room_users_key, room.cursors_key, room.typing_key, room.locks_key
  local room_id, room_channel = room.room_id, room.room_channel
  local entry = redis.call('HGET', users_key, user_id)
  if not entry then return end

  local cursor = read_cursor(cursors_key, user_id)
  if cursor and cursor.sid == sid then end_cursor(cursors_key, room_id, room_channel, users_channel, user_id) end
  end_typing(typing_key, room_id, room_channel, sid, function(typist) return typist.sid == sid end)

  local member, sids = cjson.decode(entry), {}
  for _, other in ipairs(member.sids) do
    if other ~= sid then sids[#sids + 1] = other end
  end
  if #sids > 0 then
    member.sids = sids
    redis.call('HSET', users_key, user_id, cjson.encode(member))
    return
  end
  if not lost then
    end_locks(locks_key, room_id, room_channel, sid, function(lock) return lock.user_id == user_id end)
  end
  redis.call('HDEL', users_key, user_id)
  emit(room_channel, 'room:user_left', '{"user_id":' .. json(user_id) .. ',"user_name":'
    .. json(member.user_name) .. ',"room_id":' .. json(room_id) .. '}', { skip_sid = sid })
  if redis.call('EXISTS', users_key) == 0 then
    redis.call('DEL', room.room_key, room.entity_room_key, cursors_key, typing_key)
    if redis.call('EXISTS', locks_key) == 0 then redis.call('ZREM', rooms_due_key, room_id) end
  end
end
