-- presence_due: list the users whose grace or activity time has run out, and when to check again. Changes nothing.
-- uses base
-- KEYS active (zset) · grace (zset)
-- ARGV away_ms (without activity) · batch (users at most)
-- → {ms until the next one is due (-1: nobody is waiting), user_id…}
-- publishes nothing

local away_at = now - tonumber(away_ms)
local due = redis.call('ZRANGE', grace_key, '-inf', digits(now), 'BYSCORE', 'LIMIT', 0, batch)
for _, user_id in ipairs(redis.call('ZRANGE', active_key, '-inf', digits(away_at), 'BYSCORE', 'LIMIT', 0, batch)) do
  due[#due + 1] = user_id
end

local next_in = -1
local function consider(first, offset)
  if first[2] then
    local ms = math.max(0, tonumber(first[2]) + offset - now)
    if next_in < 0 or ms < next_in then next_in = ms end
  end
end
consider(redis.call('ZRANGE', grace_key, '(' .. digits(now), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES'), 0)
consider(redis.call('ZRANGE', active_key, '(' .. digits(away_at), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES'),
  tonumber(away_ms))
return { next_in, unpack(due) }
