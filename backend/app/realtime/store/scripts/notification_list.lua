-- notification_list: a page of a user's notifications, newest first.
-- uses base notifications
-- KEYS –
-- ARGV unread_only (1 or 0) · limit (notifications at most) · offset (notifications to pass over)
-- → {how many there are of those asked for, how many are unread, notifications (JSON array)}
-- publishes notification:count if one has come to its end

forget_ended()
local ids = unread_only == '1' and redis.call('ZRANGE', notifications_unread_key, 0, -1)
  or redis.call('ZUNION', 2, notifications_unread_key, notifications_read_key)
local newest, page = #ids - tonumber(offset), {}
for i = newest, math.max(1, newest - tonumber(limit) + 1), -1 do
  local read_at, _, head = read_item(ids[i])
  page[#page + 1] = item_json(read_at, head)
end
return { #ids, tell_count(false), '[' .. table.concat(page, ',') .. ']' }
