-- rooms: who is in an entity's room. A member's entry is JSON: user_name, joined_at, sids (never empty).
-- KEYS –
-- ARGV –

-- `{room_id, users}` as JSON for the wire, by time of joining. `flat` is user_id, entry, ….
local function room_users_json(room_id, flat)
  local members = {}
  for i = 1, #flat, 2 do
    local entry = cjson.decode(flat[i + 1])
    members[#members + 1] = { entry.joined_at .. flat[i], '{"user_id":' .. json(flat[i]) .. ',"user_name":'
      .. json(entry.user_name) .. ',"joined_at":"' .. entry.joined_at .. '"}' }
  end
  table.sort(members, function(a, b) return a[1] < b[1] end)
  for i, member in ipairs(members) do members[i] = member[2] end
  return '{"room_id":' .. json(room_id) .. ',"users":[' .. table.concat(members, ',') .. ']}'
end
