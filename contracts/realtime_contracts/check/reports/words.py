"""What all reports say in the same words. All text of the capture that leaves here is fit to be shown."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_contracts.check.result import Finding, Result, Verdict
from realtime_contracts.check.source import Kind
from realtime_contracts.reports.text import counted
from realtime_contracts.wire.redaction import Redactor

#: Addresses of applications that a summary names.
MAX_ADDRESSES = 5

_WAYS = {"client": "client → server", "server": "server → client", "ack": "server → client, ack of"}


def way(finding: Finding) -> str:
    """Which way a message went: `client → server`."""
    return _WAYS.get(finding.direction, finding.direction)


def place(finding: Finding) -> str:
    """Where in the file it is, for people: `line 5, frame 5`."""
    at = finding.place
    return f"line {at.line}, frame {at.frame}" if at.line is not None else f"frame {at.frame}"


def message(result: Result, finding: Finding) -> str:
    """The finding without its place: `client → server cursor:move, at /line: expected integer, got "4"`."""
    clean = result.redactor.clean
    event = "" if finding.event is None else f" {result.redactor.name(finding.event)}"
    return f"{way(finding)}{event}, at {clean(finding.path) or '/'}: {clean(finding.reason)}"


def verdict(result: Result) -> str:
    """How the capture is to be taken, in one sentence."""
    reason = result.redactor.clean(result.reason or "")
    match result.verdict:
        case Verdict.CONFORMS:
            return f"conforms to the contract, version {result.contract}"
        case Verdict.VIOLATIONS:
            return f"breaks the contract, version {result.contract}, in {counted(result.found, 'place')}"
        case Verdict.UNREADABLE:
            found = f"; {counted(result.found, 'violation')} in what could be read" if result.found else ""
            return f"cannot be read: {reason}{found}"
        case _:
            return f"nothing to check: {reason}"


def seen(result: Result) -> str:
    """What there was: connections, and messages by direction."""
    checked = ", ".join(f"{direction} {number:,}" for direction, number in result.by_direction().items())
    total = counted(result.checked.total(), "message")
    connections = "" if result.kind is Kind.MESSAGE else f"{counted(result.connections, 'connection')}{_to(result)}, "
    return f"{connections}{total} checked{f' ({checked})' if checked else ''}"


def not_checked(result: Result) -> Iterator[str]:
    """What was not checked, and why, each in a few words."""
    skipped = result.skipped
    bodies = "polling body", "polling bodies"
    reasons = (
        (skipped.missing_bodies, bodies, "that the capture does not hold"),
        (skipped.missing_sockets, ("WebSocket",), "whose messages the capture does not hold"),
        (
            skipped.missing_messages,
            ("message of a WebSocket", "messages of WebSockets"),
            "without data, or of no known type",
        ),
        (skipped.torn_messages, ("binary message",), "of which the capture does not hold all parts"),
        (skipped.strayed_acks, ("ack",), "whose event the capture does not hold"),
        (skipped.other_namespaces, ("packet",), "of other namespaces than /"),
        (skipped.old_connections, ("connection",), "of Socket.IO 2 (EIO=3)"),
        (skipped.other_sockets, ("WebSocket",), "that are not Socket.IO's"),
        (skipped.other_urls, ("connection",), "to other URLs"),
    )
    for number, nouns, why in reasons:
        if number:
            yield f"{counted(number, *nouns)} {why}"
    for at, events in list(skipped.other_applications.items())[:MAX_ADDRESSES]:
        where = f" at {address(result.redactor, at)}" if at else ""
        yield f"{counted(events, 'event')} of some other application{where}, none of this contract"


def address(redactor: Redactor, text: str) -> str:
    """An application's address, fit to be shown."""
    return redactor.name(text)


def _to(result: Result) -> str:
    named = [address(result.redactor, at) for at in result.addresses[:MAX_ADDRESSES]]
    more = len(result.addresses) - len(named)
    return f" to {', '.join(named)}{f' and {more:,} more' if more else ''}" if named else ""
