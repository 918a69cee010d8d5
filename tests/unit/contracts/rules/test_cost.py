"""No message costs more than 50 ms of processor time to read, to check and to apply, whatever is in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import pytest

from realtime_contracts import Direction
from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.violations import MAX_PARTS
from realtime_contracts.rules import edits
from realtime_contracts.rules.edits import Changes, Unmergeable
from realtime_contracts.rules.errors import RealtimeError, TooLarge
from realtime_contracts.rules.limits import MAX_DOCUMENT_PARTS
from realtime_contracts.rules.packets import MAX_BRACKETS, UNREADABLE, Packet
from realtime_contracts.rules.requests import check_event

MAX_SECONDS = 0.05

ZEROS = "[" + "0," * 490_000 + "0]"
MEMBERS = "{" + ",".join(f'"k{number}":0' for number in range(80_000)) + "}"
LISTS = "[" + ",".join("[" * 500 + "]" * 500 for _ in range(990)) + "]"
TEXT = '"' + "é" * 490_000 + '"'

#: What is nasty about a message of a megabyte, and its payload.
PAYLOADS = {
    "a list of zeros": ZEROS,
    "zeros in a member": f'{{"room_id":{ZEROS}}}',
    "many members": MEMBERS,
    "many lists": LISTS,
    "nested lists": f'{{"room_id":{"[" * 1000}{"]" * 1000}}}',
    "long text": f'{{"room_id":{TEXT}}}',
}

#: Documents, edits of them, and what earlier edits have touched.
EDITS: dict[str, tuple[Any, Changes]] = {
    "moves in a long list": (
        {"a": [0] * (MAX_DOCUMENT_PARTS - 10)},
        [{"op": "move", "from": "/a/0", "path": "/a/-"}] * 1000,
    ),
    "copies of objects": (
        {"a": {str(number): {"k": number} for number in range(250)}, "z": {}},
        [{"op": "copy", "from": "/a", "path": f"/z/{number}"} for number in range(900)],
    ),
    "copies of a list": (
        {"a": [0] * 2000, "z": {}},
        [{"op": "copy", "from": "/a", "path": f"/z/{number}"} for number in range(900)],
    ),
    "moves of a list to and fro": (
        {"a": [0] * 20_000, "b": {}},
        [{"op": "move", "from": "/a", "path": "/b/a"}, {"op": "move", "from": "/b/a", "path": "/a"}] * 500,
    ),
    "deep paths": (
        orjson.loads('{"a":' * 98 + "{}" + "}" * 98),
        [{"op": "add", "path": "/a" * 98 + f"/{number}", "value": 0} for number in range(1000)],
    ),
    "a small edit of much prose": ({"a": "word, " * 150_000}, [{"op": "add", "path": "/b", "value": 0}]),
}


def cost(work: Callable[[], object]) -> float:
    """Seconds of processor time that work takes, the shortest of three times."""
    times = []
    for _ in range(3):
        began = time.process_time()
        with suppress(RealtimeError, Unmergeable):
            work()
        times.append(time.process_time() - began)
    return min(times)


def receive(text: str) -> None:
    packet = Packet(encoded_packet=text)
    if packet.data[0] != UNREADABLE:
        check_event(packet.data[0], packet.data[1:])


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
@pytest.mark.parametrize("event", sorted(registry().events(Direction.CLIENT) - {"connect"}))
def test_a_message_is_read_and_checked_in_time(event: str, payload: str) -> None:
    assert cost(lambda: receive(f'27["{event}",{payload}]')) < MAX_SECONDS


@pytest.mark.parametrize("value", [ZEROS, MEMBERS, LISTS], ids=["zeros", "members", "lists"])
def test_an_edit_with_a_large_value_is_read_and_checked_in_time(value: str) -> None:
    edit = f'{{"room_id":"invoice:1","base_version":0,"edit_id":"{"0" * 8}-0000-4000-8000-{"0" * 12}","changes":'
    edit += f'[{{"op":"add","path":"/a","value":{value}}}]}}'
    assert cost(lambda: receive(f'27["doc:edit",{edit}]')) < MAX_SECONDS


@pytest.mark.parametrize(("document", "changes"), EDITS.values(), ids=list(EDITS))
def test_an_edit_is_applied_in_time(document: Any, changes: Changes) -> None:
    content = orjson.dumps(document)
    assert cost(lambda: edits.merged(content, changes, [])) < MAX_SECONDS


def test_an_edit_after_many_others_is_merged_in_time() -> None:
    since = [{"reads": [], "writes": [f"/k{edit}/{place}" for place in range(1000)]} for edit in range(60)]
    assert cost(lambda: edits.merged(b'{"a":0}', [{"op": "add", "path": "/b", "value": 0}], since)) < MAX_SECONDS


def test_a_payload_may_have_so_many_parts_and_no_more() -> None:
    def check(parts: int) -> str | None:
        value = [0] * (parts - 8)  # the payload's members, the change, and its members
        changes = [{"op": "add", "path": "/a", "value": value}]
        edit = {"room_id": "invoice:1", "base_version": 0, "edit_id": f"{'0' * 8}-0000-4000-8000-{'0' * 12}"}
        violation = registry().check(Direction.CLIENT, "doc:edit", {**edit, "changes": changes})
        return violation and violation.reason

    assert check(MAX_PARTS) is None
    assert check(MAX_PARTS + 1) == f"expected {MAX_PARTS} or fewer members and items in all"


@pytest.mark.parametrize(("brackets", "readable"), [(MAX_BRACKETS, True), (MAX_BRACKETS + 1, False)])
def test_a_packet_may_have_so_many_lists_and_no_more(brackets: int, *, readable: bool) -> None:
    lists = ",".join(["[]"] * (brackets - 2))
    assert (Packet(encoded_packet=f'2["heartbeat",[{lists}]]').data[0] == "heartbeat") is readable


def test_a_document_may_have_so_many_parts_and_no_more() -> None:
    edits.dump({"a": [0] * MAX_DOCUMENT_PARTS})
    with pytest.raises(TooLarge):
        edits.dump({"a": [0] * (MAX_DOCUMENT_PARTS + 2)})


def test_commas_in_a_document_s_text_are_no_parts() -> None:
    edits.dump({"a": '",' * MAX_DOCUMENT_PARTS})
