-- revoked: whether a token has been revoked: it, or all that its user or its tenant had before a time.
-- KEYS revoked_tenant (string) · revoked_user (string) · revoked_token (string)
-- ARGV issued_at_ms

local function is_revoked()
  local found = redis.call('MGET', revoked_tenant_key, revoked_user_key, revoked_token_key)
  return found[3] or tonumber(issued_at_ms) < math.max(tonumber(found[1] or 0), tonumber(found[2] or 0))
end
