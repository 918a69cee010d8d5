-- token_revoke: revoke one token, or those of a user or of a tenant that were issued before a time; tell all nodes.
-- uses base
-- KEYS revoked_tenant (string) · revoked_user (string) · revoked_token (string)
-- ARGV tenant_channel · user_id · token_id · what ('tenant', 'user' or 'token') · before_ms ('' for now) · kept_ms
-- → before_ms, and until when (ms of Redis' clock) the revocation is kept
-- publishes that it is so, to the nodes and not to clients

local id = what == 'user' and user_id or token_id
local key = what == 'tenant' and revoked_tenant_key or what == 'user' and revoked_user_key or revoked_token_key
local known = redis.call('GET', key)
local before = math.max(tonumber(before_ms) or now, tonumber(known or 0))
local kept = math.max(tonumber(kept_ms), redis.call('PTTL', key))
redis.call('SET', key, digits(before), 'PX', digits(kept))
publish(tenant_channel, '{"do":"revoked","room":' .. json(tenant_channel) .. ',"what":"' .. what .. '","id":' .. json(id)
  .. ',"before":' .. digits(before) .. '}')
return { digits(before), digits(now + kept) }
