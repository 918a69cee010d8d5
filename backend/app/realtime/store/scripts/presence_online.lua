-- presence_online: make a user online who has no connection (yet): they stay for the grace time.
-- uses base presence
-- KEYS 1–6 as presence · 7 user's sids
-- ARGV 1–3 as presence · 4 user_name · 5 device_type · 6 current_page, '' for none · 7 grace in ms · 8 moves (JSON)
-- → 1
-- publishes presence:user_joined, or presence:update if an automatic away ended

local page = ARGV[6] ~= '' and ARGV[6] or false
if read_user() then
  change_user(cjson.decode(ARGV[8]), page and { current_page = page } or {}, true, false)
else
  user_joins(ARGV[4], ARGV[5], page)
end
if redis.call('EXISTS', KEYS[7]) == 0 then redis.call('ZADD', GRACE, digits(now + tonumber(ARGV[7])), user_id) end
return 1
