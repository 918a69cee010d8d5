-- activity: what happened in a tenant.
-- KEYS activity (stream) · activity_index (zset)
-- ARGV –
--
-- An entry of the stream is `item`, as JSON, and what the index knows it by: type, entity, user, key. Its id is a time in
-- µs, of always 16 digits, so that ids order as text too. A member of the index is a name, NUL, the id, NUL and what else
-- may be asked for under that name; every item is there by four: all, its type, its entity, its user.

-- The fields of an entry by name.
local function read_entry(entry)
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  return fields
end

-- An item as JSON, nil if it is not kept any more.
local function item_of(id)
  local entry = redis.call('XRANGE', activity_key, id .. '-0', id .. '-0')[1]
  return entry and read_entry(entry).item
end

-- What the index holds of an item.
local function index_members(id, fields)
  local middle = '\0' .. id .. '\0'
  return { 'all' .. middle, 'type ' .. fields.type .. middle, 'entity ' .. fields.entity .. middle .. fields.user,
    'user ' .. fields.user .. middle .. fields.type }
end
