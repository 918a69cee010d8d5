"""Servers that lose, double, mix up or hide edits."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant, together

TENANT_KEYS = "app.realtime.store.keys:TenantKeys"
MANAGER = "app.realtime.managers.document_manager"
RULES = "realtime_contracts.rules.edits"

MUTANTS = [
    Mutant(
        "forgets-tenant-in-documents",
        "The document of a room is kept under the room's name alone, for all companies.",
        ("documents/7.6",),
        together(
            Code(f"{TENANT_KEYS}.document", 'f"doc:{self._tag}:{room_id}"', 'f"doc:{room_id}"'),
            Code(f"{TENANT_KEYS}.document_log", 'f"doc:{self._tag}:{room_id}:log"', 'f"doc:{room_id}:log"'),
            Code(f"{TENANT_KEYS}.document_edits", 'f"doc:{self._tag}:{room_id}:edits"', 'f"doc:{room_id}:edits"'),
        ),
    ),
    Mutant(
        "versions-have-gaps",
        "Each edit takes two versions.",
        ("documents/1.1", "contract/order/documents"),
        together(
            Code(f"{MANAGER}:DocumentManager.edit", "state.version + 1", "state.version + 2"),
            Lua("doc_edit", "document_edits_key, version + 1,", "document_edits_key, version + 2,"),
            Lua("doc_edit", "return { 1, version + 1 }", "return { 1, version + 2 }"),
        ),
    ),
    Mutant(
        "edit-not-idempotent",
        "An edit that is sent again is made again, on top of itself.",
        ("documents/4.1", "documents/4.2"),
        together(
            Lua("doc_read", "if answered then answer_follows(node_channel, sid) return { version, answered } end", ""),
            Lua(
                "doc_edit",
                "if answered then answer_follows(node_channel, sid) return { 2, tonumber(answered) } end",
                "",
            ),
            Code(
                f"{MANAGER}:_merged",
                "for edit in state.missed]",
                'for edit in state.missed if orjson.loads(edit.message)["changes"] != changes]',
            ),
        ),
    ),
    Mutant(
        "edit-race-not-noticed",
        "Of two edits that are made at once, each on the same version, the later one overwrites the other.",
        ("contract/order/documents",),
        Lua("doc_edit", "if version ~= tonumber(applied_to) then return { 3 } end", ""),
    ),
    Mutant(
        "every-seventh-edit-not-announced",
        "An edit whose version is a multiple of seven is kept, and nobody hears of it.",
        ("contract/order/documents",),
        Lua(
            "doc_edit",
            "emit(bus, 'doc:edit', message, room_channel, { skip_sid = sid })",
            "if version % 7 ~= 6 then emit(bus, 'doc:edit', message, room_channel, { skip_sid = sid }) end",
        ),
    ),
    Mutant(
        "edit-ids-of-all-users-are-one",
        "An edit is known by its id alone: another user's of the same id is answered as if it had been made.",
        ("documents/4.5",),
        Code(f"{MANAGER}:DocumentManager.edit", 'f"{member.user_id}\\0{edit_id.lower()}"', "edit_id.lower()"),
    ),
    Mutant(
        "refused-edit-id-is-burnt",
        "An edit that was refused because of a lock is known from then on, and can never be made.",
        ("documents/4.6",),
        Lua(
            "doc_edit",
            "if lock then return { 4, lock_json(lock) } end",
            "if lock then\n    redis.call('ZADD', document_edits_key, digits(version), edit_key)\n"
            "    return { 4, lock_json(lock) }\n  end",
        ),
    ),
    Mutant(
        "conflict-not-detected",
        "The last one to write wins: an edit on an older version is merged whatever it touches.",
        ("documents/3.2", "documents/3.3"),
        Code(f"{RULES}:merged", "if conflict(touched, since):", "if False:"),
    ),
    Mutant(
        "nothing-is-merged",
        "Every edit on an older version is a conflict.",
        ("documents/3.1",),
        Code(f"{MANAGER}:_merged", "if state.missed is None:", "if state.missed is None or state.missed:"),
    ),
    Mutant(
        "array-insert-touches-one-place",
        "An insert into an array touches only its own index, so that edits behind it hit the wrong element.",
        ("documents/3.2", "locks/2.1"),
        Code(f"{RULES}:_shifted", "in_array = ", "in_array = False and "),
    ),
    Mutant(
        "conflict-tells-no-edits",
        "A conflict names the version, and not the edits that were missed.",
        ("documents/3.2",),
        Code(f"{MANAGER}:_conflict", "VersionConflict(state.version, missed)", "VersionConflict(state.version, None)"),
    ),
    Mutant(
        "patch-applied-in-part",
        "A patch stops at its first operation that does not fit, and what came before it stays.",
        ("documents/2.4",),
        Code(
            f"{RULES}:apply",
            "            raise _misfit(whole, operation, at, error) from None",
            "            if index:\n                break\n"
            "            raise _misfit(whole, operation, at, error) from None",
        ),
    ),
    Mutant(
        "test-operation-is-ignored",
        "An operation `test` is passed over, whatever is there.",
        ("documents/2.3",),
        Code(
            f"{RULES}:apply",
            "            raise _misfit(whole, operation, at, error) from None",
            "            if isinstance(error, JsonPatchTestFailed):\n                continue\n"
            "            raise _misfit(whole, operation, at, error) from None",
        ),
    ),
    Mutant(
        "document-may-become-an-array",
        "The document need not stay an object.",
        ("documents/2.5",),
        Code(f"{RULES}:apply", "if not isinstance(whole, dict):", "if not isinstance(whole, dict | list):"),
    ),
    Mutant(
        "edit-echoed-to-sender",
        "The tab that made an edit hears of it as if it were somebody else's.",
        ("documents/1.1",),
        Lua("doc_edit", "room_channel, { skip_sid = sid })", "room_channel)"),
    ),
    Mutant(
        "own-other-tab-misses-edit",
        "An edit is told to the other users only, and not to its user's other tabs.",
        ("documents/1.3",),
        Lua(
            "doc_edit",
            "room_channel, { skip_sid = sid })",
            "room_channel,\n  { skip_room = 'user' .. string.sub(tenant_channel, 7) .. ':' .. user_id })",
        ),
    ),
    Mutant(
        "sync-is-always-whole",
        "Whoever asks for what they have missed gets the whole document.",
        ("documents/5.3",),
        Lua(
            "doc_sync",
            "since ~= '' and edits_since(document_log_key, version, kept, tonumber(since))",
            "false",
        ),
    ),
    Mutant(
        "sync-misses-the-last-edit",
        "Of the edits that were missed the last one is left out.",
        ("documents/5.3",),
        Lua("doc_sync", "if changes then\n", "if changes then\n  if #changes > 1 then table.remove(changes) end\n"),
    ),
    Mutant(
        "stranger-may-read-document",
        "The document is given to anybody of the company, in the room or not.",
        ("documents/7.1",),
        Lua("doc_sync", "if refused then return { refused } end\n", ""),
    ),
    Mutant(
        "document-goes-with-its-room",
        "The document is gone when the last one has left its room.",
        ("documents/5.9",),
        Lua(
            "lib/leaving",
            "redis.call('DEL', room.room_key, room.entity_room_key, cursors_key, typing_key)",
            "redis.call('DEL', room.room_key, room.entity_room_key, cursors_key, typing_key,\n"
            "      (string.gsub(room.room_key, '^room', 'doc')))",
        ),
    ),
]
