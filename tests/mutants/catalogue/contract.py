"""Servers that do the right thing in the wrong shape, or let out what must stay inside."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

EVENT = "app.realtime.handlers.event"

MUTANTS = [
    Mutant(
        "extra-field-in-message",
        "A message has a field that the contract does not know.",
        ("contract/server/room:user_joined",),
        Lua(
            "room_join",
            """.. ',"room_id":' .. json(room_id) .. '}', room_channel, { skip_sid = sid })""",
            """.. ',"room_id":' .. json(room_id) .. ',"role":"editor"}', room_channel, { skip_sid = sid })""",
        ),
    ),
    Mutant(
        "extra-field-in-ack",
        "Every ack of a success repeats the event's name.",
        ("contract/ack/presence:list", "contract/ack/heartbeat"),
        Code(
            f"{EVENT}:_answer",
            'return {"ok": True, **(result or {})}',
            'return {"ok": True, "event": event, **(result or {})}',
        ),
    ),
    Mutant(
        "extra-field-in-answer",
        "Over REST who is online comes with the company's id.",
        ("contract/response/presence:list",),
        Code(
            "app.api.presence:list_presence", '"count": len(users)', '"count": len(users), "tenant_id": call.tenant_id'
        ),
    ),
    Mutant(
        "date-without-z",
        "A time does not say that it is UTC.",
        ("contract/server/presence:list", "contract/server/heartbeat_ack"),
        Lua("lib/base", "%02d.%03dZ'", "%02d.%03d'"),
    ),
    Mutant(
        "date-without-milliseconds",
        "The time of a heartbeat is in whole seconds.",
        ("contract/server/heartbeat_ack",),
        Lua("presence_set", "rfc3339(now) }", "(string.gsub(rfc3339(now), '%.%d+', '')) }"),
    ),
    Mutant(
        "date-is-a-number",
        "The end of a lock is a number of milliseconds.",
        ("contract/server/doc:lock_status", "contract/ack/doc:lock"),
        Lua(
            "lib/locks",
            """.. ',"acquired_at":"' .. lock.acquired_at .. '","expires_at":"' .. lock.expires_at .. '"}'""",
            """.. ',"acquired_at":"' .. lock.acquired_at .. '","expires_at":' .. digits(lock.ends_at) .. '}'""",
        ),
    ),
    Mutant(
        "empty-text-for-null",
        "A notification without a message has an empty one.",
        ("notifications/2.2", "contract/server/notification"),
        Code(
            "app.realtime.services.notification_service:NotificationService.create_requested",
            'request.get("message"),',
            'request.get("message", ""),',
        ),
    ),
    Mutant(
        "null-is-left-out",
        "A cursor that has selected nothing has no fields of a selection.",
        ("contract/server/cursor:move",),
        Code(
            "app.realtime.store.cursors:CursorStore.move",
            '"position": cursor,',
            '"position": {name: value for name, value in cursor.items() if value is not None},',
        ),
    ),
    Mutant(
        "typing-field-is-empty-text",
        "Whoever types nowhere in particular types in a field without a name.",
        ("typing/1.2", "contract/server/typing:users"),
        Code("app.realtime.managers.typing_manager:TypingManager.start", '"field": field}', '"field": field or ""}'),
    ),
    Mutant(
        "truth-is-a-number",
        "Whether a notification was read is 0 or 1.",
        ("contract/response/notifications:list", "contract/response/notifications:create"),
        Lua("lib/notifications", """'false,"read_at":null}'""", """'0,"read_at":null}'"""),
    ),
    Mutant(
        "count-is-text",
        "How many are unread is a text of digits.",
        ("contract/server/notification:count",),
        Lua("lib/notifications", """'{"count":' .. count .. '}'""", """'{"count":"' .. count .. '"}'"""),
    ),
    Mutant(
        "message-without-name",
        "Who has left a room is told without their name.",
        ("contract/server/room:user_left",),
        Lua("lib/leaving", """.. ',"user_name":' .. json(member.user_name)\n""", ""),
    ),
    Mutant(
        "token-becomes-the-first-page",
        "The page of a new connection is the address that it was opened with, token and all.",
        ("contract/secrecy",),
        Code(
            "app.realtime.handlers.connection_handler:_connect",
            "    node.end_at_expiry(connection)",
            """    if "token" in request.args:
        node.presence.update(connection, None, current_page=request.full_path)
    node.end_at_expiry(connection)""",
        ),
    ),
]
