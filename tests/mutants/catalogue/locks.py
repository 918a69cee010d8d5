"""Servers whose locks do not hold, hold too much, or hold too long."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

MUTANTS = [
    Mutant(
        "lock-not-checked-on-edit",
        "A lock keeps others from locking, and not from writing.",
        ("locks/2.1",),
        Lua("doc_edit", "if lock then return { 4, lock_json(lock) } end", ""),
    ),
    Mutant(
        "lock-keeps-its-holder-out",
        "A lock keeps everybody from writing there, its holder too.",
        ("locks/2.3",),
        Lua(
            "doc_edit",
            "foreign_lock_finder(read_locks(locks_key), user_id)",
            "foreign_lock_finder(read_locks(locks_key), '')",
        ),
    ),
    Mutant(
        "lock-expiry-not-announced",
        "A lock ends with its time, and nobody is told.",
        ("locks/6.1",),
        Lua("room_expire", "end_locks(bus, locks_key, room_id, room_channel, nil, never)\n", ""),
    ),
    Mutant(
        "two-users-lock-one-place",
        "A lock is granted although another user holds the place.",
        ("locks/1.6",),
        Lua("doc_lock", "if other then return { 2, lock_json(other) } end", ""),
    ),
    Mutant(
        "overlapping-lock-granted",
        "Only a lock on exactly the same place is in the way of another one.",
        ("locks/1.6",),
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
    Mutant(
        "lock-covers-what-begins-alike",
        "A lock on `/a` is in the way of one on `/ab`.",
        ("locks/1.7",),
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
    Mutant(
        "unlock-by-somebody-else",
        "Anybody in the room may end a lock.",
        ("locks/4.4",),
        Lua("doc_unlock", "if lock.user_id ~= user_id then return { 2, lock_json(lock) } end\n", ""),
    ),
    Mutant(
        "renewed-lock-is-a-new-one",
        "A lock that its holder renews has been acquired now.",
        ("locks/3.1", "locks/3.2"),
        Lua("doc_lock", "renewed and renewed.acquired_at or rfc3339(now)", "rfc3339(now)"),
    ),
    Mutant(
        "lock-time-ignored",
        "Every lock lasts 30 seconds, whatever was asked for.",
        ("locks/1.3",),
        Code(
            "app.realtime.handlers.lock_handler:register_lock_handlers",
            'int(data.get("ttl", LockManager.LOCK_TTL_SECONDS))',
            "LockManager.LOCK_TTL_SECONDS",
        ),
    ),
    Mutant(
        "lock-stays-after-leave",
        "The locks of somebody who has left stay for their time.",
        ("locks/6.2",),
        Lua("lib/leaving", "if not lost then", "if false then"),
    ),
    Mutant(
        "lock-ends-with-the-transport",
        "Whoever loses the transport loses their locks at once.",
        ("locks/6.6",),
        Lua("lib/leaving", "if not lost then", "if true then"),
    ),
    Mutant(
        "locks-not-in-document",
        "The document comes without its locks.",
        ("locks/5.3",),
        Lua("doc_sync", "locks_json(read_locks(locks_key))", "'[]'"),
    ),
    Mutant(
        "locks-unsorted",
        "Locks come with the last place first.",
        ("locks/1.4",),
        Lua("lib/locks", "return a.path < b.path", "return a.path > b.path"),
    ),
]
