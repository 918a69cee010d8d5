-- activity_record: something happened in a tenant; once, however often the caller says so.
-- uses base activity
-- KEYS 1–2 as activity · 3 idempotency keys hash · 4 tenant's sids
-- ARGV 1 bus channel · 2 tenant's Socket.IO room · 3 the item without id and created_at (JSON, neither brace) · 4 entity_type
--      5 entity_type:entity_id · 6 user_id · 7 idempotency key · 8 fingerprint of what is asked for · 9 items to keep
--      10 ms to keep them after the last
-- → {1, item (JSON)} recorded · {2, item (JSON)} was there already · {3} the key was used for something else
-- publishes activity if anybody of the tenant is connected

local key = ARGV[7]

local known = redis.call('HGET', KEYS[3], key)
if known then
  local id, fingerprint = string.match(known, '^(%d+) (.*)$')
  local item = item_of(id)
  if item then return fingerprint == ARGV[8] and { 2, item } or { 3 } end
end

-- By the clock, but never before the last one, whatever the clock does.
local last = redis.call('XREVRANGE', STREAM, '+', '-', 'COUNT', 1)[1]
local id = string.format('%016.0f', math.max(now_us, last and tonumber(string.match(last[1], '^%d+')) + 1 or 0))
local item = '{"id":"' .. id .. '",' .. ARGV[3] .. ',"created_at":"' .. rfc3339(now) .. '"}'
local fields = { type = ARGV[4], entity = ARGV[5], user = ARGV[6] }
redis.call('XADD', STREAM, id .. '-0', 'item', item, 'type', fields.type, 'entity', fields.entity, 'user', fields.user, 'key', key)
for _, member in ipairs(index_members(id, fields)) do redis.call('ZADD', INDEX, 0, member) end
redis.call('HSET', KEYS[3], key, id .. ' ' .. ARGV[8])

local surplus = redis.call('XLEN', STREAM) - tonumber(ARGV[9])
if surplus > 0 then
  for _, entry in ipairs(redis.call('XRANGE', STREAM, '-', '+', 'COUNT', surplus)) do
    local gone = read_entry(entry)
    for _, member in ipairs(index_members(string.match(entry[1], '^%d+'), gone)) do redis.call('ZREM', INDEX, member) end
    redis.call('HDEL', KEYS[3], gone.key)
  end
  redis.call('XTRIM', STREAM, 'MAXLEN', '=', ARGV[9])
end
for _, kept in ipairs({ STREAM, INDEX, KEYS[3] }) do redis.call('PEXPIRE', kept, ARGV[10]) end

if redis.call('EXISTS', KEYS[4]) == 1 then emit(ARGV[1], 'activity', item, ARGV[2]) end
return { 1, item }
