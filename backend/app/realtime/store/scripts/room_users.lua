-- room_users: list who is in a room, for one connection or for the caller.
-- uses base rooms
-- KEYS room_users (hash)
-- ARGV node_channel · sid ('' for the caller only) · room_id
-- → [user_id, entry (JSON)]…
-- publishes room:users to the sid

local members = redis.call('HGETALL', room_users_key)
if sid ~= '' then emit(node_channel, 'room:users', room_users_json(room_id, members), { to = sid }) end
return members
