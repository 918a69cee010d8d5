"""Servers that notify the wrong people, or miscount what is unread."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

TENANT_KEYS = "app.realtime.store.keys:TenantKeys"
SERVICE = "app.realtime.services.notification_service:NotificationService"
HANDLERS = "app.realtime.handlers.notification_handler:register_notification_handlers"

MUTANTS = {
    "forgets-tenant-in-notifications": Mutant(
        "notifications/1.3",
        *(
            Code(
                f"{TENANT_KEYS}.notifications{kind}",
                f'"notifications{name}:{{self._tag}}:',
                f'"notifications{name}:',
            )
            for kind, name in (("", ""), ("_unread", ":unread"), ("_read", ":read"), ("_ends", ":ends"))
        ),
    ),
    "notification-to-whole-tenant": Mutant(
        "notifications/1.1",
        Lua(
            "lib/notifications",
            "local told = ",
            "user_channel = 'tenant:' .. string.match(user_channel, '{.-}')\nlocal told = ",
        ),
    ),
    "count-not-told-to-other-tabs": Mutant(
        "notifications/3.1 notifications/3.3",
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
        services.bus.send(connection.sid, MessageType.NOTIFICATION_COUNT.value, {"count": count})
        return {"count": count}""",
        ),
    ),
    "count-not-told-of-a-new-one": Mutant(
        "notifications/1.1", Lua("notification_create", "  tell_count(false)\nend\nreturn { 1,", "end\nreturn { 1,")
    ),
    "anothers-notification-readable": Mutant(
        "notifications/4.1",
        Code(
            f"{SERVICE}.mark_read",
            "    if found is None:\n",
            """    for key in self._redis.scan_iter(f"notifications:{{{tenant_id}}}:*") if found is None else ():
        found = found or self._store.read(keys, key.partition("}:")[2], _known(notification_id))
    if found is None:
""",
        ),
    ),
    "unread-only-ignored": Mutant(
        "notifications/3.1",
        Lua(
            "notification_list",
            "unread_only == '1' and redis.call('ZRANGE', notifications_unread_key, 0, -1)\n  or ",
            "",
        ),
    ),
    "notifications-oldest-first": Mutant(
        "notifications/3.1 notifications/9.1",
        Lua(
            "notification_list",
            "page[#page + 1] = item_json(read_at, head)",
            "table.insert(page, 1, item_json(read_at, head))",
        ),
    ),
    "notification-page-repeats-an-item": Mutant(
        "notifications/9.1",
        Lua("notification_list", "#ids - tonumber(offset)", "#ids - math.max(0, tonumber(offset) - 1)"),
    ),
    "user-may-publish": Mutant(
        "notifications/8.1 activity/5.1",
        Code("app.api.endpoint:_call", 'if known.role is not None and user["role"] != known.role:', "if False:"),
    ),
    "any-link-is-taken": Mutant(
        "notifications/2.5",
        Code(
            "realtime_contracts.rules.requests:check",
            "if violation is not None:",
            'if violation is not None and violation.path != "/action_url":',
        ),
    ),
    "idempotency-key-ignored": Mutant(
        "notifications/7.1", Code(f"{SERVICE}.create_requested", "idempotency_key is None", "True")
    ),
    "deleted-one-still-counts": Mutant(
        "notifications/3.6",
        Lua(
            "notification_delete",
            "local count = tell_count(false)",
            "local count = redis.call('ZCARD', notifications_unread_key)",
        ),
    ),
    "notification-never-ends": Mutant(
        "notifications/5.1",
        Code(
            f"{SERVICE}.create_requested",
            "min(expires_in or self._ttl_seconds, self._ttl_seconds)",
            "self._ttl_seconds",
        ),
    ),
}
