-- notification_delete: a user has no use for a notification any more.
-- uses base notifications
-- KEYS 1–5 as notifications
-- ARGV 1–3 as notifications · 4 id
-- → how many are unread now, or false: there is no such notification
-- publishes notification:count if that has changed

forget_ended()
local known = redis.call('HEXISTS', ITEMS, ARGV[4]) == 1
forget(ARGV[4])
note_ends()
local count = tell_count(false)
return known and count
