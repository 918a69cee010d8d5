"""Servers that answer wrongly, or not at all."""

from __future__ import annotations

from tests.mutants.mutation import Code, Mutant, Value

EVENT = "app.realtime.handlers.event:_Event"
ANSWERING = "app.realtime.handlers.event:_Answering"
ANYTHING_ELSE = "app.realtime.handlers.event:_AnythingElse"

#: What a handler returns for which python-socketio sends no ack.
NOT_ANSWERED = "self._services.bus.server.not_handled"

#: How a connection hears of an error.
SEND = "self._services.bus.send(sid, MessageType.ERROR.value, body)"

MUTANTS = {
    "ack-missing": Mutant(
        "errors/1.2 contract/ack/room:leave",
        Code(f"{EVENT}.__call__", "return ack", f'return {NOT_ANSWERED} if self.name == "room:leave" else ack'),
    ),
    "error-in-the-ack-only": Mutant("errors/2.1 errors/2.2", Code(f"{ANSWERING}._failed", SEND, "pass")),
    "ack-says-ok-on-failure": Mutant(
        "errors/2.1", Code(f"{EVENT}.__call__", "return ack", 'return {**ack, "ok": True}')
    ),
    "error-to-all-tabs": Mutant(
        "errors/2.3",
        Code(
            f"{ANSWERING}._failed",
            SEND,
            """connections = self._services.connections
    mine = connections.get_connection(sid)
    for tab in connections.get_user_connections(mine.user_id, mine.tenant_id) if mine else ():
        self._services.bus.send(tab.sid, MessageType.ERROR.value, body)""",
        ),
    ),
    "error-names-no-event": Mutant(
        "errors/2.1 errors/2.2",
        Code(
            f"{ANSWERING}._failed",
            "error.to_dict(event if event is None else event[:MAX_EVENT_LENGTH])",
            "error.to_dict(None)",
        ),
    ),
    "unknown-event-silently-ignored": Mutant(
        "errors/3.1",
        Code(
            f"{ANYTHING_ELSE}.__call__",
            "    began = perf_counter()",
            f"    if event != UNREADABLE:\n        return {NOT_ANSWERED}\n    began = perf_counter()",
        ),
    ),
    "unreadable-packet-silently-ignored": Mutant(
        "errors/5.1 errors/5.2",
        Code(
            f"{ANYTHING_ELSE}.__call__",
            "    began = perf_counter()",
            f"    if event == UNREADABLE:\n        return {NOT_ANSWERED}\n    began = perf_counter()",
        ),
    ),
    "invalid-payload-kills-connection": Mutant(
        "errors/4.2 errors/4.3",
        Code(
            f"{ANSWERING}._failed",
            "    return {",
            '    if error.code == "invalid_payload":\n        self._services.bus.end(sid)\n    return {',
        ),
    ),
    "half-an-update-is-done": Mutant(
        "errors/4.4",
        Code(
            f"{EVENT}._handle",
            "    payload = check_event(self.name, args)",
            """    if self.name == "presence:update" and args and "busy" in str(args[0]):
        services.presence.set_busy(connection.user_id, connection.tenant_id)
    payload = check_event(self.name, args)""",
        ),
    ),
    "invalid-payload-names-no-place": Mutant(
        "errors/4.2 rooms/2.5",
        Code(
            f"{ANSWERING}._failed",
            f"    {SEND}",
            f'    if error.code == "invalid_payload":\n        body["details"] = None\n    {SEND}',
        ),
    ),
    "error-leaks-a-trace": Mutant(
        "contract/server/error",
        Code(
            f"{ANSWERING}._failed",
            f"    {SEND}",
            "    import traceback\n\n"
            '    body["details"] = {**(body["details"] or {}), "trace": traceback.format_exc()}\n'
            f"    {SEND}",
        ),
    ),
    "not-in-room-is-forbidden": Mutant(
        "rooms/3.7 errors/2.1", Value("realtime_contracts.rules.errors:NotInRoom.code", "forbidden")
    ),
    "seeds-words-are-not-kept": Mutant(
        "errors/4.5 rooms/3.10", Code("realtime_contracts.rules.requests:_said_missing", "_MISSING.get(", "{}.get(")
    ),
}
