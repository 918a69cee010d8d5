-- presence: one user's presence and the tenant's list. Every change of them goes through here.
-- KEYS online (hash) · names (zset) · viewing (zset) · active (zset) · grace (zset) · seq · seq_master · user (hash)
-- ARGV tenant_channel · user_id
--
-- A state is a status, or `auto_away` for an away that the server set. `moves` is a row of the table in
-- `realtime_contracts.rules.presence`: ` state=next` for each state. The record: state, user_name, active_at (ms),
-- device_type, and where the user is, as JSON: current_page, current_entity_type, current_entity_id.
--
-- A member is `user_name NUL user_id`. `names` has all in the list's order; `online` has what the list says of each;
-- `viewing` has each who is at an entity twice: behind the entity's lines and behind those of its type (see `lines_of`).

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

-- More messages than a master may have told that another one has not heard of: seconds, at some thousands a second.
local UNHEARD = 1000000

-- The number of a list. On another master the counter may have gone back behind what was told, and goes on above that;
-- whoever has no list since then sees a gap.
local function seq_of_list()
  local counted, master = redis.call('GET', seq_master_key), master_id()
  if counted ~= master and redis.call('EXISTS', seq_key) == 1 then
    if counted then redis.call('INCRBY', seq_key, UNHEARD) end
    redis.call('SET', seq_master_key, master)
  end
  return current_seq()
end

-- The user's record, or nil if the user is offline.
local function read_user()
  local f = redis.call('HMGET', user_key, 'state', 'user_name', 'active_at', 'current_page', 'current_entity_type',
    'current_entity_id')
  if not f[1] then return nil end
  local user = { state = f[1], user_name = f[2], active_at = tonumber(f[3]), current_page = f[4] }
  user.current_entity_type, user.current_entity_id = f[5], f[6]
  return user
end

local function status_of(user)
  return user.state == 'auto_away' and 'away' or user.state
end

-- The state that `moves` makes of a state.
local function next_state(moves, state)
  return string.match(moves, ' ' .. state .. '=(%S+)')
end

-- How messages about the user begin.
local function head_of(user)
  return '{"user_id":' .. json(user_id) .. ',"user_name":' .. json(user.user_name)
end

-- Store what the list says of the user.
local function write_line(user)
  redis.call('HSET', online_key, user.user_name .. '\0' .. user_id, head_of(user) .. ',"status":"' .. status_of(user)
    .. '","current_page":' .. user.current_page .. ',"last_active_at":"' .. rfc3339(user.active_at) .. '"}')
end

-- Store the record after a change, and keep the user's line of the list and their inactivity timer.
local function write_user(user, before, activity)
  redis.call('HSET', user_key, 'state', user.state, 'active_at', digits(user.active_at), 'current_page', user.current_page,
    'current_entity_type', user.current_entity_type, 'current_entity_id', user.current_entity_id)
  write_line(user)
  if user.state ~= 'online' then
    if before == 'online' then redis.call('ZREM', active_key, user_id) end
  elseif activity then
    redis.call('ZADD', active_key, digits(user.active_at), user_id)
  end
end

-- What stands before the members who view an entity (type and id as JSON), in the list's order; id '': one of the type.
-- Neither is empty as JSON, and JSON has no line ends: no such beginning is also one of another's.
local function lines_of(entity_type, entity_id)
  return entity_type .. '\n' .. entity_id .. '\n'
end

-- Store or remove that the user views an entity, unless it has no type: nobody can ask for those. `command`: ZADD or ZREM.
local function view(command, user, entity_type, entity_id)
  if entity_type == 'null' then return end
  local member = user.user_name .. '\0' .. user_id
  local one, any = lines_of(entity_type, entity_id) .. member, lines_of(entity_type, '') .. member
  if command == 'ZADD' then
    redis.call('ZADD', viewing_key, 0, one, 0, any)
  else
    redis.call('ZREM', viewing_key, one, any)
  end
end

-- The user as `presence:update` shows it.
local function presence_json(user, seq)
  return head_of(user) .. ',"status":"' .. status_of(user) .. '","current_page":' .. user.current_page
    .. ',"current_entity_type":' .. user.current_entity_type .. ',"current_entity_id":' .. user.current_entity_id
    .. ',"seq":' .. seq .. '}'
end

-- Move the user by `moves` and to `location` (fields as JSON, '' for no change; nil: stays); `activity`: the user did this,
-- so the inactivity timer starts again. Announced if `always`, else if the status changed.
-- Returns the presence as JSON.
local function change_user(user, moves, location, activity, always)
  local before, entity_type, entity_id = user.state, user.current_entity_type, user.current_entity_id
  local status = status_of(user)
  user.state = next_state(moves, before)
  for field, value in pairs(location or {}) do
    if value ~= '' then user[field] = value end
  end
  if activity then user.active_at = math.max(now, user.active_at) end
  write_user(user, before, activity)
  if user.current_entity_type ~= entity_type or user.current_entity_id ~= entity_id then
    view('ZREM', user, entity_type, entity_id)
    view('ZADD', user, user.current_entity_type, user.current_entity_id)
  end
  local announced = always or status_of(user) ~= status
  local presence = presence_json(user, announced and next_seq() or current_seq())
  if announced then
    emit(tenant_channel, 'presence:update', presence, { unsteady = status_of(user) == 'away' and user_id })
  end
  return presence
