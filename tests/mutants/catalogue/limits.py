"""Servers that let clients send too much, or punish them wrongly."""

from __future__ import annotations

from tests.mutants.mutation import Code, Mutant

ANSWER = "app.realtime.handlers.event:_Answer"
ANSWERING = "app.realtime.handlers.event:_Answering"
PACE = "realtime_contracts.rules.pace:Pace"
PACING = "realtime_contracts.rules.pace:Pacing"
ADMISSION = "app.realtime.cluster.admission:Admission"

MUTANTS = {
    "events-have-no-limit": Mutant(
        "limits/1.2 limits/1.4 limits/2.2",
        Code(f"{PACE}.take", "if due - now > size.slack or user_due - now > user_size.slack:", "if False:"),
    ),
    "too-little-at-once": Mutant(
        "limits/1.1",
        Code(
            "realtime_contracts.rules.pace:_Size.__init__",
            "(allowance.at_once - 1 + _ROUNDING)",
            "(allowance.at_once / 2 - 1 + _ROUNDING)",
        ),
    ),
    "limited-without-retry-after": Mutant(
        "limits/1.2 limits/2.1",
        Code(
            f"{ANSWERING}._refuse",
            "error = RateLimited(refusal.retry_after)",
            "error = RateLimited(refusal.retry_after)\n    error.details = None",
        ),
    ),
    "every-excess-is-told": Mutant(
        "limits/2.1 limits/2.2", Code(f"{ANSWERING}._refuse", "told=refusal.first and not refusal.last", "told=True")
    ),
    "excess-is-not-told": Mutant(
        "limits/2.1 limits/2.2", Code(f"{ANSWERING}._refuse", "told=refusal.first and not refusal.last", "told=False")
    ),
    "what-is-refused-happens": Mutant(
        "limits/1.3",
        Code(
            f"{ANSWER}._handle",
            "        raise _TooMany(refusal)",
            "        self._handler(connection, check_event(self._name, event.arguments, flat=event.flat))\n"
            "        raise _TooMany(refusal)",
        ),
    ),
    "refused-events-get-no-ack": Mutant(
        "limits/1.2",
        Code(
            f"{ANSWER}.__call__",
            "code = self._refuse(event, self._name, too_many.refusal)",
            "code = self._refuse(event._replace(number=''), self._name, too_many.refusal)",
        ),
    ),
    "abuse-is-never-ended": Mutant("limits/3.1", Code(f"{PACE}._over", "abuse >= self._abuse_seconds", "False")),
    "ended-without-a-reason": Mutant(
        "limits/3.1",
        Code(
            f"{ADMISSION}._end_for_good",
            "self._bus.send(sid, MessageType.ERROR.value, error.to_dict(None))",
            "pass",
        ),
    ),
    "abuse-cuts-the-transport": Mutant(
        "limits/3.1",
        Code(f"{ADMISSION}._end_for_good", "self._bus.end(sid)", "self._bus.cut(sid, Reason.FLOOD)"),
    ),
    "who-waits-is-ended-too": Mutant(
        "limits/3.2",
        Code(f"{PACE}._over", "max(0.0, abuse - calm) if first", "abuse + calm if first"),
    ),
    "cursors-share-the-bucket": Mutant(
        "limits/1.5 limits/1.6", Code("realtime_contracts.rules.pace:kind_of", "event.startswith(_POSITIONS)", "False")
    ),
    "users-may-send-from-every-tab": Mutant(
        "limits/1.7", Code(f"{PACING}.__init__", "kind.times(factor)", "kind.times(factor * 20)")
    ),
    "everybody-shares-a-bucket": Mutant(
        "limits/1.8",
        Code(
            f"{ANSWER}._handle",
            "connection.paces[self._kind]",
            "next(iter(self._connections.values())).paces[self._kind]",
        ),
    ),
    "a-reconnect-refills-the-bucket": Mutant(
        "limits/1.9", Code(f"{PACING}.end", "    known.left += (paces,)", "    pass")
    ),
    "the-wait-is-too-short": Mutant("limits/2.3", Code(f"{PACE}._over", "math.ceil(wait * 1000) / 1000", "0.0001")),
}
