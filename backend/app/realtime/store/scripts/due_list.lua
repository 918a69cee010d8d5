-- rooms_due: in which rooms of a tenant something has come to its end, and when to look again. Changes nothing.
-- uses base
-- KEYS 1 due zset
-- ARGV 1 how many rooms at most
-- → {ms until the next one is due (-1: nothing waits), room_id…}
-- publishes nothing

local due = redis.call('ZRANGE', KEYS[1], '-inf', digits(now), 'BYSCORE', 'LIMIT', 0, ARGV[1])
local first = redis.call('ZRANGE', KEYS[1], '(' .. digits(now), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
return { first[2] and math.max(0, tonumber(first[2]) - now) or -1, unpack(due) }
