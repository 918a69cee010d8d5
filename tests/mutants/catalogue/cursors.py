"""Servers that show cursors wrongly, to the wrong people, or for too long."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant, together

MANAGER = "app.realtime.managers.cursor_manager:CursorManager"

MUTANTS = [
    Mutant(
        "stranger-may-move-cursor",
        "A cursor may be moved in a room that one is not in.",
        ("cursors/5.1", "cursors/5.3"),
        together(
            Code(f"{MANAGER}._note", "if room_id not in connection.rooms:", "if False:"),
            Lua("cursor_move", "if refusal(connection_key, connection_rooms_key, room_id) then return -1 end\n", ""),
        ),
    ),
    Mutant(
        "cursor-echoed-to-self",
        "A user's own tabs hear where the user's cursor is.",
        ("cursors/1.5",),
        Lua(
            "lib/cursors",
            "string.sub(cursor.json, 2), room_channel,\n      { skip_room = users_channel .. user_id })",
            "string.sub(cursor.json, 2), room_channel)",
        ),
    ),
    Mutant(
        "own-cursor-in-sync",
        "Whoever asks for the cursors is shown their own, too.",
        ("cursors/2.1",),
        Lua("cursor_sync", "if flat[i] ~= user_id and cursor", "if cursor"),
    ),
    Mutant(
        "cursor-stays-after-leave",
        "The cursor of somebody who has left the room stays.",
        ("cursors/3.4",),
        Lua(
            "lib/leaving",
            "if cursor and cursor.sid == sid then end_cursor(",
            "if false then end_cursor(",
        ),
    ),
    Mutant(
        "cursor-goes-with-any-tab",
        "The cursor goes when any of its user's tabs leaves the room.",
        ("cursors/3.7",),
        Lua("lib/leaving", "if cursor and cursor.sid == sid then", "if cursor then"),
    ),
    Mutant(
        "last-cursor-position-lost",
        "A position that had to wait for the rate is never announced.",
        ("cursors/4.1",),
        Code(f"{MANAGER}._wait", "if wait_ms > 0:", "if wait_ms < 0:"),
    ),
    Mutant(
        "cursor-moves-not-coalesced",
        "Every move is announced, however many there are in a second.",
        ("cursors/4.1",),
        Code(
            f"{MANAGER}.__init__",
            "CursorStore(redis_client, address, CURSOR_RATE,",
            "CursorStore(redis_client, address, type(CURSOR_RATE)(1, 1000),",
        ),
    ),
    Mutant(
        "colour-unstable",
        "The colour of a cursor is that of the tab, and not of the user.",
        ("cursors/1.8",),
        Code(f"{MANAGER}.move", "color_of(connection.user_id)", "color_of(connection.sid)"),
    ),
    Mutant(
        "selection-stays",
        "A selection stays until there is another one.",
        ("cursors/1.3",),
        Code(
            f"{MANAGER}.move",
            "    cursor = CursorPosition(",
            """    selected = self.__dict__.setdefault("_selected", {})
    if selection_start is not None:
        selected[connection.sid] = selection_start, selection_end
    selection_start, selection_end = selected.get(connection.sid, (None, None))
    cursor = CursorPosition(""",
        ),
    ),
    Mutant(
        "cursor-never-expires",
        "A cursor that is not moved any more stays where it is shown.",
        ("cursors/3.8",),
        Lua("room_expire", "for i = 1, #flat, 2 do", "for i = 1, 0, 2 do"),
    ),
    Mutant(
        "cursor-move-is-no-activity",
        "Whoever moves the cursor is inactive all the same.",
        ("cursors/6.1",),
        Lua("cursor_move", "note_activity(cjson.decode(moves))\n", ""),
    ),
]
