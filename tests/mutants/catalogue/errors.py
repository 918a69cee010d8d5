"""Servers that answer wrongly, or not at all."""

from __future__ import annotations

from tests.mutants.mutation import Code, Mutant, Value

EVENT = "app.realtime.handlers.event"

MUTANTS = [
    Mutant(
        "ack-missing",
        "Leaving a room is not acknowledged.",
        ("errors/1.2", "contract/ack/room:leave"),
        Code(f"{EVENT}:_watched", "return ack", 'return socketio.server.not_handled if label == "room:leave" else ack'),
    ),
    Mutant(
        "error-in-the-ack-only",
        "A failure is in the ack, and no `error` is emitted.",
        ("errors/2.1", "errors/2.2"),
        Code(f"{EVENT}:_failed", "get_node().bus.send(sid, MessageType.ERROR.value, body)", "pass"),
    ),
    Mutant(
        "ack-says-ok-on-failure",
        "The ack of what has failed says `ok`, and carries the error beside it.",
        ("errors/2.1",),
        Code(f"{EVENT}:_watched", "return ack", 'return {**ack, "ok": True}'),
    ),
    Mutant(
        "error-to-all-tabs",
        "What one tab did wrong is told to all tabs of its user.",
        ("errors/2.3",),
        Code(
            f"{EVENT}:_failed",
            "get_node().bus.send(sid, MessageType.ERROR.value, body)",
            """connections = get_node().connections
    mine = connections.get_connection(sid)
    for tab in connections.get_user_connections(mine.user_id, mine.tenant_id) if mine else ():
        get_node().bus.send(tab.sid, MessageType.ERROR.value, body)""",
        ),
    ),
    Mutant(
        "error-names-no-event",
        "An error does not say which event it is about.",
        ("errors/2.1", "errors/2.2"),
        Code(
            f"{EVENT}:_failed",
            "error.to_dict(event if event is None else event[:MAX_EVENT_LENGTH])",
            "error.to_dict(None)",
        ),
    ),
    Mutant(
        "unknown-event-silently-ignored",
        "An event that there is not is answered by nothing, as the library does without a handler.",
        ("errors/3.1",),
        Code(
            f"{EVENT}:_watched",
            "        began = perf_counter()",
            "        if label == UNKNOWN and args[0] != UNREADABLE:\n"
            "            return socketio.server.not_handled\n"
            "        began = perf_counter()",
        ),
    ),
    Mutant(
        "unreadable-packet-silently-ignored",
        "A packet that cannot be read is dropped without a word.",
        ("errors/5.1", "errors/5.2"),
        Code(
            f"{EVENT}:_watched",
            "        began = perf_counter()",
            "        if label == UNKNOWN and args[0] == UNREADABLE:\n"
            "            return socketio.server.not_handled\n"
            "        began = perf_counter()",
        ),
    ),
    Mutant(
        "invalid-payload-kills-connection",
        "Whoever sends what the contract does not allow is disconnected.",
        ("errors/4.2", "errors/4.3"),
        Code(
            f"{EVENT}:_failed",
            "    return {",
            '    if error.code == "invalid_payload":\n        get_node()._server.disconnect(sid)\n    return {',
        ),
    ),
    Mutant(
        "half-an-update-is-done",
        "An update is checked field by field: its status counts, though its entity is refused.",
        ("errors/4.4",),
        Code(
            f"{EVENT}:_answer",
            "        payload = check_event(event, args)",
            """        if event == "presence:update" and args and "busy" in str(args[0]):
            get_node().presence.set_busy(connection.user_id, connection.tenant_id)
        payload = check_event(event, args)""",
        ),
    ),
    Mutant(
        "invalid-payload-names-no-place",
        "An invalid payload is refused without saying where it is wrong.",
        ("errors/4.2", "rooms/2.5"),
        Code(
            f"{EVENT}:_failed",
            "    get_node().bus.send",
            '    if error.code == "invalid_payload":\n        body["details"] = None\n    get_node().bus.send',
        ),
    ),
    Mutant(
        "error-leaks-a-trace",
        "An error carries where in the server's code it was raised.",
        ("contract/server/error",),
        Code(
            f"{EVENT}:_failed",
            "    get_node().bus.send",
            "    import traceback\n\n"
            '    body["details"] = {**(body["details"] or {}), "trace": traceback.format_exc()}\n'
            "    get_node().bus.send",
        ),
    ),
    Mutant(
        "not-in-room-is-forbidden",
        "Whoever is not in the room is told `forbidden`.",
        ("rooms/3.7", "errors/2.1"),
        Value("app.errors:NotInRoom.code", "forbidden"),
    ),
    Mutant(
        "seeds-words-are-not-kept",
        "Whoever names no room is told so in the validator's words.",
        ("errors/4.5", "rooms/3.10"),
        Code("realtime_contracts.rules.requests:_said_missing", "_MISSING.get(", "{}.get("),
    ),
]
