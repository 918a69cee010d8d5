-- cursor_remove: remove a user's cursor.
-- uses base cursors
-- KEYS cursors (hash)
-- ARGV user_id · room_id · room_channel · users_channel
-- → 0
-- publishes cursor:remove

end_cursor(cursors_key, room_id, room_channel, users_channel, user_id)
return 0
