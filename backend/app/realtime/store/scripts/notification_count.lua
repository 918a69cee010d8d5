-- notification_count: count a user's unread notifications, for one connection or for the caller.
-- uses base notifications
-- KEYS –
-- ARGV node_channel · sid ('' for the caller only)
-- → how many
-- publishes notification:count to the sid; to all of the user's if one has come to its end

forget_ended()
local count = tell_count(false)
if sid ~= '' then
  local first = redis.call('ZRANGE', notifications_ends_key, 0, 0, 'WITHSCORES')
  emit(node_channel, 'notification:count', '{"count":' .. count .. '}',
    { to = sid, due = first[2] and tonumber(first[2]) - now, due_room = user_channel })
end
return count
