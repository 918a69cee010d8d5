"""Servers that are wrong about who is in a room, who hears of it, or what a room may be called."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

TENANT_KEYS = "app.realtime.store.keys:TenantKeys"
MANAGER = "app.realtime.managers.room_manager:RoomManager"
HANDLERS = "app.realtime.handlers.room_handler:register_room_handlers"

#: How the others are told that a user is gone from a room.
USER_LEFT = """emit(room_channel, 'room:user_left', '{"user_id":' .. json(user_id) .. ',"user_name":'
    .. json(member.user_name) .. ',"room_id":' .. json(room_id) .. '}', { skip_sid = sid })"""

MUTANTS = {
    "forgets-tenant-in-rooms": Mutant(
        "rooms/7.1 cursors/1.6 documents/1.5",
        Code(f"{TENANT_KEYS}.room_channel", 'return f"room:{self._tag}:{room_id}"', 'return f"room:{{all}}:{room_id}"'),
    ),
    "forgets-tenant-in-room-members": Mutant(
        "rooms/7.2",
        Code(
            f"{TENANT_KEYS}.room_users", 'return f"room:{self._tag}:{room_id}:users"', 'return f"room:{room_id}:users"'
        ),
    ),
    "room-is-named-like-a-channel": Mutant(
        "rooms/7.4 rooms/7.5",
        Code(f"{TENANT_KEYS}.room_channel", 'return f"room:{self._tag}:{room_id}"', "return room_id"),
        Code(f"{TENANT_KEYS}.tenant_channel", 'return f"tenant:{self._tag}"', 'return f"tenant:{self.tenant_id}"'),
        Code(
            "app.realtime.store.keys:tenant_of",
            'return channel[channel.index("{") + 1 : channel.index("}")]',
            'return channel.partition("{")[2].partition("}")[0] or channel.partition(":")[2]',
        ),
    ),
    "leaks-sid-in-room-users": Mutant(
        "rooms/1.5 contract/server/room:users",
        Lua(
            "lib/rooms",
            """.. ',"joined_at":"' .. entry""",
            """.. ',"sid":"' .. entry.sids[1] .. '","joined_at":"' .. entry""",
        ),
    ),
    "second-tab-in-room-is-announced": Mutant(
        "rooms/1.7", Lua("room_join", "if not entry then\n    emit", "if true then\n    emit")
    ),
    "joining-again-is-joining-anew": Mutant(
        "rooms/1.6",
        Lua(
            "room_join",
            "if redis.call('SADD', connection_rooms_key, room_id) == 1 then\n"
            "  local entry = redis.call('HGET', room_users_key, user_id)\n",
            "redis.call('SADD', connection_rooms_key, room_id)\nif true then\n  local entry = false\n",
        ),
    ),
    "second-tab-leaving-empties-room": Mutant("rooms/3.4", Lua("lib/leaving", "if #sids > 0 then", "if false then")),
    "leave-is-not-announced": Mutant(
        "rooms/3.1",
        Lua("room_leave", "sid, false)", "sid, nil)"),
        Lua("lib/leaving", USER_LEFT, f"if lost ~= nil then {USER_LEFT} end"),
    ),
    "leaver-is-told": Mutant(
        "rooms/3.3",
        Lua("lib/leaving", ".. '}', { skip_sid = sid })", ".. '}')"),
        Lua(
            "room_leave",
            """publish(node_channel, '{"do":"leave\"""",
            """publish('nobody', '{"do":"leave\"""",
        ),
        Code(
            f"{MANAGER}.leave",
            "self._on_left(connection, room_id)",
            "__import__('time').sleep(0.02); self._on_left(connection, room_id)",
        ),
    ),
    "left-tab-still-hears": Mutant(
        "rooms/3.2 cursors/5.4",
        Lua(
            "room_leave",
            """publish(node_channel, '{"do":"leave\"""",
            """publish('nobody', '{"do":"leave\"""",
        ),
        Code(f"{MANAGER}.leave", "self._on_left(connection, room_id)", "pass"),
    ),
    "leaving-a-strange-room-is-accepted": Mutant(
        "rooms/3.7 rooms/3.8", Lua("room_leave", "then return -1 end", "then return 1 end")
    ),
    "disconnect-does-not-leave-rooms": Mutant(
        "rooms/4.1 rooms/4.2",
        Lua(
            "disconnect", "for _, room in ipairs(rooms) do\n  leave_room", "for _, room in ipairs({}) do\n  leave_room"
        ),
    ),
    "lost-transport-stays-in-rooms": Mutant(
        "rooms/4.2",
        Lua(
            "disconnect",
            "for _, room in ipairs(rooms) do\n  leave_room",
            "for _, room in ipairs(goodbye == '1' and rooms or {}) do\n  leave_room",
        ),
    ),
    "room-users-unsorted": Mutant("rooms/1.4", Lua("lib/rooms", "{ entry.joined_at .. flat[i],", "{ flat[i],")),
    "any-text-is-an-entity-id": Mutant(
        "rooms/2.5",
        Code(
            "realtime_contracts.rules.requests:check_event",
            "if violation is None:",
            'if violation is None or (violation.path == "/entity_id" and isinstance(payload["entity_id"], str)):',
        ),
        Code(
            "realtime_contracts.rules.ids:is_room_id", "_ROOM_ID.fullmatch(value) is not None", 'value.count(":") == 1'
        ),
    ),
    "one-room-too-many": Mutant("rooms/8.1", Lua("room_join", ">= tonumber(max_rooms)", "> tonumber(max_rooms)")),
    "joining-again-counts": Mutant(
        "rooms/8.3", Lua("room_join", "redis.call('SISMEMBER', connection_rooms_key, room_id) == 0\n  and ", "")
    ),
    "only-members-list-a-room": Mutant(
        "rooms/6.2",
        Code(
            HANDLERS,
            '        return {"room_id": room_id, "users": rooms.list_users(connection, room_id)}',
            """        from realtime_contracts.rules.errors import NotInRoom

        if room_id not in connection.rooms:
            raise NotInRoom
        return {"room_id": room_id, "users": rooms.list_users(connection, room_id)}""",
        ),
    ),
}
