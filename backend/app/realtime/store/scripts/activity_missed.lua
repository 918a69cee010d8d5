-- activity_missed: tell a node's connections what they have missed of the tenant's activity, a piece at a time.
-- uses base activity
-- KEYS –
-- ARGV node_channel · tenant_channel · heard (place of what they heard last, 0 for none, '' if they only learn the place)
--      limit (items at most) · page_limit (items of the page)
-- → {place that they have got to, 1 if there is more else 0}
-- publishes to the node what it tells them: the items, or the newest page of the feed if what was missed is not all kept

local last = redis.call('XREVRANGE', activity_key, '+', '-', 'COUNT', 1)[1]
local upto = last and place_of(string.match(last[1], '^%d+')) or '0'
if heard == '' or heard == upto then
  tell_missed(node_channel, tenant_channel, heard, upto, false, {})
  return { upto, 0 }
end

-- Whether all is there that came after: the item before it is, or nothing was ever removed.
local function is_whole()
  if heard ~= '0' then return #redis.call('XRANGE', activity_key, heard .. '-0', heard .. '-0') > 0 end
  local about = redis.call('XINFO', 'STREAM', activity_key)
  for i = 1, #about, 2 do
    if about[i] == 'entries-added' then return about[i + 1] == redis.call('XLEN', activity_key) end
  end
end

local lines = {}
if not is_whole() then
  local entries, items, following = redis.call('XREVRANGE', activity_key, '+', '-', 'COUNT', page_limit + 1), {}, false
  for i = 1, math.min(#entries, tonumber(page_limit)) do items[i] = read_entry(entries[i]).item end
  if #entries > #items then following = string.format('%016.0f', tonumber(string.match(entries[#items][1], '^%d+'))) end
  lines[1] = '["activity:feed",{"items":[' .. table.concat(items, ',') .. '],"next":' .. json(following) .. '}]'
  tell_missed(node_channel, tenant_channel, heard, upto, false, lines)
  return { upto, 0 }
end
local entries = redis.call('XRANGE', activity_key, '(' .. heard .. '-0', '+', 'COUNT', limit)
for i, entry in ipairs(entries) do lines[i] = '["activity",' .. read_entry(entry).item .. ']' end
local reached = place_of(string.match(entries[#entries][1], '^%d+'))
tell_missed(node_channel, tenant_channel, heard, reached, reached ~= upto, lines)
return { reached, reached ~= upto and 1 or 0 }
