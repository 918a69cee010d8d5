"""Servers that show cursors wrongly, to the wrong people, or for too long."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

MANAGER = "app.realtime.managers.cursor_manager:CursorManager"

MUTANTS = {
    "stranger-may-move-cursor": Mutant(
        "cursors/5.1 cursors/5.3",
        Code(f"{MANAGER}._note", "if room_id not in connection.rooms:", "if False:"),
        Lua("cursor_move", "if refusal(connection_key, connection_rooms_key, room_id) then return -1 end\n", ""),
    ),
    "cursor-echoed-to-self": Mutant(
        "cursors/1.5",
        Lua(
            "lib/cursors",
            "string.sub(cursor.json, 2),\n      { skip_room = users_channel .. user_id, ",
            "string.sub(cursor.json, 2),\n      { ",
        ),
    ),
    "own-cursor-in-sync": Mutant("cursors/2.1", Lua("cursor_sync", "if flat[i] ~= user_id and cursor", "if cursor")),
    "cursor-stays-after-leave": Mutant(
        "cursors/3.4",
        Lua("lib/leaving", "if cursor and cursor.sid == sid then end_cursor(", "if false then end_cursor("),
    ),
    "cursor-goes-with-any-tab": Mutant(
        "cursors/3.7", Lua("lib/leaving", "if cursor and cursor.sid == sid then", "if cursor then")
    ),
    "last-cursor-position-lost": Mutant("cursors/4.1", Code(f"{MANAGER}._run", "and wait_ms > 0:", "and wait_ms < 0:")),
    "cursor-moves-not-coalesced": Mutant(
        "cursors/4.1",
        Code(
            f"{MANAGER}.__init__",
            '{"interval_ms": CURSOR_RATE.interval_ms, "burst": CURSOR_RATE.burst}',
            '{"interval_ms": 1, "burst": 1000}',
        ),
    ),
    "colour-unstable": Mutant(
        "cursors/1.8",
        # Not `color_of` of the sid: one pair of tabs in twelve would have one colour, and the mutant live.
        Code(f"{MANAGER}.move", "color_of(connection.user_id)", '"#" + connection.sid.encode().hex()[:6]'),
    ),
    "selection-stays": Mutant(
        "cursors/1.3",
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
    "cursor-never-expires": Mutant("cursors/3.8", Lua("room_expire", "for i = 1, #flat, 2 do", "for i = 1, 0, 2 do")),
    "cursor-move-is-no-activity": Mutant("cursors/6.1", Lua("cursor_move", "note_activity(moves)\n", "")),
}
