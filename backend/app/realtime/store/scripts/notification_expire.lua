-- notification_expire: remove a user's expired notifications.
-- uses base notifications
-- KEYS –
-- ARGV –
-- → how many are unread now
-- publishes notification:count if that has changed

forget_ended()
note_ends()
return tell_count(false)
