-- room_users: who is in a room, for one connection or for the caller.
-- uses base rooms
-- KEYS 1 users hash
-- ARGV 1 node channel · 2 sid, '' for the caller only · 3 room_id
-- → [user_id, entry (JSON)]…
-- publishes room:users to the sid

local members = redis.call('HGETALL', KEYS[1])
if ARGV[2] ~= '' then emit(ARGV[1], 'room:users', room_users_json(ARGV[3], members), ARGV[2]) end
return members
