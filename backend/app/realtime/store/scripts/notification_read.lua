-- notification_read: mark one notification of a user as read, or all.
-- uses base notifications
-- KEYS –
-- ARGV notification_id ('' for all)
-- → {how many are unread now, how many were marked, notification (JSON) if one was asked for}, or false: there is none
-- publishes notification:count

forget_ended()
local ids = notification_id == '' and redis.call('ZRANGE', notifications_unread_key, 0, -1) or { notification_id }
local marked, last = 0, nil
for _, id in ipairs(ids) do
  local read_at, fingerprint, head = read_item(id)
  if not head then
    tell_count(false)
    return false
  end
  if read_at == '' then
    marked, last = marked + 1, mark_read(id, fingerprint, head)
  else
    last = item_json(read_at, head)
  end
end
note_ends()
return { tell_count(true), marked, notification_id ~= '' and last or nil }
