"""Servers that lose, double, mix up or hide edits."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

TENANT_KEYS = "app.realtime.store.keys:TenantKeys"
MANAGER = "app.realtime.managers.document_manager"
RULES = "realtime_contracts.rules.edits"

MUTANTS = {
    "forgets-tenant-in-documents": Mutant(
        "documents/7.6",
        Code(f"{TENANT_KEYS}.document", 'f"doc:{self._tag}:{room_id}"', 'f"doc:{room_id}"'),
        Code(f"{TENANT_KEYS}.document_log", 'f"doc:{self._tag}:{room_id}:log"', 'f"doc:{room_id}:log"'),
        Code(f"{TENANT_KEYS}.document_edits", 'f"doc:{self._tag}:{room_id}:edits"', 'f"doc:{room_id}:edits"'),
    ),
    "versions-have-gaps": Mutant(
        "documents/1.1 contract/order/documents",
        Code(f"{MANAGER}:DocumentManager.edit", "state.version + 1", "state.version + 2"),
        Lua("lib/documents", "document.version = document.version + 1", "document.version = document.version + 2"),
    ),
    "edit-not-idempotent": Mutant(
        "documents/4.1 documents/4.2",
        Lua(
            "doc_read",
            "if answered then answer_follows(node_channel, sid, ack_number) "
            "return { document.version, document.epoch, answered } end",
            "",
        ),
        Lua(
            "doc_edit",
            "if answered then answer_follows(node_channel, sid, ack_number) "
            "return { 2, tonumber(answered), document.epoch } end",
            "",
        ),
        Code(
            f"{MANAGER}:_merged",
            "for edit in state.missed]",
            'for edit in state.missed if orjson.loads(edit.message)["changes"] != changes]',
        ),
    ),
    "edit-race-not-noticed": Mutant(
        "contract/order/documents",
        Lua("doc_edit", "document.version ~= tonumber(applied_to) or ", ""),
        # A race needs time between reading and writing, which our server leaves hardly any of.
        Code(
            f"{MANAGER}:DocumentManager.edit",
            "        content, touched = _merged(state, changes)",
            "        __import__('gevent').sleep(0.01)\n        content, touched = _merged(state, changes)",
        ),
    ),
    "every-seventh-edit-not-announced": Mutant(
        "contract/order/documents",
        Lua(
            "doc_edit",
            "emit(room_channel, 'doc:edit', append_edit(document, content, touched, message, edit_key), "
            "{ skip_sid = sid })",
            "local announced = append_edit(document, content, touched, message, edit_key)\n"
            "if document.version % 7 ~= 0 then emit(room_channel, 'doc:edit', announced, { skip_sid = sid }) end",
        ),
    ),
    "edit-ids-of-all-users-are-one": Mutant(
        "documents/4.5",
        Code(f"{MANAGER}:DocumentManager.edit", 'f"{member.user_id}\\0{edit_id.lower()}"', "edit_id.lower()"),
    ),
    "refused-edit-id-is-burnt": Mutant(
        "documents/4.6",
        Lua(
            "doc_edit",
            "if lock then return { 4, lock_json(lock) } end",
            "if lock then\n    redis.call('ZADD', document_edits_key, digits(document.version), edit_key)\n"
            "    return { 4, lock_json(lock) }\n  end",
        ),
    ),
    "conflict-not-detected": Mutant(
        "documents/3.2 documents/3.3", Code(f"{RULES}:merged", "if conflict(touched, since):", "if False:")
    ),
    "nothing-is-merged": Mutant(
        "documents/3.1",
        Code(f"{MANAGER}:_merged", "if state.missed is None:", "if state.missed is None or state.missed:"),
    ),
    "array-insert-touches-one-place": Mutant(
        "documents/3.2 locks/2.1", Code(f"{RULES}:_shifted", "in_array = ", "in_array = False and ")
    ),
    "conflict-tells-no-edits": Mutant(
        "documents/3.2",
        Code(
            f"{MANAGER}:_conflict",
            "VersionConflict(state.version, state.epoch, missed)",
            "VersionConflict(state.version, state.epoch, None)",
        ),
    ),
    "patch-applied-in-part": Mutant(
        "documents/2.4",
        Code(
            f"{RULES}:apply",
            "            raise _misfit(whole, operation, at, error) from None",
            "            if index:\n                break\n"
            "            raise _misfit(whole, operation, at, error) from None",
        ),
    ),
    "test-operation-is-ignored": Mutant(
        "documents/2.3",
        Code(
            f"{RULES}:apply",
            "            raise _misfit(whole, operation, at, error) from None",
            "            if isinstance(error, JsonPatchTestFailed):\n                continue\n"
            "            raise _misfit(whole, operation, at, error) from None",
        ),
    ),
    "document-may-become-an-array": Mutant(
        "documents/2.5",
        Code(f"{RULES}:apply", "if not isinstance(whole, dict):", "if not isinstance(whole, dict | list):"),
    ),
    "edit-echoed-to-sender": Mutant("documents/1.1", Lua("doc_edit", "edit_key), { skip_sid = sid })", "edit_key))")),
    "own-other-tab-misses-edit": Mutant(
        "documents/1.3",
        Lua(
            "doc_edit",
            "edit_key), { skip_sid = sid })",
            "edit_key),\n  { skip_room = 'user' .. string.sub(tenant_channel, 7) .. ':' .. user_id })",
        ),
    ),
    "sync-is-always-whole": Mutant(
        "documents/5.3",
        Lua("doc_sync", "since ~= '' and edits_since(document, tonumber(since), epoch)", "false"),
    ),
    "sync-misses-the-last-edit": Mutant(
        "documents/5.3",
        Lua("doc_sync", "if changes then\n", "if changes then\n  if #changes > 1 then table.remove(changes) end\n"),
    ),
    "stranger-may-read-document": Mutant("documents/7.1", Lua("doc_sync", "if refused then return refused end\n", "")),
    "document-goes-with-its-room": Mutant(
        "documents/5.9",
        Lua(
            "lib/leaving",
            "redis.call('DEL', room.room_key, room.entity_room_key, cursors_key, typing_key)",
            "redis.call('DEL', room.room_key, room.entity_room_key, cursors_key, typing_key,\n"
            "      (string.gsub(room.room_key, '^room', 'doc')))",
        ),
    ),
    "since-version-of-another-epoch-is-continued": Mutant(
        "documents/9.2",
        Lua(
            "doc_sync",
            "edits_since(document, tonumber(since), epoch)",
            "edits_since(document, tonumber(since), document.epoch)",
        ),
    ),
    "edit-on-another-epoch-is-merged": Mutant(
        "documents/9.3",
        Lua(
            "doc_read",
            "edits_since(document, tonumber(base_version), epoch)",
            "edits_since(document, tonumber(base_version), document.epoch)",
        ),
    ),
    "version-0-is-of-every-epoch": Mutant(
        "documents/9.2 documents/9.3",
        Lua(
            "lib/documents",
            "if not is_continued(document, epoch) or",
            "if (since > 0 and not is_continued(document, epoch)) or",
        ),
    ),
    "conflict-over-epochs-tells-edits": Mutant(
        "documents/9.3",
        Lua("doc_read", "if not missed then return", "if not missed and is_continued(document, epoch) then return"),
        Lua("doc_read", "1, unpack(missed) }", "1, unpack(missed or redis.call('LRANGE', document_log_key, 0, -1)) }"),
        Code(
            f"{MANAGER}:_merged",
            "    try:\n",
            "    if len(state.missed) == state.version:\n        raise _conflict(state)\n    try:\n",
        ),
    ),
    "every-answer-begins-an-epoch": Mutant(
        "documents/9.1",
        Lua("lib/documents", "if not (witness and document.epoch and witness == witness_of(document)) then", "do"),
    ),
    "all-documents-have-one-epoch": Mutant(
        "documents/9.5",
        Lua("lib/documents", "digits(math.max(now_us, (tonumber(document.epoch) or 0) + 1))", "'1'"),
    ),
    "edit-names-another-epoch-than-its-ack": Mutant(
        "documents/9.1", Lua("lib/documents", """',"epoch":"' .. document.epoch .. '"}'\n""", """',"epoch":"0"}'\n""")
    ),
    "front-ends-without-epochs-are-not-believed": Mutant(
        "documents/9.4",
        Lua("lib/documents", "return not document.broken or document.version == 0", "return document.version == 0"),
    ),
}
