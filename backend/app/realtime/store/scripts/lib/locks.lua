-- locks: places of a room's document that one user has reserved.
-- KEYS –
-- ARGV –
--
-- The hash: place → JSON of user_id, user_name, acquired_at, expires_at (RFC 3339) and ends_at (ms). An expired
-- lock counts as none, even before it is removed.

-- Whether two places overlap: they are one, or one is above the other.
local function overlap(a, b)
  return a == b or string.sub(b, 1, #a + 1) == a .. '/' or string.sub(a, 1, #b + 1) == b .. '/'
end

-- The locks that have not expired, by place.
local function read_locks(locks_key)
  local locks = {}
  local flat = redis.call('HGETALL', locks_key)
  for i = 1, #flat, 2 do
    local lock = cjson.decode(flat[i + 1])
    if lock.ends_at > now then
      lock.path = flat[i]
      locks[#locks + 1] = lock
    end
  end
  table.sort(locks, function(a, b) return a.path < b.path end)
  return locks
end

local function lock_json(lock)
  return '{"path":' .. json(lock.path) .. ',"user_id":' .. json(lock.user_id) .. ',"user_name":' .. json(lock.user_name)
    .. ',"acquired_at":"' .. lock.acquired_at .. '","expires_at":"' .. lock.expires_at .. '"}'
end

local function locks_json(locks)
  local parts = {}
  for i, lock in ipairs(locks) do parts[i] = lock_json(lock) end
  return '[' .. table.concat(parts, ',') .. ']'
end

-- The payload of `doc:lock_status`.
local function lock_status_json(room_id, locks)
  return '{"room_id":' .. json(room_id) .. ',"locks":' .. locks_json(locks) .. '}'
end

-- The place above another one, nil above all.
local function place_above(place)
  return string.match(place, '^(.*)/')
end

-- A function that finds another user's lock on, above or below a place. Each call costs the depth of the place, however
-- many locks there are, because an edit may ask for a thousand places.
local function foreign_lock_finder(locks, user_id)
  local at, below = {}, {}
  for _, lock in ipairs(locks) do
    if lock.user_id ~= user_id then
      at[lock.path] = lock
      local above = place_above(lock.path)
      while above and not below[above] do
        below[above] = lock
        above = place_above(above)
      end
    end
  end
  return function(place)
    if next(at) == nil then return nil end
    local found = at[place] or below[place]
    while not found and place do
      place = place_above(place)
      found = place and at[place]
    end
    return found
  end
end

-- Announce the room's locks, and remove expired ones.
local function announce_locks(locks_key, room_id, room_channel, skip_sid)
  local locks, due, holding = read_locks(locks_key), nil, {}
  for _, lock in ipairs(locks) do
    due = math.min(due or lock.ends_at - now, lock.ends_at - now)
    holding[lock.path] = true
  end
  for _, path in ipairs(redis.call('HKEYS', locks_key)) do
    if not holding[path] then redis.call('HDEL', locks_key, path) end
  end
  emit(room_channel, 'doc:lock_status', lock_status_json(room_id, locks), { skip_sid = skip_sid, due = due })
end

-- End the locks for which `over` returns true, and the expired ones; announce if any has ended.
local function end_locks(locks_key, room_id, room_channel, skip_sid, over)
  if redis.call('EXISTS', locks_key) == 0 then return end
  local kept, ended = {}, 0
  for _, lock in ipairs(read_locks(locks_key)) do
    if not over(lock) then kept[lock.path] = true end
  end
  for _, path in ipairs(redis.call('HKEYS', locks_key)) do
    if not kept[path] then ended = ended + redis.call('HDEL', locks_key, path) end
  end
  if ended > 0 then announce_locks(locks_key, room_id, room_channel, skip_sid) end
end
