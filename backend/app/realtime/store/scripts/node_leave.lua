-- node_leave: end a node's own lease, so that another adopts at once what it leaves behind.
-- uses base
-- KEYS 1 nodes zset
-- ARGV 1 node_id
-- → how many other nodes live
-- publishes nothing

redis.call('ZADD', KEYS[1], 0, ARGV[1])
return redis.call('ZCOUNT', KEYS[1], '(' .. digits(now), '+inf')
