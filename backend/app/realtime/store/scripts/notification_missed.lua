-- notification_missed: tell a node's connections of a user which notifications they have missed, a piece at a time.
-- uses base notifications
-- KEYS –
-- ARGV node_channel · heard (place of what they heard last, 0 for none, '' if they only learn the place)
--      limit (notifications at most)
-- → {place that they have got to, 1 if there is more else 0}
-- publishes to the node what it tells them; notification:count if one has come to its end

forget_ended()
tell_count(false)
local found = {}
for _, key in ipairs({ notifications_unread_key, notifications_read_key }) do
  local range = heard == '' and { '+inf', '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1, 'WITHSCORES' }
    or { '(' .. heard, '+inf', 'BYSCORE', 'LIMIT', 0, limit + 1, 'WITHSCORES' }
  local members = redis.call('ZRANGE', key, unpack(range))
  for i = 1, #members, 2 do found[#found + 1] = { id = members[i], made_at = tonumber(members[i + 1]) } end
end
table.sort(found, function(one, other) return one.made_at < other.made_at end)

local upto, lines, more = heard == '' and '0' or heard, {}, false
if heard == '' then
  if #found > 0 then upto = digits(found[#found].made_at) end
else
  more = #found > tonumber(limit)
  for i = 1, math.min(#found, tonumber(limit)) do
    local _, _, head = read_item(found[i].id)
    lines[i] = '["notification",' .. head .. '}]'
    upto = digits(found[i].made_at)
  end
end
tell_missed(node_channel, user_channel, heard, upto, more, lines)
return { upto, more and 1 or 0 }