end

-- Note that the user was active at `at` (ms): ends an automatic away, else announces nothing. `user`: their record.
local function note_active(user, moves, at)
  if next_state(moves, user.state) ~= user.state then
    change_user(user, moves, nil, true, false)
  elseif at > user.active_at then
    user.active_at = at
    redis.call('HSET', user_key, 'active_at', digits(at))
    write_line(user)
    if user.state == 'online' then redis.call('ZADD', active_key, digits(at), user_id) end
  end
end

-- Note activity that may happen many times a second, such as moving a cursor: `last_active_at` changes once a second.
local ACTIVITY_STEP_MS = 1000
local function note_activity(moves)
  local user = read_user()
  if user and (user.active_at <= now - ACTIVITY_STEP_MS or next_state(moves, user.state) ~= user.state) then
    note_active(user, moves, now)
  end
end

-- The user becomes online: announced to all but the connection `sid` that did it.
local function user_joins(user_name, device_type, current_page, sid)
  local user = { user_name = user_name, state = 'online', active_at = now, current_page = current_page }
  user.current_entity_type, user.current_entity_id = 'null', 'null'
  redis.call('HSET', user_key, 'user_name', user_name, 'device_type', device_type)
  write_user(user, 'online', true)
  redis.call('ZADD', names_key, 0, user_name .. '\0' .. user_id)
  emit(tenant_channel, 'presence:user_joined', head_of(user) .. ',"status":"online","seq":' .. next_seq() .. '}',
    { skip_sid = sid })
end

-- The user is called otherwise from now on. A change must follow, which stores the line of the new name.
local function rename_user(user, user_name)
  local old, new = user.user_name .. '\0' .. user_id, user_name .. '\0' .. user_id
  redis.call('HSET', user_key, 'user_name', user_name)
  redis.call('HDEL', online_key, old)
  view('ZREM', user, user.current_entity_type, user.current_entity_id)
  redis.call('ZREM', names_key, old)
  redis.call('ZADD', names_key, 0, new)
  user.user_name = user_name
  view('ZADD', user, user.current_entity_type, user.current_entity_id)
end

-- The user goes offline: announced, and all keys of the user are removed.
local function user_leaves(user)
  local member = user.user_name .. '\0' .. user_id
  redis.call('DEL', user_key)
  redis.call('HDEL', online_key, member)
  view('ZREM', user, user.current_entity_type, user.current_entity_id)
  redis.call('ZREM', names_key, member)
  redis.call('ZREM', active_key, user_id)
  redis.call('ZREM', grace_key, user_id)
  emit(tenant_channel, 'presence:user_left', head_of(user) .. ',"seq":' .. next_seq() .. '}', { unsteady = user_id })
  if redis.call('EXISTS', online_key) == 0 then redis.call('DEL', seq_key, seq_master_key) end
end

-- Where a page of the list ends, as clients have it: the member's bytes in hexadecimal. And back.
local function place_of(member)
  return (string.gsub(member, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
end

local function member_at(place)
  return (string.gsub(place, '%x%x', function(byte) return string.char(tonumber(byte, 16)) end))
end

-- `{users, total, next, seq}` as JSON: a page of the list, by name and id, of those who view an entity (type and id as JSON;
-- id '' for any of the type, both '' for everybody). `after`: a place, '' for the first page. What it costs grows with
-- `limit`, and not with the tenant; unpack bears some thousands.
local function presence_list(entity_type, entity_id, after, limit)
  local key, lines, following, users = names_key, '', 'null', {}
  if entity_type ~= '' then key, lines = viewing_key, lines_of(entity_type, entity_id) end
  -- No text in UTF-8 has the byte 255.
  local first, last = '[' .. lines, '(' .. lines .. '\255'
  local total = redis.call('ZLEXCOUNT', key, first, last)
  if after ~= '' then first = '(' .. lines .. member_at(after) end
  local members = redis.call('ZRANGEBYLEX', key, first, last, 'LIMIT', 0, limit + 1)
  if lines ~= '' then
    for i, member in ipairs(members) do members[i] = string.sub(member, #lines + 1) end
  end
  if #members > limit then following = '"' .. place_of(members[limit]) .. '"' end
  if #members > 0 then
    users = redis.call('HMGET', online_key, unpack(members, 1, math.min(#members, limit)))
  end
  return '{"users":[' .. table.concat(users, ',') .. '],"total":' .. digits(total) .. ',"next":' .. following
    .. ',"seq":' .. seq_of_list() .. '}'
end
