-- due_list: whose time has come in a sorted set of deadlines, and when to look again. Changes nothing.
-- uses base
-- KEYS 1 due zset
-- ARGV 1 how many at most
-- → {ms until the next one is due (-1: nothing waits), member…}
-- publishes nothing

local due = redis.call('ZRANGE', KEYS[1], '-inf', digits(now), 'BYSCORE', 'LIMIT', 0, ARGV[1])
local first = redis.call('ZRANGE', KEYS[1], '(' .. digits(now), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
return { first[2] and math.max(0, tonumber(first[2]) - now) or -1, unpack(due) }
