-- typing_list: send who types in a room to one connection that may have missed it.
-- uses base typing
-- KEYS typing (hash)
-- ARGV node_channel · sid · room_id
-- → 0
-- publishes typing:users to the sid

emit(node_channel, 'typing:users', typing_json(room_id, read_typing(typing_key)), { to = sid })
return 0
