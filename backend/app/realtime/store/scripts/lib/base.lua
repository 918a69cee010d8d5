-- base: helpers for every script; its `local` values are visible to the script that uses it.
-- KEYS –
-- ARGV –

-- Milliseconds of Redis' clock, the same for all nodes.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
-- Microseconds, to order what happens within a millisecond.
local now_us = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

-- Names the master and its time as one: it changes when a server starts and when a replica is promoted. Another master may
-- not have the last writes of the one before.
local function master_id()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end

-- An integer as decimal digits. Lua's own conversion rounds after 14 digits.
local function digits(number)
  return string.format('%.0f', number)
end

-- A value as JSON; nil, false (a missing field) and cjson.null are null.
local function json(value)
  if value == nil or value == false or value == cjson.null then return 'null' end
  return cjson.encode(value)
end

-- Milliseconds since 1970 as RFC 3339 UTC with milliseconds. Days to date after H. Hinnant's civil_from_days.
local function rfc3339(ms)
  local seconds = math.floor(ms / 1000)
  local days, rest = math.floor(seconds / 86400), seconds % 86400
  local z = days + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local day = doy - math.floor((153 * mp + 2) / 5) + 1
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', year, month, day,
    math.floor(rest / 3600), math.floor(rest / 60) % 60, rest % 60, ms % 1000)
end

-- Publish on a channel of the bus, named as a Socket.IO room or a node. PUBLISH and BUS are the cluster's: see `script.py`.
local function publish(channel, message)
  redis.call(PUBLISH, BUS .. channel, message)
end

-- Tell a node's connections that are behind in a Socket.IO room what they have missed, as lines of [event,data]: see
-- `bus/positions.py`. Places are digits; `after` is '' for those that only learn where the room is.
local function tell_missed(node_channel, room, after, upto, more, lines)
  publish(node_channel, '{"do":"missed","room":' .. json(room) .. ',"after":' .. (after == '' and 'null' or after)
    .. ',"upto":' .. upto .. ',"more":' .. tostring(more) .. '}\n' .. table.concat(lines, '\n'))
end

-- Put `event` on a channel of the bus, in the format of `bus/message.py`. `data` is JSON. `how` may have:
-- to: the connection or Socket.IO room that gets it, if not that of the channel ·
-- skip_sid: a connection that does not get it · skip_room: a Socket.IO room whose connections do not get it ·
-- enter: Socket.IO rooms that the connection `to` enters first · due: ms until something ends in the Socket.IO room
-- due_room (default: who gets it); a node that delivers the message checks it then · replaces: of the messages with this
-- text the newest is enough for a client that is slow · unsteady: a user whose next heartbeat may change their status ·
-- at: the message's place (digits) among the announcements of the Socket.IO room · from: the places of the rooms in `enter`.
local function emit(channel, event, data, how)
  local room = how and how.to or channel
  local head = '{"room":' .. json(room)
  if how then
    if how.skip_sid then head = head .. ',"skip":' .. json(how.skip_sid) end
    if how.skip_room then head = head .. ',"skip_room":' .. json(how.skip_room) end
    if how.enter then head = head .. ',"enter":' .. json(how.enter) end
    if how.at then head = head .. ',"at":' .. how.at end
    if how.from then head = head .. ',"from":[' .. table.concat(how.from, ',') .. ']' end
    if how.due then head = head .. ',"due":[' .. json(how.due_room or room) .. ',' .. digits(how.due) .. ']' end
    if how.unsteady then head = head .. ',"unsteady":' .. json(how.unsteady) end
    if how.replaces then head = head .. ',"replaces":' .. json(how.replaces) end
  end
  publish(channel, head .. '}\n["' .. event .. '",' .. data .. ']')
end
