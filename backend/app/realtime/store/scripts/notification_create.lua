-- notification_create: notify a user, once per notification id.
-- uses base notifications
-- KEYS user_connections (set)
-- ARGV id · fingerprint (of what is asked for) · fields (JSON without created_at and the closing brace) · lasts_ms
--      max_notifications (of the user)
-- → {1, notification (JSON)} made · {2, notification (JSON)} was there already · {3} the id was used for something else
-- publishes notification and notification:count if the user is connected

forget_ended()
local read_at, asked, head = read_item(id)
if head then
  tell_count(false)
  if asked ~= fingerprint then return { 3 } end
  return { 2, item_json(read_at, head) }
end

-- The clock's time, but always after the last one, even if the clock goes back: else the new one would be the oldest.
local made_at = now_us
for _, key in ipairs({ notifications_unread_key, notifications_read_key }) do
  local last = redis.call('ZRANGE', key, 0, 0, 'REV', 'WITHSCORES')[2]
  if last then made_at = math.max(made_at, tonumber(last) + 1) end
end
head = fields .. ',"created_at":"' .. rfc3339(now) .. '"'
redis.call('HSET', notifications_key, id, '\n' .. fingerprint .. '\n' .. head)
redis.call('ZADD', notifications_unread_key, digits(made_at), id)
redis.call('ZADD', notifications_ends_key, digits(now + tonumber(lasts_ms)), id)
for _ = tonumber(max_notifications) + 1, redis.call('HLEN', notifications_key) do
  -- The oldest that was read, else the oldest of all.
  forget((redis.call('ZRANGE', notifications_read_key, 0, 0)[1]
    or redis.call('ZRANGE', notifications_unread_key, 0, 0)[1]))
end
note_ends()
if redis.call('EXISTS', user_connections_key) == 1 then
  emit(tenant_channel, 'notification', head .. '}', { to = user_channel, due = tonumber(lasts_ms), at = digits(made_at) })
  tell_count(false)
end
return { 1, item_json('', head) }
