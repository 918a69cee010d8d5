-- notification_list: a page of a user's notifications, newest first.
-- uses base notifications
-- KEYS 1–5 as notifications
-- ARGV 1–3 as notifications · 4 1 for unread ones only, else 0 · 5 how many at most · 6 how many to pass over
-- → {how many there are of those asked for, how many are unread, notifications (JSON array)}
-- publishes notification:count if one has come to its end

forget_ended()
local ids = ARGV[4] == '1' and redis.call('ZRANGE', UNREAD, 0, -1) or redis.call('ZUNION', 2, UNREAD, READ)
local newest, page = #ids - tonumber(ARGV[6]), {}
for i = newest, math.max(1, newest - tonumber(ARGV[5]) + 1), -1 do
  local read_at, _, head = read_item(ids[i])
  page[#page + 1] = item_json(read_at, head)
end
return { #ids, tell_count(false), '[' .. table.concat(page, ',') .. ']' }
