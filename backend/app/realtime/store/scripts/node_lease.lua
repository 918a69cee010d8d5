-- node_lease: renew a node's lease, and list the nodes whose lease has run out.
-- uses base
-- KEYS nodes (zset) · node_tenants (set)
-- ARGV node_id · lease_ms · watched (tenants in its set, at least)
-- → {1 if Redis has lost nothing of the node else 0, (node_id, end of its lease in ms)… of the others that have run out}
-- publishes nothing

local had = redis.call('ZSCORE', nodes_key, node_id) and redis.call('SCARD', node_tenants_key) >= tonumber(watched)
redis.call('ZADD', nodes_key, digits(now + tonumber(lease_ms)), node_id)
return { had and 1 or 0, unpack(redis.call('ZRANGE', nodes_key, '-inf', digits(now), 'BYSCORE', 'WITHSCORES')) }
