-- typing: who types in which field of a room.
-- KEYS –
-- ARGV –
--
-- The hash: user_id, NUL and the form's field ('' for none) → lines: the sid that started, when typing ends (ms), when it
-- began (µs), the field's place in the document, the user and the field as JSON.

-- One entry of the hash; nil if it has expired.
local function parse_typist(name, entry)
  local sid, ends_at, began_at, place, typist = string.match(entry, '^([^\n]*)\n(%d+)\n(%d+)\n([^\n]*)\n(.*)$')
  if tonumber(ends_at) > now then
    return { name = name, user_id = string.match(name, '^(%Z*)'), sid = sid, ends_at = tonumber(ends_at),
      began_at = tonumber(began_at), place = place, json = typist }
  end
end

-- The users who type, by when they started; and the names of entries that have expired.
local function read_typing(typing_key)
  local typists, expired = {}, {}
  local flat = redis.call('HGETALL', typing_key)
  for i = 1, #flat, 2 do
    local typist = parse_typist(flat[i], flat[i + 1])
    if typist then typists[#typists + 1] = typist else expired[#expired + 1] = flat[i] end
  end
  table.sort(typists, function(a, b)
    if a.began_at ~= b.began_at then return a.began_at < b.began_at end
    return a.name < b.name
  end)
  return typists, expired
end

local function typing_json(room_id, typists)
  local users = {}
  for i, typist in ipairs(typists) do users[i] = typist.json end
  return '{"room_id":' .. json(room_id) .. ',"users":[' .. table.concat(users, ',') .. ']}'
end

-- Remove entries by their names.
local function remove_typing(typing_key, names)
  for first = 1, #names, 1000 do -- unpack has a limit of some thousands
    redis.call('HDEL', typing_key, unpack(names, first, math.min(first + 999, #names)))
  end
end

-- Announce who types.
local function announce_typing(typists, room_id, room_channel, skip_sid)
  local due
  for _, typist in ipairs(typists) do due = math.min(due or typist.ends_at - now, typist.ends_at - now) end
  emit(room_channel, 'typing:users', typing_json(room_id, typists),
    { skip_sid = skip_sid, due = due, replaces = 'typing ' .. room_id })
end

-- End the typing for which `over` returns true, and what has expired; announce if anything has ended.
local function end_typing(typing_key, room_id, room_channel, skip_sid, over)
  local typists, ended = read_typing(typing_key)
  local kept = {}
  for _, typist in ipairs(typists) do
    if over(typist) then ended[#ended + 1] = typist.name else kept[#kept + 1] = typist end
  end
  if #ended > 0 then
    remove_typing(typing_key, ended)
    announce_typing(kept, room_id, room_channel, skip_sid)
  end
end
