-- access: what the user of Redis may not do of what the server needs. Runs nothing of it.
-- uses base
-- KEYS nodes (zset; it stands for `*` in what is needed)
-- ARGV needs (commands, as JSON)
-- → the places of those that are refused, from 1, as JSON; {} for none
-- publishes nothing

local refused = {}
for place, command in ipairs(cjson.decode(needs)) do
  for i, part in ipairs(command) do
    if part == '*' then command[i] = nodes_key end
  end
  if not redis.acl_check_cmd(unpack(command)) then refused[#refused + 1] = place end
end
return json(refused)
