-- activity: a tenant's activity items.
-- KEYS activity (stream) · activity_index (zset)
-- ARGV –
--
-- An entry of the stream has the fields `item` (JSON), type, entity, user and key. Its id is a time in µs with 16 digits,
-- so that ids also sort as text. A member of the index is a name, NUL, the id, NUL and a second filter. Each item has four
-- members, named by all, its type, its entity and its user.

-- The fields of an entry by name.
local function read_entry(entry)
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  return fields
end

-- An item as JSON, nil if it is no longer kept.
local function item_of(id)
  local entry = redis.call('XRANGE', activity_key, id .. '-0', id .. '-0')[1]
  return entry and read_entry(entry).item
end

-- An id, or a time, as a number without leading zeros, as it stands in JSON.
local function place_of(id)
  return (string.gsub(id, '^0+(%d)', '%1'))
end

-- The members of the index for an item.
local function index_members(id, fields)
  local middle = '\0' .. id .. '\0'
  return { 'all' .. middle, 'type ' .. fields.type .. middle, 'entity ' .. fields.entity .. middle .. fields.user,
    'user ' .. fields.user .. middle .. fields.type }
end
