-- notification_create: something needs a user's attention; once, however often the caller says so.
-- uses base notifications
-- KEYS 1–5 as notifications · 6 user's sids
-- ARGV 1–3 as notifications · 4 id · 5 fingerprint of what is asked for · 6 the notification without created_at (JSON, open)
--      7 ms that it lasts · 8 notifications a user may have
-- → {1, notification (JSON)} made · {2, notification (JSON)} was there already · {3} the id was used for something else
-- publishes notification and notification:count if the user is connected

local id, kept = ARGV[4], tonumber(ARGV[8])

forget_ended()
local read_at, fingerprint, head = read_item(id)
if head then
  tell_count(false)
  if fingerprint ~= ARGV[5] then return { 3 } end
  return { 2, item_json(read_at, head) }
end

-- By the clock, but never before the last one, whatever the clock does: else the oldest would be the new one.
local made_at = now_us
for _, key in ipairs({ UNREAD, READ }) do
  local last = redis.call('ZRANGE', key, 0, 0, 'REV', 'WITHSCORES')[2]
  if last then made_at = math.max(made_at, tonumber(last) + 1) end
end
head = ARGV[6] .. ',"created_at":"' .. rfc3339(now) .. '"'
redis.call('HSET', ITEMS, id, '\n' .. ARGV[5] .. '\n' .. head)
redis.call('ZADD', UNREAD, digits(made_at), id)
redis.call('ZADD', ENDS, digits(now + tonumber(ARGV[7])), id)
for _ = kept + 1, redis.call('HLEN', ITEMS) do
  -- The oldest that was read, else the oldest of all.
  forget((redis.call('ZRANGE', READ, 0, 0)[1] or redis.call('ZRANGE', UNREAD, 0, 0)[1]))
end
note_ends()
if redis.call('EXISTS', KEYS[6]) == 1 then
  emit(BUS, 'notification', head .. '}', USER_ROOM, { due = tonumber(ARGV[7]) })
  tell_count(false)
end
return { 1, item_json('', head) }
