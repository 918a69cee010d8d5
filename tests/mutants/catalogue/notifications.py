"""Servers that notify the wrong people, or miscount what is unread."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant, together

TENANT_KEYS = "app.realtime.store.keys:TenantKeys"
SERVICE = "app.realtime.services.notification_service:NotificationService"
HANDLERS = "app.realtime.handlers.notification_handler:register_notification_handlers"

MUTANTS = [
    Mutant(
        "forgets-tenant-in-notifications",
        "Notifications are kept under the user's id alone, for all companies.",
        ("notifications/1.3",),
        together(
            *(
                Code(
                    f"{TENANT_KEYS}.notifications{kind}",
                    f'"notifications{name}:{{self._tag}}:',
                    f'"notifications{name}:',
                )
                for kind, name in (("", ""), ("_unread", ":unread"), ("_read", ":read"), ("_ends", ":ends"))
            )
        ),
    ),
    Mutant(
        "notification-to-whole-tenant",
        "What is meant for one user is told to the whole company.",
        ("notifications/1.1",),
        Lua(
            "lib/notifications",
            "local told = ",
            "user_channel = 'tenant:' .. string.match(user_channel, '{.-}')\nlocal told = ",
        ),
    ),
    Mutant(
        "count-not-told-to-other-tabs",
        "How many are unread is told to the tab that has read one, and to no other.",
        ("notifications/3.1", "notifications/3.3"),
        together(
            Lua(
                "notification_read",
                "return { tell_count(true), marked",
                "return { redis.call('ZCARD', notifications_unread_key), marked",
            ),
            Code(
                HANDLERS,
                """            notifications.mark_all_read(*mine)
            return {"count": 0}
        return {"count": notifications.mark_read(*mine, data["notification_id"])[1]}""",
                """            notifications.mark_all_read(*mine)
            count = 0
        else:
            count = notifications.mark_read(*mine, data["notification_id"])[1]
        get_node().bus.send(connection.sid, MessageType.NOTIFICATION_COUNT.value, {"count": count})
        return {"count": count}""",
            ),
        ),
    ),
    Mutant(
        "count-not-told-of-a-new-one",
        "A notification that comes in does not change the count that was told.",
        ("notifications/1.1",),
        Lua("notification_create", "  tell_count(false)\nend\nreturn { 1,", "end\nreturn { 1,"),
    ),
    Mutant(
        "anothers-notification-readable",
        "A notification is found by its id, whosever it is.",
        ("notifications/4.1",),
        Code(
            f"{SERVICE}.mark_read",
            "    if found is None:\n",
            """    for key in self._redis.scan_iter(f"notifications:{{{tenant_id}}}:*") if found is None else ():
        found = found or self._store.read(keys, key.partition("}:")[2], _known(notification_id))
    if found is None:
""",
        ),
    ),
    Mutant(
        "unread-only-ignored",
        "The list has what was read, though it was asked for what was not.",
        ("notifications/3.1",),
        Lua(
            "notification_list",
            "unread_only == '1' and redis.call('ZRANGE', notifications_unread_key, 0, -1)\n  or ",
            "",
        ),
    ),
    Mutant(
        "notifications-oldest-first",
        "Each page of the list begins with its oldest.",
        ("notifications/3.1", "notifications/9.1"),
        Lua(
            "notification_list",
            "page[#page + 1] = item_json(read_at, head)",
            "table.insert(page, 1, item_json(read_at, head))",
        ),
    ),
    Mutant(
        "notification-page-repeats-an-item",
        "Each page of the list but the first begins with the last item of the one before.",
        ("notifications/9.1",),
        Lua("notification_list", "#ids - tonumber(offset)", "#ids - math.max(0, tonumber(offset) - 1)"),
    ),
    Mutant(
        "user-may-publish",
        "Any user may notify and record: nobody asks for the role of a service.",
        ("notifications/8.1", "activity/5.1"),
        Code("app.api.endpoint:_call", 'if known.role is not None and user["role"] != known.role:', "if False:"),
    ),
    Mutant(
        "any-link-is-taken",
        "A notification may lead anywhere, `javascript:` included.",
        ("notifications/2.5",),
        Code(
            "realtime_contracts.rules.requests:check",
            "if violation is not None:",
            'if violation is not None and violation.path != "/action_url":',
        ),
    ),
    Mutant(
        "idempotency-key-ignored",
        "The same notification under the same key is made again.",
        ("notifications/7.1",),
        Code(f"{SERVICE}.create_requested", "idempotency_key is None", "True"),
    ),
    Mutant(
        "deleted-one-still-counts",
        "An unread notification that was deleted is still counted as unread for the user's tabs.",
        ("notifications/3.6",),
        Lua(
            "notification_delete",
            "local count = tell_count(false)",
            "local count = redis.call('ZCARD', notifications_unread_key)",
        ),
    ),
    Mutant(
        "notification-never-ends",
        "The time that a notification was given is not kept.",
        ("notifications/5.1",),
        Code(
            f"{SERVICE}.create_requested",
            "min(expires_in or self._ttl_seconds, self._ttl_seconds)",
            "self._ttl_seconds",
        ),
    ),
]
