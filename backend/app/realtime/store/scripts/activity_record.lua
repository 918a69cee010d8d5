-- activity_record: record an activity item, once per idempotency key.
-- uses base activity
-- KEYS activity_recorded (hash: idempotency key → id) · connections (set)
-- ARGV tenant_channel · fields (JSON of the item without braces, id and created_at) · entity_type
--      entity (entity_type:entity_id) · user_id · key (idempotency key) · fingerprint (of what is asked for)
--      max_items (items to keep) · lasts_ms (to keep them after the last)
-- → {1, item (JSON)} recorded · {2, item (JSON)} was there already · {3} the key was used for something else
-- publishes activity if anybody of the tenant is connected

local known = redis.call('HGET', activity_recorded_key, key)
if known then
  local id, asked = string.match(known, '^(%d+) (.*)$')
  local item = item_of(id)
  if item then return asked == fingerprint and { 2, item } or { 3 } end
end

-- The clock's time, but always after the last item, even if the clock goes back.
local last = redis.call('XREVRANGE', activity_key, '+', '-', 'COUNT', 1)[1]
local id = string.format('%016.0f', math.max(now_us, last and tonumber(string.match(last[1], '^%d+')) + 1 or 0))
local item = '{"id":"' .. id .. '",' .. fields .. ',"created_at":"' .. rfc3339(now) .. '"}'
local found_by = { type = entity_type, entity = entity, user = user_id }
redis.call('XADD', activity_key, id .. '-0', 'item', item, 'type', entity_type, 'entity', entity, 'user', user_id, 'key', key)
for _, member in ipairs(index_members(id, found_by)) do redis.call('ZADD', activity_index_key, 0, member) end
redis.call('HSET', activity_recorded_key, key, id .. ' ' .. fingerprint)

local surplus = redis.call('XLEN', activity_key) - tonumber(max_items)
if surplus > 0 then
  for _, entry in ipairs(redis.call('XRANGE', activity_key, '-', '+', 'COUNT', surplus)) do
    local gone = read_entry(entry)
    for _, member in ipairs(index_members(string.match(entry[1], '^%d+'), gone)) do
      redis.call('ZREM', activity_index_key, member)
    end
    redis.call('HDEL', activity_recorded_key, gone.key)
  end
  redis.call('XTRIM', activity_key, 'MAXLEN', '=', max_items)
end
for _, kept in ipairs({ activity_key, activity_index_key, activity_recorded_key }) do redis.call('PEXPIRE', kept, lasts_ms) end

if redis.call('EXISTS', connections_key) == 1 then emit(tenant_channel, 'activity', item, { at = place_of(id) }) end
return { 1, item }
