"""Checks one capture against the contract and gives its verdict."""

from __future__ import annotations

from realtime_contracts.check.har import HarCapture
from realtime_contracts.check.judge import Judge
from realtime_contracts.check.log import LogCapture
from realtime_contracts.check.result import Result, Verdict
from realtime_contracts.check.source import STDIN_NAME, Empty, Kind, Source, Unreadable, kind_of, opened
from realtime_contracts.contract.registry import Direction, Registry, registry
from realtime_contracts.reports.text import counted
from realtime_contracts.wire.redaction import Redactor

#: Messages that every connection has, of this contract or not. Alone they prove nothing.
_ONLY_CONNECTED = {(Direction.CLIENT.value, "connect")}


def check(
    path: str,
    redactor: Redactor,
    *,
    event: str | None = None,
    direction: Direction = Direction.CLIENT,
    wanted_url: str | None = None,
    contract: Registry | None = None,
) -> Result:
    """Check the capture in the file `path`, `-` for standard input. Invalid content never raises.

    `event` and `direction` describe a bare payload, `direction` also the sender of a bare packet; `wanted_url` is a
    part of the URL of the connections to check. Tokens are collected in `redactor`, which must see all captures before
    the first report.
    """
    judge = Judge(contract or registry(), redactor)
    result = Result(STDIN_NAME if path == "-" else path, judge.version, redactor)
    try:
        with opened(path) as source:
            result.file = source.name
            _read(source, judge, result, event, direction, wanted_url)
    except Unreadable as error:
        result.verdict, result.reason = Verdict.UNREADABLE, str(error)
    except Empty:
        result.verdict, result.reason = Verdict.NOTHING, "it is empty"
    return result


def _read(
    source: Source, judge: Judge, result: Result, event: str | None, direction: Direction, wanted_url: str | None
) -> None:
    result.kind = Kind.MESSAGE if event is not None else kind_of(source)
    broken: Unreadable | None = None
    capture = HarCapture(source, judge, wanted_url) if result.kind is Kind.HAR else LogCapture(source, judge)
    try:
        if isinstance(capture, LogCapture) and result.kind is Kind.MESSAGE:
            capture.read_message(direction, event)
        else:
            broken = capture.read()
    finally:
        judge.finish(result, strict=result.kind is Kind.MESSAGE)
        result.frames, result.began = capture.frames, capture.began
    if broken is not None:
        result.verdict, result.reason = Verdict.UNREADABLE, str(broken)
    elif result.found:
        result.verdict = Verdict.VIOLATIONS
    elif reason := _nothing(result, capture.session_count):
        result.verdict, result.reason = Verdict.NOTHING, reason


def _nothing(result: Result, sessions: int) -> str | None:
    """Return why nothing was checked, None if something was."""
    if not result.checked.keys() <= _ONLY_CONNECTED or (result.checked and result.kind is Kind.MESSAGE):
        return None
    if result.kind is Kind.MESSAGE:
        return "the packet carries no message that could be checked"
    skipped = result.skipped
    others = counted(sum(skipped.other_applications.values()), "event")
    without_connection = (
        (skipped.other_urls, "it holds no connection to the URL that was asked for"),
        (
            skipped.old_connections,
            "it holds only connections of Socket.IO 2 (EIO=3); expected EIO=4",
        ),
        (skipped.other_sockets, "it holds WebSockets, but none of Socket.IO"),
        (True, "it holds no connection of Socket.IO"),
    )
    without_message = (
        (skipped.other_applications, f"it is some other application's: {others}, none of this contract"),
        (skipped.other_namespaces, "it holds only messages of other namespaces than /"),
        (
            skipped.missing_bodies or skipped.missing_sockets,
            "it does not hold what went over its connections: save it with the contents of the messages",
        ),
        (
            skipped.strayed_acks or skipped.torn_messages,
            "it holds only answers and parts of messages whose beginning it does not have",
        ),
        (skipped.missing_messages, "it does not hold what the messages of its WebSockets were"),
        (True, "it holds a connection, but no message that went over it"),
    )
    return next(why for holds, why in (without_message if sessions else without_connection) if holds)
