"""A verdict for people, and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rich.text import Text

from realtime_contracts.diff.judging import FROM_CLIENTS, Change, Verdict
from realtime_contracts.diff.versions import Effect
from realtime_contracts.diff.witnesses import Message, Witness

#: Messages that a line for people names; a type that is used everywhere is in sixty.
FEW = 4
#: Characters of a message that a line for people shows; JSON shows it all.
CLIPPED = 600

_WORDS = {Effect.BREAKING: "breaking", Effect.COMPATIBLE: "compatible", Effect.NONE: "no change"}
_STYLES = {Effect.BREAKING: "bold red", Effect.COMPATIBLE: "green", Effect.NONE: "dim"}


def lines(verdict: Verdict, old: str, new: str) -> Iterable[Text]:
    """The verdict as lines, `old` and `new` being what the versions were read from."""
    yield Text(f"{verdict.old} ({old}) → {verdict.new} ({new})", style="bold")
    for change in verdict.changes:
        yield from _change(change)
    yield Text()
    yield Text(conclusion(verdict), style="bold" if verdict.enough else "bold red")


def conclusion(verdict: Verdict) -> str:
    """In a sentence, whether the version says what has changed."""
    if verdict.effect is None and verdict.enough:
        return "Nothing has changed."
    if verdict.new_is_older:
        return f"The new version says {verdict.new}, which is before {verdict.old}: a version does not go back."
    counts = [f"{n} {_WORDS[effect]}" for effect in _WORDS if (n := sum(c.effect is effect for c in verdict.changes))]
    said = "enough" if verdict.enough else "not enough"
    return f"{', '.join(counts)}. Takes {verdict.takes}; the new version says {verdict.new}: {said}."


def why(change: Change) -> str:
    """For whom the change matters, and how."""
    sends = {message[0] in FROM_CLIENTS for message, _ in change.messages}
    gone = change.witness is not None and change.witness.refusal is None
    if change.effect is Effect.NONE:
        text = "Every payload is judged as before."
    elif change.doubt:
        text = "No message was found that shows it to break a client, and no proof that there is none."
    elif change.effect is Effect.BREAKING and gone:
        sent = "A client that sends it is refused." if sends == {True} else ""
        text = sent or "A client that waits for it waits for ever."
    elif change.effect is Effect.BREAKING:
        sent = "The old server accepts this from a client, the new one refuses it:" if sends == {True} else ""
        text = sent or "The new server may send this; objects are closed, and a client that checks refuses it:"
    elif change.witness is None:
        text = "Nothing is refused; who leaves it out gets something else." if "default" in change.text else ""
    elif gone:
        text = "No client of before knows it, or misses it."
    else:
        sent = "The new server accepts this as well:" if sends == {True} else ""
        text = sent or "The old server might send this, the new one does not:"
    return text


def as_json(verdict: Verdict, old: str, new: str) -> dict[str, Any]:
    """The verdict as JSON."""
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
                "witness": _witness(change.witness),
            }
            for change in verdict.changes
        ],
    }


def _witness(witness: Witness | None) -> dict[str, Any] | None:
    if witness is None:
        return None
    refusal = witness.refusal
    return {
        "direction": witness.direction,
        "event": witness.event,
        "payload": witness.payload,
        "accepted_by": witness.accepted_by,
        "refused_by": "new" if witness.accepted_by == "old" else "old",
        "path": refusal.path if refusal else "",
        "reason": refusal.reason if refusal else "no such event",
    }


def _change(change: Change) -> Iterable[Text]:
    yield Text()
    head = Text(f"{_WORDS[change.effect]:<11}", style=_STYLES[change.effect])
    head.append(f"{change.place}  ", style="default not bold")
    head.append(change.text, style="bold")
    yield head
    if change.messages:
        yield Text(f"{'':11}{_messages(change.messages)}", style="dim")
    if change.effect is not Effect.NONE and (reason := why(change)):
        yield Text(f"{'':11}{reason}")
    if change.witness is not None:
        payload = json.dumps(change.witness.payload, ensure_ascii=False)
        clipped = payload if len(payload) <= CLIPPED else f"{payload[:CLIPPED]}… ({len(payload):,} characters)"
        yield Text(f"{'':13}{change.witness.direction} {change.witness.event} {_printable(clipped)}", style="cyan")
        if change.witness.refusal is not None:
            refusal = change.witness.refusal
            yield Text(f"{'':13}{refusal.path or '(the whole)'}: {_printable(refusal.reason)}", style="dim")


def _messages(messages: tuple[tuple[Message, tuple[str, ...]], ...]) -> str:
    named = [
        f"{direction} {event}{''.join(f' /{path}' for path in paths[:2] if path)}"
        for (direction, event), paths in messages[:FEW]
    ]
    more = len(messages) - FEW
    return " · ".join(named) + (f" · and {more} more" if more > 0 else "")


def _printable(text: str) -> str:
    """The text with what a terminal would obey written out."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
