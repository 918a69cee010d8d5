-- typing: who types in which field of a room.
-- KEYS –
-- ARGV –
--
-- The hash: user_id, NUL and the form's field ('' for none) → lines: the sid that started, when typing ends (ms), when it
-- began (µs), the field's place in the document, the user and the field as JSON.

-- The users who type, by when they started.
local function read_typing(typing_key)
  local typists = {}
  local flat = redis.call('HGETALL', typing_key)
  for i = 1, #flat, 2 do
    local sid, ends_at, began_at, place, typist = string.match(flat[i + 1], '^([^\n]*)\n(%d+)\n(%d+)\n([^\n]*)\n(.*)$')
    if tonumber(ends_at) > now then
      typists[#typists + 1] = { name = flat[i], user_id = string.match(flat[i], '^(%Z*)'), sid = sid,
        ends_at = tonumber(ends_at), began_at = tonumber(began_at), place = place, json = typist }
    end
  end
  table.sort(typists, function(a, b)
    if a.began_at ~= b.began_at then return a.began_at < b.began_at end
    return a.name < b.name
  end)
  return typists
end

local function typing_json(room_id, typists)
  local users = {}
  for i, typist in ipairs(typists) do users[i] = typist.json end
  return '{"room_id":' .. json(room_id) .. ',"users":[' .. table.concat(users, ',') .. ']}'
end

-- Announce who types, and remove who has expired.
local function announce_typing(bus, typing_key, room_id, room_channel, skip_sid)
  local typists, due, typing = read_typing(typing_key), nil, {}
  for _, typist in ipairs(typists) do
    due = math.min(due or typist.ends_at - now, typist.ends_at - now)
    typing[typist.name] = true
  end
  for _, name in ipairs(redis.call('HKEYS', typing_key)) do
    if not typing[name] then redis.call('HDEL', typing_key, name) end
  end
  emit(bus, 'typing:users', typing_json(room_id, typists), room_channel,
    { skip_sid = skip_sid, due = due, replaces = 'typing ' .. room_id })
end

-- End the typing for which `over` returns true, and what has expired; announce if anything has ended.
local function end_typing(bus, typing_key, room_id, room_channel, skip_sid, over)
  local known, ended = redis.call('HLEN', typing_key), 0
  if known == 0 then return end
  local kept = {}
  for _, typist in ipairs(read_typing(typing_key)) do
    if not over(typist) then kept[typist.name] = true end
  end
  for _, name in ipairs(redis.call('HKEYS', typing_key)) do
    if not kept[name] then ended = ended + redis.call('HDEL', typing_key, name) end
  end
  if ended > 0 then announce_typing(bus, typing_key, room_id, room_channel, skip_sid) end
end
