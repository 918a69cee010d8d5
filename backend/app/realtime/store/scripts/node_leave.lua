-- node_leave: end a node's own lease, so that another node takes over its tenants at once.
-- uses base
-- KEYS nodes (zset)
-- ARGV node_id
-- → how many other nodes live
-- publishes nothing

redis.call('ZADD', nodes_key, 0, node_id)
return redis.call('ZCOUNT', nodes_key, '(' .. digits(now), '+inf')
