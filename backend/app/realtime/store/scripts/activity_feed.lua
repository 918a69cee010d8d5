-- activity_feed: a page of the tenant's activity, newest first, for one connection or for the caller.
-- uses base activity
-- KEYS –
-- ARGV node_channel · sid ('' for the caller only) · limit (items at most) · offset (items to pass over)
--      before (only those before this id, '' for none) · since (only those since this id, '' for none) · name (in the index)
--      also (what else is asked for under that name, '' for nothing)
-- → {items (JSON array), id before which the next page begins, '' for none}
-- publishes activity:feed to the sid

limit, offset = tonumber(limit), tonumber(offset)

-- Members of the index read at a time: at least one more than a page has.
local CHUNK = 200

-- The ids of the page, and one more if there is a next page.
local function find()
  local found, newest = {}, '(' .. name .. (before == '' and '\1' or '\0' .. before)
  local oldest = '(' .. name .. '\0' .. (since == '' and '' or since .. '\1')
  -- Without a second filter, items that are passed over need not be read.
  local skip, passed = also == '' and offset or 0, also == '' and offset or 0
  repeat
    local members = redis.call('ZRANGE', activity_index_key, newest, oldest, 'BYLEX', 'REV', 'LIMIT', skip, CHUNK)
    for _, member in ipairs(members) do
      local id, rest = string.match(member, '^%Z*%z(%d+)%z(%Z*)$')
      if also == '' or rest == also then
        passed = passed + 1
        if passed > offset then found[#found + 1] = id end
        if #found > limit then return found end
      end
      newest, skip = '(' .. member, 0
    end
  until #members < CHUNK
  return found
end

local found, items = find(), {}
for i = 1, math.min(limit, #found) do items[i] = item_of(found[i]) end
local following = #found > limit and found[limit] or ''
local page = '[' .. table.concat(items, ',') .. ']'
if sid ~= '' then
  emit(node_channel, 'activity:feed', '{"items":' .. page .. ',"next":' .. json(following ~= '' and following) .. '}',
    { to = sid })
end
return { page, following }
