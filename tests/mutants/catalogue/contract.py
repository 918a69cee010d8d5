"""Servers that do the right thing in the wrong shape, or let out what must stay inside."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

EVENT = "app.realtime.handlers.event"

MUTANTS = {
    "extra-field-in-message": Mutant(
        "contract/server/room:user_joined",
        Lua(
            "room_join",
            """.. ',"room_id":' .. json(room_id) .. '}', { skip_sid = sid })""",
            """.. ',"room_id":' .. json(room_id) .. ',"role":"editor"}', { skip_sid = sid })""",
        ),
    ),
    "extra-field-in-ack": Mutant(
        "contract/ack/presence:list contract/ack/heartbeat",
        Code(
            f"{EVENT}:_Answer._succeed",
            """f'{{"ok":true,{body[1:]}' if body else '{"ok":true}'""",
            """f'{{"event":"{self._name}","ok":true' + (f",{body[1:]}" if body else "}")""",
        ),
    ),
    "extra-field-in-answer": Mutant(
        "contract/response/presence:list",
        Code(
            "app.api.presence:list_presence", '"count": len(users)', '"count": len(users), "tenant_id": call.tenant_id'
        ),
    ),
    "date-without-z": Mutant("contract/server/presence:list", Lua("lib/base", "%02d.%03dZ'", "%02d.%03d'")),
    "date-without-milliseconds": Mutant(
        "contract/server/heartbeat_ack",
        Code(
            "app.realtime.managers.presence_manager:PresenceManager.heartbeat",
            "return rfc3339_of_ms(now_ms)",
            'return rfc3339_of_ms(now_ms)[:19] + "Z"',
        ),
    ),
    "date-is-a-number": Mutant(
        "contract/server/doc:lock_status contract/ack/doc:lock",
        Lua(
            "lib/locks",
            """.. ',"acquired_at":"' .. lock.acquired_at .. '","expires_at":"' .. lock.expires_at .. '"}'""",
            """.. ',"acquired_at":"' .. lock.acquired_at .. '","expires_at":' .. digits(lock.ends_at) .. '}'""",
        ),
    ),
    "empty-text-for-null": Mutant(
        "notifications/2.2 contract/server/notification",
        Code(
            "app.realtime.services.notification_service:NotificationService.create_requested",
            'request.get("message"),',
            'request.get("message", ""),',
        ),
    ),
    "null-is-left-out": Mutant(
        "contract/server/cursor:move",
        Code(
            "app.realtime.managers.cursor_manager:CursorManager.write",
            "position=move.cursor.to_dict()",
            "position={k: v for k, v in move.cursor.to_dict().items() if v is not None}",
        ),
    ),
    "typing-field-is-empty-text": Mutant(
        "typing/1.2 contract/server/typing:users",
        Code("app.realtime.managers.typing_manager:TypingManager.start", '"field": field}', '"field": field or ""}'),
    ),
    "truth-is-a-number": Mutant(
        "contract/response/notifications:list contract/response/notifications:create",
        Lua("lib/notifications", """'false,"read_at":null}'""", """'0,"read_at":null}'"""),
    ),
    "count-is-text": Mutant(
        "contract/server/notification:count",
        Lua("lib/notifications", """'{"count":' .. count .. '}'""", """'{"count":"' .. count .. '"}'"""),
    ),
    "message-without-name": Mutant(
        "contract/server/room:user_left",
        Lua("lib/leaving", """.. ',"user_name":'\n    .. json(member.user_name)""", ""),
    ),
    "token-becomes-the-first-page": Mutant(
        "contract/secrecy",
        Code(
            "app.realtime.handlers.connection_handler:register_connection_handlers",
            'admission.connect(sid, token, environ.get("HTTP_USER_AGENT", ""), environ.get("REMOTE_ADDR", ""))',
            """connection = admission.connect(sid, token, "", "")
            if _query_token(environ):
                services.presence.update(connection, None, current_page=environ["QUERY_STRING"])""",
        ),
    ),
}
