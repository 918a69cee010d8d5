"""Prints a verdict for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rich.text import Text

from realtime_contracts.diff.judging import FROM_CLIENTS, Change, Message, Verdict
from realtime_contracts.diff.versions import Effect

#: Messages named on a line for people. A type that is used everywhere is in sixty.
FEW = 4
#: Characters of a message on a line for people; JSON has the whole message.
CLIPPED = 600

_WORDS = {Effect.BREAKING: "breaking", Effect.COMPATIBLE: "compatible", Effect.NONE: "no change"}
_STYLES = {Effect.BREAKING: "bold red", Effect.COMPATIBLE: "green", Effect.NONE: "dim"}
#: (breaks clients, all messages come from clients, the event itself is new or gone) → what it means for them.
_WHY = {
    (True, True, True): "Clients that send this event are refused.",
    (True, False, True): "Clients that wait for this event wait for ever.",
    (True, True, False): "Clients may send this message today. The new version refuses it:",
    (True, False, False): "The new server may send this message. Clients that validate what they get refuse it:",
    (False, True, True): "Today's clients do not use this event.",
    (False, False, True): "Today's clients do not use this event.",
    (False, True, False): "The new server also accepts this message:",
    (False, False, False): "The old server may send this message. The new one does not:",
}


def lines(verdict: Verdict, old: str, new: str) -> Iterable[Text]:
    """Return the verdict as lines; `old` and `new` are the names of the sources."""
    yield Text(f"{verdict.old} ({old}) → {verdict.new} ({new})", style="bold")
    for change in verdict.changes:
        yield from _change(change)
    yield Text()
    yield Text(conclusion(verdict), style="bold" if verdict.enough else "bold red")


def conclusion(verdict: Verdict) -> str:
    """Say in a sentence or two whether the new version's number is high enough."""
    if verdict.effect is None and verdict.enough:
        return "Nothing has changed."
    if verdict.new_is_older:
        return f"Expected {verdict.takes} or later, got {verdict.new}: a version does not go back. Raise VERSION."
    counts = [f"{n} {_WORDS[effect]}" for effect in _WORDS if (n := sum(c.effect is effect for c in verdict.changes))]
    told = f"{', '.join(counts)}. Takes {verdict.takes}; the new version says {verdict.new}"
    return f"{told}: enough." if verdict.enough else f"{told}: not enough. Raise VERSION to {verdict.takes}."


def why(change: Change) -> str:
    """Say whom the change affects, and how."""
    if change.effect is Effect.NONE:
        return "Every payload is judged as before."
    if change.doubt:
        return "No message was found that breaks a client, and no proof that there is none."
    breaking = change.effect is Effect.BREAKING
    if change.witness is None and not breaking:
        return "Nothing is refused. A client that leaves it out gets another value." if "default" in change.text else ""
    from_clients = {message[0] in FROM_CLIENTS for message, _ in change.messages} == {True}
    return _WHY[breaking, from_clients, change.witness is not None and change.witness.refusal is None]


def as_json(verdict: Verdict, old: str, new: str) -> dict[str, Any]:
    """Return the verdict as JSON."""
    return {
        "old": {"source": old, "version": verdict.old},
        "new": {"source": new, "version": verdict.new},
        "effect": None if verdict.effect is None else verdict.effect.name.lower(),
        "takes": verdict.takes,
        "enough": verdict.enough,
        "changes": [
            {
                "effect": change.effect.name.lower(),
                "in_doubt": change.doubt,
                "place": change.place,
                "text": change.text,
                "why": why(change).rstrip(":."),
                "messages": [
                    {"direction": direction, "event": event, "paths": [f"/{path}" if path else "" for path in paths]}
                    for (direction, event), paths in change.messages
                ],
                "witness": change.witness
                and {
                    "direction": change.witness.direction,
                    "event": change.witness.event,
                    "payload": change.witness.payload,
                    "accepted_by": change.witness.accepted_by,
                    "refused_by": "new" if change.witness.accepted_by == "old" else "old",
                    "path": change.witness.refusal.path if change.witness.refusal else "",
                    "reason": change.witness.refusal.reason if change.witness.refusal else "no such event",
                },
            }
            for change in verdict.changes
        ],
    }


def _change(change: Change) -> Iterable[Text]:
    yield Text()
    head = Text(f"{_WORDS[change.effect]:<11}", style=_STYLES[change.effect])
    yield head.append(f"{change.place}  ", style="default not bold").append(change.text, style="bold")
    if change.messages:
        yield Text(f"{'':11}{_messages(change.messages)}", style="dim")
    if change.effect is not Effect.NONE and (reason := why(change)):
        yield Text(f"{'':11}{reason}")
    if change.witness is not None:
        payload, refusal = json.dumps(change.witness.payload, ensure_ascii=False), change.witness.refusal
        clipped = payload if len(payload) <= CLIPPED else f"{payload[:CLIPPED]}… ({len(payload):,} characters)"
        yield Text(f"{'':13}{change.witness.direction} {change.witness.event} {_printable(clipped)}", style="cyan")
        if refusal is not None:
            yield Text(f"{'':13}{refusal.path or '(the whole)'}: {_printable(refusal.reason)}", style="dim")


def _messages(messages: tuple[tuple[Message, tuple[str, ...]], ...]) -> str:
    named = [
        f"{direction} {event}{''.join(f' /{path}' for path in paths[:2] if path)}"
        for (direction, event), paths in messages[:FEW]
    ]
    more = len(messages) - FEW
    return " · ".join(named) + (f" · and {more} more" if more > 0 else "")


def _printable(text: str) -> str:
    """Escape control characters for a terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
