"""Servers whose locks do not hold, hold too much, or hold too long."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

MUTANTS = {
    "lock-not-checked-on-edit": Mutant(
        "locks/2.1", Lua("doc_edit", "if lock then return { 4, lock_json(lock) } end", "")
    ),
    "lock-keeps-its-holder-out": Mutant(
        "locks/2.3",
        Lua(
            "doc_edit",
            "foreign_lock_finder(read_locks(locks_key), user_id)",
            "foreign_lock_finder(read_locks(locks_key), '')",
        ),
    ),
    "lock-expiry-not-announced": Mutant(
        "locks/6.1", Lua("room_expire", "end_locks(locks_key, room_id, room_channel, nil, never)\n", "")
    ),
    "two-users-lock-one-place": Mutant(
        "locks/1.6", Lua("doc_lock", "if other then return { 2, lock_json(other) } end", "")
    ),
    "overlapping-lock-granted": Mutant(
        "locks/1.6",
        Lua(
            "doc_lock",
            "local other = foreign_lock_finder(locks, user_id)(path)\n",
            """local other
for _, lock in ipairs(locks) do
  if lock.path == path and lock.user_id ~= user_id then other = lock end
end
""",
        ),
    ),
    "lock-covers-what-begins-alike": Mutant(
        "locks/1.7",
        Lua(
            "doc_lock",
            "local other = foreign_lock_finder(locks, user_id)(path)\n",
            """local other
for _, lock in ipairs(locks) do
  local alike = string.sub(path, 1, #lock.path) == lock.path or string.sub(lock.path, 1, #path) == path
  if alike and lock.user_id ~= user_id then other = lock end
end
""",
        ),
    ),
    "unlock-by-somebody-else": Mutant(
        "locks/4.4", Lua("doc_unlock", "if lock.user_id ~= user_id then return { 2, lock_json(lock) } end\n", "")
    ),
    "renewed-lock-is-a-new-one": Mutant(
        "locks/3.1 locks/3.2", Lua("doc_lock", "renewed and renewed.acquired_at or rfc3339(now)", "rfc3339(now)")
    ),
    "lock-time-ignored": Mutant(
        "locks/1.3",
        Code(
            "app.realtime.handlers.lock_handler:register_lock_handlers",
            'int(data.get("ttl", LockManager.LOCK_TTL_SECONDS))',
            "LockManager.LOCK_TTL_SECONDS",
        ),
    ),
    "lock-stays-after-leave": Mutant("locks/6.2", Lua("lib/leaving", "if not lost then", "if false then")),
    "lock-ends-with-the-transport": Mutant("locks/6.6", Lua("lib/leaving", "if not lost then", "if true then")),
    "locks-not-in-document": Mutant("locks/5.3", Lua("lib/documents", "locks_json(read_locks(locks_key))", "'[]'")),
    "locks-unsorted": Mutant("locks/1.4", Lua("lib/locks", "return a.path < b.path", "return a.path > b.path")),
}
