-- notification_count: how many notifications a user has not read, for one connection or for the caller.
-- uses base notifications
-- KEYS 1–5 as notifications
-- ARGV 1–3 as notifications · 4 node channel · 5 sid, '' for the caller only
-- → how many
-- publishes notification:count to the sid; to all of the user's if one has come to its end

forget_ended()
local count = tell_count(false)
if ARGV[5] ~= '' then
  local first = redis.call('ZRANGE', ENDS, 0, 0, 'WITHSCORES')
  emit(ARGV[4], 'notification:count', '{"count":' .. count .. '}', ARGV[5],
    { due = first[2] and tonumber(first[2]) - now, due_room = USER_ROOM })
end
return count
