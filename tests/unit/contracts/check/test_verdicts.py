"""How a capture is to be taken: nothing that was not checked is ever called fine."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_contracts.check.check import check
from realtime_contracts.check.judge import MAX_FINDINGS
from realtime_contracts.check.reports import WRITERS, not_checked
from realtime_contracts.check.result import Verdict
from realtime_contracts.contract.registry import Direction
from realtime_contracts.wire.redaction import Redactor
from tests.unit.contracts.check.making import (
    MOVE,
    OPEN,
    checked,
    event,
    har,
    lines,
    poll,
    push,
    received,
    sent,
    socket,
    whole,
    zipped,
)

#: What captures are damaged with.
SCRAPS = [b"", b'"', b"{", b"}", b"[", b"]", b"\\", b"null", b"1e999", b"9" * 25, b"\0", b"\xff", b"\x1e", b"\n", b"45"]
CAPTURES = [
    har(whole(sent(event("cursor:move", MOVE, number=1))), poll(None, OPEN), push("e1", event("heartbeat"))).encode(),
    lines({"direction": "client", "frame": event("heartbeat")}, {"direction": "ack", "id": 3, "payload": {}}).encode(),
    event("cursor:move", MOVE).encode(),
]
OLD = "wss://app.example/socket.io/?EIO=3&transport=websocket"
CHAT = "wss://chat.example/socket.io/?EIO=4&transport=websocket"
ROAD = "expected a HAR, a log of JSON lines or a message"


NOTHING = {
    "an empty file": ("", "it is empty"),
    "white space": (" \n ", "it is empty"),
    "no entries": (har(), "it holds no connection of Socket.IO"),
    "a page": (har({"request": {"url": "https://app.example/"}}), "it holds no connection of Socket.IO"),
    "another WebSocket": (
        har(socket(sent("hello"), url="wss://vite.example/?token=x")),
        "it holds WebSockets, but none of Socket.IO",
    ),
    "pings": (har(socket(sent("40")), socket(sent("2"))), "it holds a connection, but no message that went over it"),
    "a connect": (har(whole()), "it holds a connection, but no message that went over it"),
    "Socket.IO 2": (
        har(socket(sent(event("room:join", {})), url=OLD)),
        "it holds only connections of Socket.IO 2 (EIO=3); expected EIO=4",
    ),
    "other namespaces": (
        har(socket(sent("40/admin,"), sent('42/admin,["x"]'))),
        "it holds only messages of other namespaces than /",
    ),
    "another application": (
        har(whole(*[sent(event("chat", n)) for n in range(33)], received(event("said")), url=CHAT)),
        "it is some other application's: 34 events, none of this contract",
    ),
    "no bodies": (
        har(poll(None, OPEN), push("e1"), poll("e1")),
        "it does not hold what went over its connections: save it with the contents of the messages",
    ),
    "an answer": (
        har(socket(sent(OPEN[1:]), received('431[{"ok":true}]'))).replace('"send"', '"sent"'),
        "it holds only answers and parts of messages whose beginning it does not have",
    ),
    "a ping": ("2", "the packet carries no message that could be checked"),
    "a ping in a log": (
        lines({"direction": "client", "frame": "2"}),
        "it holds a connection, but no message that went over it",
    ),
}


@pytest.mark.parametrize(("text", "reason"), NOTHING.values(), ids=NOTHING)
def test_where_nothing_can_be_checked_it_says_why(tmp_path: Path, text: str, reason: str) -> None:
    result = checked(tmp_path, text)
    assert (result.verdict, result.reason) == (Verdict.NOTHING, reason)


def test_a_url_that_no_connection_has_is_nothing_to_check(tmp_path: Path) -> None:
    result = checked(tmp_path, har(whole(sent(event("heartbeat")))), wanted_url="staging")
    assert (result.verdict, result.reason) == (Verdict.NOTHING, "it holds no connection to the URL that was asked for")


UNREADABLE = {
    "no zip archive": (b"PK\x03\x04rest", "it is a damaged zip archive"),
    "a zip archive of two": (
        zipped({"a.har": har(), "b.har": har()}),
        "expected one HAR in the zip archive, got 2",
    ),
    "a zip archive of none": (zipped({"run.txt": "text"}), "expected one HAR in the zip archive, got none"),
    "a zip archive, cut": (zipped({"run.har": har(whole())})[:-10], "it is a damaged zip archive"),
    "HTML": (b"<html>", ROAD),
    "UTF-16": (b"\xff\xfe{\x00", ROAD),
    "a list": (b"[1, 2]", f"{ROAD}; name the event of a payload with --event"),
    "a log that is text": (b'{"log": "text"}', "expected a HAR, got JSON without log.entries"),
    "entries that are no list": (b'{"log": {"entries": {}}}', "expected a HAR, got JSON without log.entries"),
    "cut": (b'{"log": {"entries": [', "it is cut short: its JSON ends early"),
    "broken": (b'{"log": {"entries": [}', "a part of it is not JSON"),
    "more than one value": (b'{"log": {"entries": []}} tail', "a part of it is not JSON"),
    "no UTF-8": (b'{"log": {"entries": [{"x": "\xff"}]}}', "a part of it is not JSON"),
    "another JSON": (
        b'{"name": "package"}',
        "line 1 has no direction: expected one of client, server, ack, request, response",
    ),
    "gzip, cut": (gzip.compress(har(whole()).encode() * 50)[:-50], "it is cut short: its gzip data end early"),
    "gzip, damaged": (b"\x1f\x8b\x07" + bytes(40), "its gzip data are damaged"),
    "gzip, cut at its head": (gzip.compress(b"")[:5], "it is cut short: its gzip data end early"),
}


@pytest.mark.parametrize(("content", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    result = checked(tmp_path, content)
    assert (result.verdict, result.reason) == (Verdict.UNREADABLE, reason)


def test_a_file_that_is_not_there_and_a_folder_cannot_be_read(tmp_path: Path) -> None:
    reasons = [check(str(path), Redactor()).reason for path in (tmp_path / "none", tmp_path)]
    assert reasons == ["no such file or directory", "is a directory"]


def test_a_bare_ack_of_the_server_answers_nothing_that_is_there(tmp_path: Path) -> None:
    result = checked(tmp_path, '430[{"ok":true}]', direction=Direction.SERVER)
    assert (result.verdict, result.reason) == (Verdict.NOTHING, "the packet carries no message that could be checked")


def test_another_application_beside_ours_is_named_and_not_judged(tmp_path: Path) -> None:
    entries = whole(sent(event("heartbeat"))), whole(sent(event("chat", 1)), sent("42{}"), url=CHAT)
    result = checked(tmp_path, har(*entries))
    assert result.verdict is Verdict.CONFORMS
    assert list(not_checked(result)) == [
        "1 event of some other application at wss://chat.example/socket.io/, none of this contract"
    ]


def test_all_that_was_not_checked_is_said_together(tmp_path: Path) -> None:
    entries = (
        whole(sent(event("heartbeat")), sent("40/admin,")),
        push("e1"),
        push("e1"),
        socket(sent("40"), url=OLD),
        socket(sent("x"), url="ws://localhost:5173/"),
    )
    assert list(not_checked(checked(tmp_path, har(*entries)))) == [
        "2 polling bodies that the capture does not hold",
        "1 packet of other namespaces than /",
        "1 connection of Socket.IO 2 (EIO=3)",
        "1 WebSocket that are not Socket.IO's",
    ]


def test_violations_beyond_the_bound_are_counted(tmp_path: Path) -> None:
    wrong = sent(event("cursor:move", {**MOVE, "line": "4"}))
    result = checked(tmp_path, har(socket(*[wrong] * (MAX_FINDINGS + 5))))
    assert (result.found, len(result.findings)) == (MAX_FINDINGS + 5, MAX_FINDINGS)


def test_findings_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    frames = received('439[{"ok":true}]'), sent(event("cursor:move", {})), received('438[{"ok":true}]')
    result = checked(tmp_path, har(whole(*frames)))
    assert [finding.place.frame for finding in result.findings] == [4, 5, 6]


@given(
    st.sampled_from(CAPTURES), st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 20), st.sampled_from(SCRAPS)))
)
def test_no_capture_whatever_it_holds_is_a_crash(capture: bytes, cuts: list[tuple[int, int, bytes]]) -> None:
    for at, length, scrap in cuts:
        capture = capture[:at] + scrap + capture[at + length :]
    with tempfile.TemporaryDirectory() as folder:
        result = checked(Path(folder), capture)
    for write in WRITERS.values():
        assert write([result])
