-- presence: one user's presence and the tenant's list. Every change of them goes through here.
-- KEYS online (hash) · names (zset) · active (zset) · grace (zset) · seq · user (hash)
-- ARGV bus · tenant_channel · user_id
--
-- A state is a status, or `auto_away` for an away that the server set. `moves` maps the user's current
-- state to the next one; it is a row of the table in `realtime_contracts.rules.presence`.

-- The next `seq` of the tenant's presence messages. A new counter starts at the clock, so that it is
-- greater than all earlier numbers even if Redis has lost its data.
local function next_seq()
  local seq = redis.call('INCR', seq_key)
  if seq == 1 then
    seq = now
    redis.call('SET', seq_key, digits(seq))
  end
  return digits(seq)
end

local function current_seq()
  return redis.call('GET', seq_key) or '0'
end

-- The user's record, or nil if the user is offline. Missing optional fields are false.
local function read_user()
  local f = redis.call('HMGET', user_key, 'user_name', 'status', 'auto', 'last_active_at', 'current_page',
    'current_entity_type', 'current_entity_id')
  if not f[2] then return nil end
  return { user_name = f[1], state = f[3] and 'auto_away' or f[2], last_active_at = f[4], current_page = f[5],
    current_entity_type = f[6], current_entity_id = f[7] }
end

local function status_of(user)
  return user.state == 'auto_away' and 'away' or user.state
end

-- Store the record, and keep its line of the list, its place in the order and its inactivity timer.
local function write_user(user, last_active_ms)
  redis.call('HSET', user_key, 'user_name', user.user_name, 'status', status_of(user), 'last_active_at', user.last_active_at)
  if user.state == 'auto_away' then
    redis.call('HSET', user_key, 'auto', '1')
  else
    redis.call('HDEL', user_key, 'auto')
  end
  for _, field in ipairs({ 'device_type', 'current_page', 'current_entity_type', 'current_entity_id' }) do
    local value = user[field]
    if value and value ~= cjson.null then
      redis.call('HSET', user_key, field, value)
    elseif value == cjson.null then
      redis.call('HDEL', user_key, field)
      user[field] = false
    end
  end
  redis.call('HSET', online_key, user_id, (user.current_entity_type or '') .. '\n' .. (user.current_entity_id or '') .. '\n'
    .. '{"user_id":' .. json(user_id) .. ',"user_name":' .. json(user.user_name) .. ',"status":"' .. status_of(user)
    .. '","current_page":' .. json(user.current_page) .. ',"last_active_at":"' .. user.last_active_at .. '"}')
  if user.state ~= 'online' then
    redis.call('ZREM', active_key, user_id)
  elseif last_active_ms then
    redis.call('ZADD', active_key, digits(last_active_ms), user_id)
  end
end

-- The user as `presence:update` shows it.
local function presence_json(user, seq)
  return '{"user_id":' .. json(user_id) .. ',"user_name":' .. json(user.user_name) .. ',"status":"' .. status_of(user)
    .. '","current_page":' .. json(user.current_page) .. ',"current_entity_type":' .. json(user.current_entity_type)
    .. ',"current_entity_id":' .. json(user.current_entity_id) .. ',"seq":' .. seq .. '}'
end

-- Move the user by `moves` and to `location` (fields to set; cjson.null clears); `activity`: the user did
-- this, so the inactivity timer starts again. Announced if `always`, else if the status changed.
-- Returns the presence as JSON, or nil if the user is offline.
local function change_user(moves, location, activity, always)
  local user = read_user()
  if not user then return nil end
  local before = status_of(user)
  user.state = moves[user.state]
  for field, value in pairs(location) do user[field] = value end
  if activity then user.last_active_at = rfc3339(now) end
  write_user(user, activity and now)
  local announced = always or status_of(user) ~= before
  local presence = presence_json(user, announced and next_seq() or current_seq())
  if announced then
    emit(bus, 'presence:update', presence, tenant_channel, { unsteady = status_of(user) == 'away' and user_id })
  end
  return presence
end

-- Note activity that may happen many times a second, such as moving a cursor: `last_active_at` changes once a second.
local ACTIVITY_STEP_MS = 1000
local function note_activity(moves)
  local user = read_user()
  if user and (moves[user.state] ~= user.state or user.last_active_at <= rfc3339(now - ACTIVITY_STEP_MS)) then
    change_user(moves, {}, true, false)
  end
end

-- The user becomes online: announced to all but the connection `sid` that did it.
local function user_joins(user_name, device_type, current_page, sid)
  local user = { user_name = user_name, state = 'online', last_active_at = rfc3339(now), device_type = device_type,
    current_page = current_page }
  write_user(user, now)
  redis.call('ZADD', names_key, 0, user_name .. '\0' .. user_id)
  emit(bus, 'presence:user_joined', '{"user_id":' .. json(user_id) .. ',"user_name":' .. json(user_name)
    .. ',"status":"online","seq":' .. next_seq() .. '}', tenant_channel, { skip_sid = sid })
end

-- The user goes offline: announced, and all keys of the user are removed.
local function user_leaves(user_name)
  redis.call('DEL', user_key)
  redis.call('HDEL', online_key, user_id)
  redis.call('ZREM', names_key, user_name .. '\0' .. user_id)
  redis.call('ZREM', active_key, user_id)
  redis.call('ZREM', grace_key, user_id)
  emit(bus, 'presence:user_left', '{"user_id":' .. json(user_id) .. ',"user_name":' .. json(user_name)
    .. ',"seq":' .. next_seq() .. '}', tenant_channel, { unsteady = user_id })
  if redis.call('EXISTS', online_key) == 0 then redis.call('DEL', seq_key) end
end

-- `{users, seq}` as JSON, by name and id; with a filter only who is viewing that entity.
local function presence_list(entity_type, entity_id)
  local users = {}
  local names = redis.call('ZRANGE', names_key, 0, -1)
  for first = 1, #names, 1000 do -- unpack has a limit of some thousands
    local ids = {}
    for i = first, math.min(first + 999, #names) do
      ids[#ids + 1] = string.sub(names[i], string.find(names[i], '\0', 1, true) + 1)
    end
    for _, line in ipairs(redis.call('HMGET', online_key, unpack(ids))) do
      if line then
        local type_end = string.find(line, '\n', 1, true)
        local id_end = string.find(line, '\n', type_end + 1, true)
        if (entity_type == '' or entity_type == string.sub(line, 1, type_end - 1))
          and (entity_id == '' or entity_id == string.sub(line, type_end + 1, id_end - 1)) then
          users[#users + 1] = string.sub(line, id_end + 1)
        end
      end
    end
  end
  return '{"users":[' .. table.concat(users, ',') .. '],"seq":' .. current_seq() .. '}'
end
