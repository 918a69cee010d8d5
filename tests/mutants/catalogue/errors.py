"""Servers that answer wrongly, or not at all."""

from __future__ import annotations

from tests.mutants.mutation import Code, Mutant, Value

EVENT = "app.realtime.handlers.event:_Answer"
ANSWERING = "app.realtime.handlers.event:_Answering"
ANYTHING_ELSE = "app.realtime.handlers.event:_AnythingElse"

#: How a connection hears of an error, beside the ack.
MESSAGES = "messages = [_message(MessageType.ERROR.value, _json(body))]"

MUTANTS = {
    "ack-missing": Mutant(
        "errors/1.2 contract/ack/room:leave",
        Code(f"{EVENT}._succeed", "if event.number:", 'if event.number and self._name != "room:leave":'),
    ),
    "error-in-the-ack-only": Mutant(
        "errors/2.1 errors/2.2", Code(f"{ANSWERING}._fail", MESSAGES, "messages: list[Message] = []")
    ),
    "ack-says-ok-on-failure": Mutant("errors/2.1", Code(f"{ANSWERING}._fail", '"ok": False', '"ok": True')),
    "error-to-all-tabs": Mutant(
        "errors/2.3",
        Code(
            f"{ANSWERING}._fail",
            MESSAGES,
            """connections = self._services.connections
    mine = connections.get_connection(event.sid)
    for tab in connections.get_user_connections(mine.user_id, mine.tenant_id) if mine else ():
        if tab.sid != event.sid:
            self._services.bus.send(tab.sid, MessageType.ERROR.value, body)
    messages = [_message(MessageType.ERROR.value, _json(body))]""",
        ),
    ),
    "error-names-no-event": Mutant(
        "errors/2.1 errors/2.2",
        Code(
            f"{ANSWERING}._fail",
            "error.to_dict(name if name is None else name[:MAX_EVENT_LENGTH])",
            "error.to_dict(None)",
        ),
    ),
    "unknown-event-silently-ignored": Mutant(
        "errors/3.1",
        Code(
            f"{ANYTHING_ELSE}.__call__",
            "    began = monotonic()",
            "    if event.name != UNREADABLE:\n        return\n    began = monotonic()",
        ),
    ),
    "unreadable-packet-silently-ignored": Mutant(
        "errors/5.1 errors/5.2",
        Code(
            f"{ANYTHING_ELSE}.__call__",
            "    began = monotonic()",
            "    if event.name == UNREADABLE:\n        return\n    began = monotonic()",
        ),
    ),
    "invalid-payload-kills-connection": Mutant(
        "errors/4.2 errors/4.3",
        Code(
            f"{ANSWERING}._fail",
            "event.session.send(*messages)",
            'event.session.send(*messages)\n    if error.code == "invalid_payload":\n'
            "        self._services.bus.end(event.sid)",
        ),
    ),
    "half-an-update-is-done": Mutant(
        "errors/4.4",
        Code(
            f"{EVENT}._handle",
            "    payload = check_event(",
            """    if self._name == "presence:update" and "busy" in str(event.arguments):
        self._services.presence.set_busy(connection.user_id, connection.tenant_id)
    payload = check_event(""",
        ),
    ),
    "invalid-payload-names-no-place": Mutant(
        "errors/4.2 rooms/2.5",
        Code(
            f"{ANSWERING}._fail",
            MESSAGES,
            f'if error.code == "invalid_payload":\n        body["details"] = None\n    {MESSAGES}',
        ),
    ),
    "error-leaks-a-trace": Mutant(
        "contract/server/error",
        Code(
            f"{ANSWERING}._fail",
            MESSAGES,
            "import traceback\n\n"
            '    body["details"] = {**(body["details"] or {}), "trace": traceback.format_exc()}\n'
            f"    {MESSAGES}",
        ),
    ),
    "not-in-room-is-forbidden": Mutant(
        "rooms/3.7 errors/2.1", Value("realtime_contracts.rules.errors:NotInRoom.code", "forbidden")
    ),
    "seeds-words-are-not-kept": Mutant(
        "errors/4.5 rooms/3.10", Code("realtime_contracts.rules.requests:_said_missing", "_MISSING.get(", "{}.get(")
    ),
}
