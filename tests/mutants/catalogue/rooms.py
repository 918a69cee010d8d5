"""Servers that are wrong about who is in a room, who hears of it, or what a room may be called."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant, together

TENANT_KEYS = "app.realtime.store.keys:TenantKeys"
HANDLERS = "app.realtime.handlers.room_handler:register_room_handlers"

#: How the others are told that a user is gone from a room.
USER_LEFT = """emit(bus, 'room:user_left', '{"user_id":' .. json(user_id) .. ',"user_name":' .. json(member.user_name)
    .. ',"room_id":' .. json(room_id) .. '}', room_channel, { skip_sid = sid })"""

MUTANTS = [
    Mutant(
        "forgets-tenant-in-rooms",
        "What happens in a room is told in the rooms of that name of all companies.",
        ("rooms/7.1", "cursors/1.6", "documents/1.5"),
        Code(f"{TENANT_KEYS}.room_channel", 'return f"room:{self._tag}:{room_id}"', 'return f"room:{{all}}:{room_id}"'),
    ),
    Mutant(
        "forgets-tenant-in-room-members",
        "Who is in a room is kept under its name alone, for all companies.",
        ("rooms/7.2",),
        Code(
            f"{TENANT_KEYS}.room_users", 'return f"room:{self._tag}:{room_id}:users"', 'return f"room:{room_id}:users"'
        ),
    ),
    Mutant(
        "room-is-named-like-a-channel",
        "A company's channel is `tenant:ID`, and a room's is its own name: whoever joins `tenant:ID` hears it all.",
        ("rooms/7.4", "rooms/7.5"),
        together(
            Code(f"{TENANT_KEYS}.room_channel", 'return f"room:{self._tag}:{room_id}"', "return room_id"),
            Code(f"{TENANT_KEYS}.tenant_channel", 'return f"tenant:{self._tag}"', 'return f"tenant:{self.tenant_id}"'),
            Code(
                "app.realtime.store.keys:tenant_of",
                'return channel[channel.index("{") + 1 : channel.index("}")]',
                'return channel.partition("{")[2].partition("}")[0] or channel.partition(":")[2]',
            ),
        ),
    ),
    Mutant(
        "leaks-sid-in-room-users",
        "Who is in a room is shown with the id of their connection.",
        ("rooms/1.5", "contract/server/room:users"),
        Lua(
            "lib/rooms",
            """.. ',"joined_at":"' .. entry""",
            """.. ',"sid":"' .. entry.sids[1] .. '","joined_at":"' .. entry""",
        ),
    ),
    Mutant(
        "second-tab-in-room-is-announced",
        "Every tab that joins a room is announced to the others, though its user was in.",
        ("rooms/1.7",),
        Lua("room_join", "if not entry then\n    emit", "if true then\n    emit"),
    ),
    Mutant(
        "joining-again-is-joining-anew",
        "Whoever joins a room that they are in has joined it now, and is announced again.",
        ("rooms/1.6",),
        Lua(
            "room_join",
            "if redis.call('SADD', connection_rooms_key, room_id) == 1 then\n"
            "  local entry = redis.call('HGET', room_users_key, user_id)\n",
            "redis.call('SADD', connection_rooms_key, room_id)\nif true then\n  local entry = false\n",
        ),
    ),
    Mutant(
        "second-tab-leaving-empties-room",
        "The first of a user's tabs that leaves a room takes the user out of it.",
        ("rooms/3.4",),
        Lua("lib/leaving", "if #sids > 0 then", "if false then"),
    ),
    Mutant(
        "leave-is-not-announced",
        "Nobody is told that somebody has left a room by their own word.",
        ("rooms/3.1",),
        together(
            Lua("room_leave", "sid, false)", "sid, nil)"),
            Lua("lib/leaving", USER_LEFT, f"if lost ~= nil then {USER_LEFT} end"),
        ),
    ),
    Mutant(
        "leaver-is-told",
        "Whoever leaves a room hears that they have left it.",
        ("rooms/3.3",),
        together(
            Lua("lib/leaving", "room_channel, { skip_sid = sid })", "room_channel)"),
            Lua(
                "room_leave",
                """redis.call('PUBLISH', node_channel, '{"method":"leave_room\"""",
                """redis.call('PUBLISH', 'nobody', '{"method":"leave_room\"""",
            ),
            Code(
                HANDLERS,
                "        get_node().bus.leave(connection.sid, connection.keys.room_channel(room_id))",
                "        get_node().bus.server.sleep(0.02)\n"
                "        get_node().bus.leave(connection.sid, connection.keys.room_channel(room_id))",
            ),
        ),
    ),
    Mutant(
        "left-tab-still-hears",
        "A tab that has left a room goes on hearing what happens in it.",
        ("rooms/3.2", "cursors/5.4"),
        together(
            Lua(
                "room_leave",
                """redis.call('PUBLISH', node_channel, '{"method":"leave_room\"""",
                """redis.call('PUBLISH', 'nobody', '{"method":"leave_room\"""",
            ),
            Code(HANDLERS, "get_node().bus.leave(connection.sid, connection.keys.room_channel(room_id))", "pass"),
        ),
    ),
    Mutant(
        "leaving-a-strange-room-is-accepted",
        "Leaving a room that one is not in is a success.",
        ("rooms/3.7", "rooms/3.8"),
        Lua("room_leave", "then return -1 end", "then return 1 end"),
    ),
    Mutant(
        "disconnect-does-not-leave-rooms",
        "A connection that ends stays in its rooms.",
        ("rooms/4.1", "rooms/4.2"),
        Lua(
            "disconnect", "for _, room in ipairs(rooms) do\n  leave_room", "for _, room in ipairs({}) do\n  leave_room"
        ),
    ),
    Mutant(
        "lost-transport-stays-in-rooms",
        "Only a goodbye leaves the rooms; whoever lost the transport stays in them.",
        ("rooms/4.2",),
        Lua(
            "disconnect",
            "for _, room in ipairs(rooms) do\n  leave_room",
            "for _, room in ipairs(goodbye == '1' and rooms or {}) do\n  leave_room",
        ),
    ),
    Mutant(
        "room-users-unsorted",
        "Who is in a room comes in the order of their ids, and not of their coming.",
        ("rooms/1.4",),
        Lua("lib/rooms", "{ entry.joined_at .. flat[i],", "{ flat[i],"),
    ),
    Mutant(
        "any-text-is-an-entity-id",
        "An entity's id may have any characters but a colon.",
        ("rooms/2.5",),
        together(
            Code(
                "realtime_contracts.rules.requests:check_event",
                "if violation is None:",
                'if violation is None or (violation.path == "/entity_id" and isinstance(payload["entity_id"], str)):',
            ),
            Code(
                "realtime_contracts.rules.ids:is_room_id",
                "_ROOM_ID.fullmatch(value) is not None",
                'value.count(":") == 1',
            ),
        ),
    ),
    Mutant(
        "one-room-too-many",
        "The limit of a connection's rooms is off by one.",
        ("rooms/8.1",),
        Lua("room_join", ">= tonumber(max_rooms)", "> tonumber(max_rooms)"),
    ),
    Mutant(
        "joining-again-counts",
        "Joining a room again is refused to a connection that has all its rooms.",
        ("rooms/8.3",),
        Lua("room_join", "redis.call('SISMEMBER', connection_rooms_key, room_id) == 0\n  and ", ""),
    ),
    Mutant(
        "only-members-list-a-room",
        "Who is in a room is told to its members only.",
        ("rooms/6.2",),
        Code(
            HANDLERS,
            "        users = get_room_manager().send_users(",
            """        from app.errors import NotInRoom

        if room_id not in connection.rooms:
            raise NotInRoom
        users = get_room_manager().send_users(""",
        ),
    ),
]
