-- typing_list: who types in a room, for one connection that may have missed it.
-- uses base typing
-- KEYS 1 typing hash
-- ARGV 1 node channel · 2 sid · 3 room_id
-- → 0
-- publishes typing:users to the sid

emit(ARGV[1], 'typing:users', typing_json(ARGV[3], read_typing(KEYS[1])), ARGV[2])
return 0
