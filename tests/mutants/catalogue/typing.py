"""Servers that are wrong about who types."""

from __future__ import annotations

from tests.mutants.mutation import Lua, Mutant, together

MUTANTS = [
    Mutant(
        "typing-never-expires",
        "Whoever has begun to type does so until they say that they have stopped.",
        ("typing/4.1",),
        together(
            Lua("lib/typing", "if tonumber(ends_at) > now then", "if true then"),
            Lua(
                "room_expire",
                "end_typing(bus, typing_key, room_id, room_channel, nil, never)\n"
                "for _, typist in ipairs(read_typing(typing_key)) do note_due(rooms_due_key, room_id, typist.ends_at) "
                "end\n",
                "",
            ),
        ),
    ),
    Mutant(
        "typing-not-ended-by-edit",
        "Whoever has written it into the document is still typing it.",
        ("typing/5.1", "typing/5.2"),
        Lua("doc_edit", "if typist.user_id ~= user_id then return false end", "if true then return false end"),
    ),
    Mutant(
        "edit-ends-all-typing",
        "An edit ends its user's typing everywhere, and not only where it wrote.",
        ("typing/5.1",),
        Lua("doc_edit", "if typist.place == '' then return true end", "if true then return true end"),
    ),
    Mutant(
        "somebody-elses-edit-ends-typing",
        "An edit ends the typing of everybody in that place.",
        ("typing/5.3",),
        Lua("doc_edit", "if typist.user_id ~= user_id then return false end", ""),
    ),
    Mutant(
        "typing-announced-each-time",
        "Who types is told again with every keystroke, though nothing has changed.",
        ("typing/1.5",),
        Lua("typing_start", "if not renewed then announce_typing", "if true then announce_typing"),
    ),
    Mutant(
        "typing-users-unsorted",
        "Those who type come in the order of their ids.",
        ("typing/1.3",),
        Lua("lib/typing", "if a.began_at ~= b.began_at then return a.began_at < b.began_at end\n", ""),
    ),
    Mutant(
        "typing-ends-with-any-tab",
        "A tab that leaves ends the typing of its user's other tabs.",
        ("typing/3.4",),
        Lua(
            "lib/leaving",
            "function(typist) return typist.sid == sid end",
            "function(typist) return typist.user_id == user_id end",
        ),
    ),
    Mutant(
        "joiner-is-not-told-who-types",
        "Whoever joins learns of those who type when that next changes.",
        ("typing/1.8",),
        Lua("room_join", "if #typists > 0 then emit", "if false then emit"),
    ),
    Mutant(
        "stranger-may-type",
        "One may type in a room that one is not in.",
        ("typing/7.1",),
        Lua("typing_start", "if refused then return refused end\n", ""),
    ),
]
