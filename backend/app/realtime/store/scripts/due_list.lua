-- due_list: list the due members of a sorted set of deadlines, and when the next is due. Changes nothing.
-- uses base
-- KEYS due (zset)
-- ARGV batch (members at most)
-- → {ms until the next one is due (-1: nothing waits), member…}
-- publishes nothing

local due = redis.call('ZRANGE', due_key, '-inf', digits(now), 'BYSCORE', 'LIMIT', 0, batch)
local first = redis.call('ZRANGE', due_key, '(' .. digits(now), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
return { first[2] and math.max(0, tonumber(first[2]) - now) or -1, unpack(due) }
