"""Servers that are wrong about who types."""

from __future__ import annotations

from tests.mutants.mutation import Lua, Mutant

MUTANTS = {
    "typing-never-expires": Mutant(
        "typing/4.1",
        Lua("lib/typing", "if tonumber(ends_at) > now then", "if true then"),
        Lua(
            "room_expire",
            "end_typing(typing_key, room_id, room_channel, nil, never)\n"
            "for _, typist in ipairs(read_typing(typing_key)) do note_due(rooms_due_key, room_id, typist.ends_at) "
            "end\n",
            "",
        ),
    ),
    "typing-not-ended-by-edit": Mutant(
        "typing/5.1 typing/5.2",
        Lua("doc_edit", "if typist.user_id ~= user_id then return false end", "if true then return false end"),
    ),
    "edit-ends-all-typing": Mutant(
        "typing/5.1", Lua("doc_edit", "if typist.place == '' then return true end", "if true then return true end")
    ),
    "somebody-elses-edit-ends-typing": Mutant(
        "typing/5.3", Lua("doc_edit", "if typist.user_id ~= user_id then return false end", "")
    ),
    "typing-announced-each-time": Mutant(
        "typing/1.5",
        Lua(
            "typing_start",
            "if not renewed then\n  typists[",
            "if true then\n  typists = read_typing(typing_key)\n  typists[",
        ),
    ),
    "typing-users-unsorted": Mutant(
        "typing/1.3", Lua("lib/typing", "if a.began_at ~= b.began_at then return a.began_at < b.began_at end\n", "")
    ),
    "typing-ends-with-any-tab": Mutant(
        "typing/3.4",
        Lua(
            "lib/leaving",
            "function(typist) return typist.sid == sid end",
            "function(typist) return typist.user_id == user_id end",
        ),
    ),
    "joiner-is-not-told-who-types": Mutant(
        "typing/1.8", Lua("room_join", "if #typists > 0 then emit", "if false then emit")
    ),
    "stranger-may-type": Mutant("typing/7.1", Lua("typing_start", "if refused then return refused end\n", "")),
}
