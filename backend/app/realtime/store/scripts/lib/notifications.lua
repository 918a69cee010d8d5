-- notifications: one user's notifications and how many are unread.
-- KEYS notifications (hash) · notifications_unread (zset) · notifications_read (zset) · notifications_ends (zset)
--      notifications_due (zset)
-- ARGV tenant_channel · user_channel · user_id
--
-- The hash: id → lines: when it was read ('' for unread), the fingerprint of the request, and the notification as JSON
-- without the closing brace.

-- The unread count that the user's connections know.
local told = redis.call('ZCARD', notifications_unread_key)

local function forget(id)
  redis.call('HDEL', notifications_key, id)
  redis.call('ZREM', notifications_unread_key, id)
  redis.call('ZREM', notifications_read_key, id)
  redis.call('ZREM', notifications_ends_key, id)
end

-- Milliseconds that the keys outlive the last notification, so that the check at its end still finds it.
local KEPT_MS = 3600000

-- Note when the next notification expires. The keys expire some time after the last.
local function note_ends()
  local first = redis.call('ZRANGE', notifications_ends_key, 0, 0, 'WITHSCORES')
  if not first[2] then
    redis.call('ZREM', notifications_due_key, user_id)
    return
  end
  redis.call('ZADD', notifications_due_key, first[2], user_id)
  local last = tonumber(redis.call('ZRANGE', notifications_ends_key, 0, 0, 'REV', 'WITHSCORES')[2]) + KEPT_MS
  for _, key in ipairs({ notifications_key, notifications_unread_key, notifications_read_key, notifications_ends_key }) do
    redis.call('PEXPIREAT', key, digits(last))
  end
  if redis.call('PEXPIRETIME', notifications_due_key) < last then
    redis.call('PEXPIREAT', notifications_due_key, digits(last))
  end
end

-- Remove expired notifications; every script begins with this.
local function forget_ended()
  local ended = redis.call('ZRANGE', notifications_ends_key, '-inf', digits(now), 'BYSCORE')
  for _, id in ipairs(ended) do forget(id) end
  if #ended > 0 then note_ends() end
end

-- Send the unread count to the user's connections, `always` or if it has changed. Returns it.
local function tell_count(always)
  local count = redis.call('ZCARD', notifications_unread_key)
  if always or count ~= told then
    emit(tenant_channel, 'notification:count', '{"count":' .. count .. '}', { to = user_channel })
  end
  return count
end

-- One notification: when it was read, its fingerprint, and its JSON without the closing brace; nil if there is none.
local function read_item(id)
  local item = redis.call('HGET', notifications_key, id)
  if not item then return nil end
  return string.match(item, '^([^\n]*)\n([^\n]*)\n(.*)$')
end

-- A notification as its owner reads it.
local function item_json(read_at, head)
  return head .. ',"is_read":' .. (read_at == '' and 'false,"read_at":null}' or 'true,"read_at":"' .. read_at .. '"}')
end

-- Mark an unread one as read. Returns its JSON.
local function mark_read(id, fingerprint, head)
  redis.call('HSET', notifications_key, id, rfc3339(now) .. '\n' .. fingerprint .. '\n' .. head)
  redis.call('ZADD', notifications_read_key, redis.call('ZSCORE', notifications_unread_key, id), id)
  redis.call('ZREM', notifications_unread_key, id)
  return item_json(rfc3339(now), head)
end
