-- rooms: who is in an entity's room. A member's entry is JSON: user_name, joined_at, sids (never empty).
-- KEYS –
-- ARGV –

-- `{room_id, users}` as JSON for the wire, by time of joining. `flat` is user_id, entry, ….
local function room_users_json(room_id, flat)
  local members = {}
  for i = 1, #flat, 2 do
    local entry = cjson.decode(flat[i + 1])
    members[#members + 1] = { entry.joined_at .. flat[i], '{"user_id":' .. json(flat[i]) .. ',"user_name":'
      .. json(entry.user_name) .. ',"joined_at":"' .. entry.joined_at .. '"}' }
  end
  table.sort(members, function(a, b) return a[1] < b[1] end)
  for i, member in ipairs(members) do members[i] = member[2] end
  return '{"room_id":' .. json(room_id) .. ',"users":[' .. table.concat(members, ',') .. ']}'
end

-- Take one connection out of a room; announce if its user is gone from it; an empty room leaves nothing.
local function leave_room(bus, room_key, users_key, entity_key, room_id, room_channel, user_id, sid)
  local entry = redis.call('HGET', users_key, user_id)
  if not entry then return end
  local member, sids = cjson.decode(entry), {}
  for _, other in ipairs(member.sids) do
    if other ~= sid then sids[#sids + 1] = other end
  end
  if #sids > 0 then
    member.sids = sids
    redis.call('HSET', users_key, user_id, cjson.encode(member))
    return
  end
  redis.call('HDEL', users_key, user_id)
  emit(bus, 'room:user_left', '{"user_id":' .. json(user_id) .. ',"user_name":' .. json(member.user_name)
    .. ',"room_id":' .. json(room_id) .. '}', room_channel, sid)
  if redis.call('EXISTS', users_key) == 0 then redis.call('DEL', room_key, entity_key) end
end
