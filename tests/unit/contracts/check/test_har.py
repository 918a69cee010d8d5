"""What a HAR holds, and where: entries in any order of their keys, WebSockets, polling, and what becomes of both."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from time import process_time
from typing import Any
from urllib.parse import quote_plus

import pytest

from realtime_contracts.check.result import Verdict
from tests.unit.contracts.check.making import (
    BEGAN,
    JOIN,
    JOINED,
    MOVE,
    OPEN,
    URL,
    ack,
    checked,
    event,
    har,
    lines,
    poll,
    push,
    received,
    sent,
    socket,
    told,
    whole,
    zipped,
)

#: How much longer a body may take that is four times as long: it takes 4 times as long, and took 11 when every block of
#: it was scanned anew.
LONGER_BODY = 7.0
WRONG = event("cursor:move", {**MOVE, "line": "4"})


def attached(response: dict[str, Any]) -> dict[str, Any]:
    """A WebSocket whose messages are not in the HAR."""
    return {"_resourceType": "websocket", "request": {"method": "GET", "url": URL}, "response": response}


def test_messages_of_a_websocket_that_conform_are_counted_by_direction(tmp_path: Path) -> None:
    result = checked(tmp_path, har(whole(sent(event("room:join", JOIN, number=0)), received(ack(0, JOINED)))))
    assert result.verdict is Verdict.CONFORMS
    assert result.by_direction() == {"ack": 1, "client": 2}
    assert (result.frames, result.connections, result.addresses) == (5, 1, ["wss://app.example/socket.io/"])


def test_a_finding_tells_its_frame_its_pointer_and_its_second(tmp_path: Path) -> None:
    other = {"request": {"method": "GET", "url": "https://app.example/"}, "response": {"content": {"text": "<html>"}}}
    result = checked(tmp_path, har(other, whole(received("2"), sent(WRONG, time=BEGAN + 12.34))))
    [finding] = result.findings
    assert told(finding) == ("client", "cursor:move", "/line", "type")
    assert finding.reason == 'expected integer, got "4"'
    assert finding.place.pointer == "/log/entries/1/_webSocketMessages/4"
    assert (finding.place.frame, result.seconds(finding.place)) == (5, 12.3)


@pytest.mark.parametrize("unit", [1, 1000], ids=["seconds of Chrome", "milliseconds of Playwright"])
def test_times_are_told_apart_by_their_size(tmp_path: Path, unit: int) -> None:
    result = checked(tmp_path, har(socket(received(OPEN, time=BEGAN * unit), sent(WRONG, time=(BEGAN + 3) * unit))))
    assert result.seconds(result.findings[0].place) == 3.0


@pytest.mark.parametrize("time", [-1, None, "soon"])
def test_a_time_that_is_none_is_left_out(tmp_path: Path, time: object) -> None:
    result = checked(tmp_path, har(socket(received(OPEN, time=time), sent(WRONG, time=time))))
    assert result.seconds(result.findings[0].place) is None


def test_the_keys_of_an_entry_may_come_in_any_order(tmp_path: Path) -> None:
    entry = whole(sent(WRONG))
    turned = dict(reversed(entry.items()))
    assert [told(f) for f in checked(tmp_path, har(turned)).findings] == [("client", "cursor:move", "/line", "type")]


def test_polling_and_its_upgrade_are_one_connection_with_one_pairing_of_acks(tmp_path: Path) -> None:
    entries = (
        poll(None, OPEN),
        push("e1", "40", event("room:join", JOIN, number=0)),
        poll("e1", '40{"sid":"s"}'),
        socket(sent("2probe"), received("3probe"), sent("5"), received(ack(0, {})), url=_socket_of("e1")),
    )
    result = checked(tmp_path, har(*entries))
    assert result.connections == 1
    assert [told(f) for f in result.findings] == [("ack", "room:join", "", "required")]


def test_an_ack_may_stand_before_its_event_in_the_file(tmp_path: Path) -> None:
    entries = poll(None, OPEN), poll("e1", ack(0, JOINED)), push("e1", event("room:join", JOIN, number=0))
    result = checked(tmp_path, har(*entries))
    assert result.verdict is Verdict.CONFORMS
    assert result.checked["ack", "room:join"] == 1


def test_a_polling_body_in_base64_is_read(tmp_path: Path) -> None:
    entry = poll("e1", "x")
    text = base64.b64encode(event("heartbeat_ack", {}).encode()).decode()
    entry["response"]["content"] = {"text": text, "encoding": "base64"}
    assert [told(f) for f in checked(tmp_path, har(entry)).findings] == [("server", "heartbeat_ack", "", "required")]


def test_a_body_in_a_file_beside_the_har_is_read(tmp_path: Path) -> None:
    (tmp_path / "body.txt").write_text(event("heartbeat_ack", {}))
    entry = poll("e1")
    entry["response"]["content"] = {"_file": "body.txt"}
    [finding] = checked(tmp_path, har(entry)).findings
    assert finding.place.pointer == "/log/entries/0/response/content/_file"


def test_what_playwright_attaches_is_read_beside_the_har_and_in_its_archive(tmp_path: Path) -> None:
    """An attached body leaves an empty text in its place; the messages of a WebSocket are lines of a file."""
    messages = whole(sent(WRONG))["_webSocketMessages"]
    files = {"ws.jsonl": lines(*messages), "post.txt": WRONG}
    socketed = attached({"status": 101, "content": {"_file": "ws.jsonl"}})
    posted = push("e1", url=POLLING_B)
    posted["request"]["postData"] = {"text": "", "_file": "post.txt"}
    text = har(socketed, posted)
    (tmp_path / "run.zip").write_bytes(zipped({"har.har": text, **files}))
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    beside, archived = checked(tmp_path, text), checked(tmp_path, zipped({"har.har": text, **files}), "run.zip")
    for result in (beside, archived):
        assert [(f.place.frame, f.place.pointer) for f in result.findings] == [
            (4, "/log/entries/0/response/content/_file"),
            (5, "/log/entries/1/request/postData/_file"),
        ]
        assert result.skipped.missing_sockets == result.skipped.missing_bodies == 0


def test_attached_messages_that_are_cut_short_are_said_to_be(tmp_path: Path) -> None:
    entry = attached({"content": {"_file": "ws.jsonl"}})
    (tmp_path / "ws.jsonl").write_text(lines(*whole(sent(WRONG))["_webSocketMessages"]) + '{"type": "se')
    result = checked(tmp_path, har(entry))
    assert (result.verdict, result.found) == (Verdict.UNREADABLE, 1)
    assert result.reason == "the messages of a WebSocket, in a file of their own, are cut short"


@pytest.mark.parametrize("name", ["../outside.txt", "link.txt", "/etc/hostname", "nul\0", ".", "x" * 5000])
def test_a_body_in_a_file_of_another_folder_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.txt").write_text(WRONG)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.txt").symlink_to(tmp_path / "outside.txt")
    entry = push("e1")
    entry["request"]["postData"] = {"_file": name}
    result = checked(inside, har(entry))
    assert (result.verdict, result.skipped.missing_bodies, result.found) == (Verdict.NOTHING, 1, 0)


def test_bodies_that_the_capture_lacks_are_counted_and_leave_acks_unproved(tmp_path: Path) -> None:
    entries = poll(None, OPEN), push("e1"), poll("e1", ack(0, JOINED)), push("e1", event("heartbeat"))
    result = checked(tmp_path, har(*entries))
    assert result.verdict is Verdict.CONFORMS
    assert (result.skipped.missing_bodies, result.skipped.strayed_acks) == (1, 1)


def test_a_poll_that_was_still_waiting_or_refused_lacks_nothing(tmp_path: Path) -> None:
    waiting, refused = poll("e1"), poll("e1", '{"code":1,"message":"Session ID unknown"}')
    waiting["response"]["status"], refused["response"]["status"] = 0, 400
    result = checked(tmp_path, har(push("e1", event("heartbeat")), waiting, refused))
    assert (result.verdict, result.skipped.missing_bodies) == (Verdict.CONFORMS, 0)


def test_frames_of_other_urls_keep_their_numbers_and_are_not_judged(tmp_path: Path) -> None:
    entries = whole(sent(WRONG), url=URL_B), push("b1", WRONG, WRONG, url=POLLING_B), whole(sent(WRONG))
    result = checked(tmp_path, har(*entries), wanted_url="app.example")
    assert [f.place.frame for f in result.findings] == [10]
    assert result.skipped.other_urls
    assert checked(tmp_path, har(*entries)).frames == result.frames


def test_gzip_is_unpacked_whatever_the_name(tmp_path: Path) -> None:
    assert checked(tmp_path, gzip.compress(har(whole(sent(WRONG))).encode())).found == 1


def test_what_came_before_the_cut_is_reported(tmp_path: Path) -> None:
    text = har(whole(sent(WRONG), sent(event("heartbeat"))))
    result = checked(tmp_path, text[: text.index("heartbeat")])
    assert (result.verdict, result.found) == (Verdict.UNREADABLE, 1)
    assert result.reason == "it is cut short: its JSON ends early"


def test_after_a_cut_nothing_is_said_of_acks_whose_event_may_have_followed(tmp_path: Path) -> None:
    text = har(whole(received(ack(0, JOINED)), sent(event("room:join", JOIN, number=0))))
    result = checked(tmp_path, text[: text.index("room:join")])
    assert (result.found, result.skipped.strayed_acks) == (0, 1)


def test_a_socket_without_a_list_of_messages_is_said(tmp_path: Path) -> None:
    result = checked(tmp_path, har(attached({})))
    assert (result.verdict, result.skipped.missing_sockets) == (Verdict.NOTHING, 1)


def test_parts_of_a_har_that_are_not_as_they_should_be_are_passed_over(tmp_path: Path) -> None:
    odd = {"_webSocketMessages": [1, [2], {"type": "error", "data": "x"}, {"type": "send", "data": 5}, sent(WRONG)]}
    entries = [7, [], {"request": []}, {"request": {"url": 5}}, {"request": {"url": "ws://[x"}}]
    text = json.dumps({"log": {"entries": [*entries, {**odd, "request": {"url": "ws://h/?EIO=4"}}]}})
    [finding] = checked(tmp_path, text).findings
    assert finding.place.pointer == "/log/entries/5/_webSocketMessages/4"


def test_a_har_nested_very_deep_takes_no_memory(tmp_path: Path) -> None:
    text = har(whole(sent(WRONG)))[:-2] + ',"x":' + "[" * 200_000
    assert checked(tmp_path, text).found == 1


URL_B = "wss://other.example/socket.io/?EIO=4&transport=websocket"
POLLING_B = "https://other.example/socket.io/?EIO=4&transport=polling"


def _socket_of(sid: str) -> str:
    return f"wss://app.example/socket.io/?EIO=4&transport=websocket&sid={sid}"


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 25, "1e400", "1e99999999999999999999"])
@pytest.mark.parametrize("place", ["time", "onload"])
def test_a_number_that_no_reader_takes_makes_a_har_unreadable_and_no_crash(
    tmp_path: Path, number: str, place: str
) -> None:
    text = har({**whole(sent(WRONG)), place: "@"}).replace('"@"', number)
    result = checked(tmp_path, text)
    assert (result.verdict, result.reason) == (Verdict.UNREADABLE, "a number in it is too large for any reader")


@pytest.mark.parametrize(
    "odd", [{"data": None}, {"data": 7}, {"opcode": 0}, {"opcode": None}, {"type": "Send"}, {"type": None}]
)
def test_a_message_of_a_websocket_that_cannot_be_read_is_counted(tmp_path: Path, odd: dict[str, object]) -> None:
    result = checked(tmp_path, har(whole(sent(event("heartbeat")), sent(WRONG, **odd), received(ack(9, {})))))
    assert (result.verdict, result.skipped.missing_messages) == (Verdict.CONFORMS, 1)
    assert result.skipped.strayed_acks == 1


def test_errors_and_frames_of_websockets_own_are_no_messages_that_lack(tmp_path: Path) -> None:
    own = sent("", opcode=8), received(None, opcode=9), {"type": "error", "time": BEGAN, "opcode": -1, "data": "lost"}
    assert checked(tmp_path, har(whole(sent(event("heartbeat")), *own))).skipped.missing_messages == 0


def test_websockets_whose_messages_all_lack_are_nothing_to_check(tmp_path: Path) -> None:
    result = checked(tmp_path, har(socket(sent(None), received(None))))
    assert result.verdict is Verdict.NOTHING
    assert result.reason == "it does not hold what the messages of its WebSockets were"


@pytest.mark.parametrize(("status", "found"), [(None, 1), (200, 1), (200.0, 1), (302, 0), (400, 0), (0, 0), (-1, 0)])
def test_the_status_of_a_poll_tells_whether_it_was_answered_with_packets(
    tmp_path: Path, status: float | None, found: int
) -> None:
    answer = poll("e1", event("activity", {}))
    answer["response"]["status"] = status
    assert checked(tmp_path, har(whole(sent(event("heartbeat"))), answer)).found == found


def test_jsonp_is_read_as_polling_without_its_wrapping(tmp_path: Path) -> None:
    opened = poll(None, f"___eio[0]({json.dumps(OPEN)});")
    asked = push("e1", f"d={quote_plus(event('room:join', JOIN, number=0))}")
    answered = poll("e1", f"___eio[1]({json.dumps(ack(0, {'ok': True}))});")
    result = checked(tmp_path, har(opened, asked, answered))
    assert [told(finding)[:2] for finding in result.findings] == [("ack", "room:join")]


def test_a_websocket_under_its_polling_scheme_and_without_messages_is_said(tmp_path: Path) -> None:
    silent = {"request": {"method": "GET", "url": "https://app.example/socket.io/?EIO=4&transport=websocket"}}
    assert checked(tmp_path, har(whole(sent(event("heartbeat"))), silent)).skipped.missing_sockets == 1


def test_a_large_body_does_not_take_the_square_of_its_time(tmp_path: Path) -> None:
    assert seconds_of_a_body(tmp_path, 4_000_000) < LONGER_BODY * seconds_of_a_body(tmp_path, 1_000_000)


def seconds_of_a_body(tmp_path: Path, lines: int) -> float:
    """Of the processor, the best of three, for a capture that has a body of so many lines beside what counts."""
    body = {
        "request": {"method": "GET", "url": "https://app.example/"},
        "response": {"content": {"text": '"\n' * lines}},
    }
    text = har(body, whole(sent(event("heartbeat"))))
    taken = []
    for _ in range(3):
        began = process_time()
        checked(tmp_path, text)
        taken.append(process_time() - began)
    return min(taken)
