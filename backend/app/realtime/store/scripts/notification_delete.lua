-- notification_delete: delete one of a user's notifications.
-- uses base notifications
-- KEYS –
-- ARGV notification_id
-- → how many are unread now, or false: there is no such notification
-- publishes notification:count if that has changed

forget_ended()
local known = redis.call('HEXISTS', notifications_key, notification_id) == 1
forget(notification_id)
note_ends()
local count = tell_count(false)
return known and count
