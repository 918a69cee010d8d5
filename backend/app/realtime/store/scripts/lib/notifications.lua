-- notifications: what waits for one user, and how much of it they have not read.
-- KEYS 1 notifications hash · 2 unread zset · 3 read zset · 4 ends zset · 5 due zset
-- ARGV 1 bus channel · 2 user's Socket.IO room · 3 user_id
--
-- A field of the hash is an id; its value, by lines: when it was read ('' if it was not), the fingerprint of what was
-- asked for, and the notification as JSON without the closing brace.

local ITEMS, UNREAD, READ, ENDS, DUE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local BUS, USER_ROOM, user_id = ARGV[1], ARGV[2], ARGV[3]

-- How many the user has not read, as they were last told.
local told = redis.call('ZCARD', UNREAD)

local function forget(id)
  redis.call('HDEL', ITEMS, id)
  redis.call('ZREM', UNREAD, id)
  redis.call('ZREM', READ, id)
  redis.call('ZREM', ENDS, id)
end

-- Longer than its last notification lives a key (ms), so that whoever looks at the end finds that there was something.
local KEPT_MS = 3600000

-- Note when the next one comes to its end. The keys go some time after the last.
local function note_ends()
  local first = redis.call('ZRANGE', ENDS, 0, 0, 'WITHSCORES')
  if not first[2] then
    redis.call('ZREM', DUE, user_id)
    return
  end
  redis.call('ZADD', DUE, first[2], user_id)
  local last = tonumber(redis.call('ZRANGE', ENDS, 0, 0, 'REV', 'WITHSCORES')[2]) + KEPT_MS
  for _, key in ipairs({ ITEMS, UNREAD, READ, ENDS }) do redis.call('PEXPIREAT', key, digits(last)) end
  if redis.call('PEXPIRETIME', DUE) < last then redis.call('PEXPIREAT', DUE, digits(last)) end
end

-- Every script begins with this: what has come to its end is gone.
local function forget_ended()
  local ended = redis.call('ZRANGE', ENDS, '-inf', digits(now), 'BYSCORE')
  for _, id in ipairs(ended) do forget(id) end
  if #ended > 0 then note_ends() end
end

-- Tell the user's connections how many there are to read, `always` or if it is not what they know. Returns it.
local function tell_count(always)
  local count = redis.call('ZCARD', UNREAD)
  if always or count ~= told then emit(BUS, 'notification:count', '{"count":' .. count .. '}', USER_ROOM) end
  return count
end

-- One notification: when it was read, its fingerprint, and its JSON without the closing brace; nil if there is none.
local function read_item(id)
  local item = redis.call('HGET', ITEMS, id)
  if not item then return nil end
  return string.match(item, '^([^\n]*)\n([^\n]*)\n(.*)$')
end

-- A notification as its owner reads it.
local function item_json(read_at, head)
  return head .. ',"is_read":' .. (read_at == '' and 'false,"read_at":null}' or 'true,"read_at":"' .. read_at .. '"}')
end

-- Read one that is not. Returns its JSON.
local function mark_read(id, fingerprint, head)
  redis.call('HSET', ITEMS, id, rfc3339(now) .. '\n' .. fingerprint .. '\n' .. head)
  redis.call('ZADD', READ, redis.call('ZSCORE', UNREAD, id), id)
  redis.call('ZREM', UNREAD, id)
  return item_json(rfc3339(now), head)
end
