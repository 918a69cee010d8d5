-- node_lease: renew a node's lease and prove to it that it hears the bus; tell who has died.
-- uses base
-- KEYS 1 nodes zset
-- ARGV 1 node_id · 2 lease in ms · 3 node channel · 4 number of the probe
-- → {1 if the node had a lease else 0, (node_id, end of its lease in ms)… of the others that have run out}
-- publishes the probe to the node itself

local had = redis.call('ZSCORE', KEYS[1], ARGV[1]) and 1 or 0
redis.call('ZADD', KEYS[1], digits(now + tonumber(ARGV[2])), ARGV[1])
redis.call('PUBLISH', ARGV[3], '{"method":"probe","number":' .. ARGV[4] .. ',"host_id":"redis"}')
return { had, unpack(redis.call('ZRANGE', KEYS[1], '-inf', digits(now), 'BYSCORE', 'WITHSCORES')) }
