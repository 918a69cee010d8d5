-- presence_due: whose time has come in a tenant, and when to look again. Changes nothing.
-- uses base
-- KEYS 1 active zset · 2 grace zset
-- ARGV 1 ms without activity until away · 2 how many users at most
-- → {ms until the next one is due (-1: nobody is waiting), user_id…}
-- publishes nothing

local away_at = now - tonumber(ARGV[1])
local due = redis.call('ZRANGE', KEYS[2], '-inf', digits(now), 'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, user_id in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', digits(away_at), 'BYSCORE', 'LIMIT', 0, ARGV[2])) do
  due[#due + 1] = user_id
end

local next_in = -1
local function consider(first, offset)
  if first[2] then
    local ms = math.max(0, tonumber(first[2]) + offset - now)
    if next_in < 0 or ms < next_in then next_in = ms end
  end
end
consider(redis.call('ZRANGE', KEYS[2], '(' .. digits(now), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES'), 0)
consider(redis.call('ZRANGE', KEYS[1], '(' .. digits(away_at), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES'), tonumber(ARGV[1]))
return { next_in, unpack(due) }
