"""Servers that answer wrongly, or not at all."""

from __future__ import annotations

from tests.mutants.mutation import Code, Mutant, Value

EVENT = "app.realtime.handlers.event"

MUTANTS = {
    "ack-missing": Mutant(
        "errors/1.2 contract/ack/room:leave",
        Code(f"{EVENT}:_watched", "return ack", 'return socketio.server.not_handled if label == "room:leave" else ack'),
    ),
    "error-in-the-ack-only": Mutant(
        "errors/2.1 errors/2.2",
        Code(f"{EVENT}:_failed", "get_node().bus.send(sid, MessageType.ERROR.value, body)", "pass"),
    ),
    "ack-says-ok-on-failure": Mutant(
        "errors/2.1", Code(f"{EVENT}:_watched", "return ack", 'return {**ack, "ok": True}')
    ),
    "error-to-all-tabs": Mutant(
        "errors/2.3",
        Code(
            f"{EVENT}:_failed",
            "get_node().bus.send(sid, MessageType.ERROR.value, body)",
            """connections = get_node().connections
    mine = connections.get_connection(sid)
    for tab in connections.get_user_connections(mine.user_id, mine.tenant_id) if mine else ():
        get_node().bus.send(tab.sid, MessageType.ERROR.value, body)""",
        ),
    ),
    "error-names-no-event": Mutant(
        "errors/2.1 errors/2.2",
        Code(
            f"{EVENT}:_failed",
            "error.to_dict(event if event is None else event[:MAX_EVENT_LENGTH])",
            "error.to_dict(None)",
        ),
    ),
    "unknown-event-silently-ignored": Mutant(
        "errors/3.1",
        Code(
            f"{EVENT}:_watched",
            "        began = perf_counter()",
            "        if label == UNKNOWN and args[0] != UNREADABLE:\n"
            "            return socketio.server.not_handled\n"
            "        began = perf_counter()",
        ),
    ),
    "unreadable-packet-silently-ignored": Mutant(
        "errors/5.1 errors/5.2",
        Code(
            f"{EVENT}:_watched",
            "        began = perf_counter()",
            "        if label == UNKNOWN and args[0] == UNREADABLE:\n"
            "            return socketio.server.not_handled\n"
            "        began = perf_counter()",
        ),
    ),
    "invalid-payload-kills-connection": Mutant(
        "errors/4.2 errors/4.3",
        Code(
            f"{EVENT}:_failed",
            "    return {",
            '    if error.code == "invalid_payload":\n        get_node()._server.disconnect(sid)\n    return {',
        ),
    ),
    "half-an-update-is-done": Mutant(
        "errors/4.4",
        Code(
            f"{EVENT}:_answer",
            "        payload = check_event(event, args)",
            """        if event == "presence:update" and args and "busy" in str(args[0]):
            get_node().presence.set_busy(connection.user_id, connection.tenant_id)
        payload = check_event(event, args)""",
        ),
    ),
    "invalid-payload-names-no-place": Mutant(
        "errors/4.2 rooms/2.5",
        Code(
            f"{EVENT}:_failed",
            "    get_node().bus.send",
            '    if error.code == "invalid_payload":\n        body["details"] = None\n    get_node().bus.send',
        ),
    ),
    "error-leaks-a-trace": Mutant(
        "contract/server/error",
        Code(
            f"{EVENT}:_failed",
            "    get_node().bus.send",
            "    import traceback\n\n"
            '    body["details"] = {**(body["details"] or {}), "trace": traceback.format_exc()}\n'
            "    get_node().bus.send",
        ),
    ),
    "not-in-room-is-forbidden": Mutant(
        "rooms/3.7 errors/2.1", Value("realtime_contracts.rules.errors:NotInRoom.code", "forbidden")
    ),
    "seeds-words-are-not-kept": Mutant(
        "errors/4.5 rooms/3.10", Code("realtime_contracts.rules.requests:_said_missing", "_MISSING.get(", "{}.get(")
    ),
}
