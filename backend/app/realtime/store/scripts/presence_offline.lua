-- presence_offline: take a user offline, whatever connections the user has.
-- uses base presence
-- KEYS –
-- ARGV –
-- → 1, or 0: they were offline
-- publishes presence:user_left

local user = read_user()
if not user then return 0 end
user_leaves(user)
return 1
