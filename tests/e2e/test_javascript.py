"""A front end's whole flow by the official JavaScript client, over both transports and both nodes."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from realtime_contracts import Direction
from realtime_contracts.contract.registry import registry
from tests.e2e.cluster import ARENAS
from tests.node import installed, run

if TYPE_CHECKING:
    from realtime_contracts.wire.tokens import Mint
    from tests.e2e.cluster import Cluster

PROGRAM = Path(__file__).parent / "javascript"
#: Which message of the contract each thing that the program has seen must be.
MESSAGES = {
    "refusal": (Direction.SERVER, "connect_error"),
    "list": (Direction.SERVER, "presence:list"),
    "joined": (Direction.SERVER, "presence:user_joined"),
    "listAck": (Direction.ACK, "presence:list"),
    "listAgain": (Direction.SERVER, "presence:list"),
    "updateAck": (Direction.ACK, "presence:update"),
    "update": (Direction.SERVER, "presence:update"),
    "heartbeatAck": (Direction.ACK, "heartbeat"),
    "heartbeat": (Direction.SERVER, "heartbeat_ack"),
    "benJoinAck": (Direction.ACK, "room:join"),
    "joinAck": (Direction.ACK, "room:join"),
    "roomUsers": (Direction.SERVER, "room:users"),
    "roomJoined": (Direction.SERVER, "room:user_joined"),
    "moveAck": (Direction.ACK, "cursor:move"),
    "move": (Direction.SERVER, "cursor:move"),
    "cursorsAck": (Direction.ACK, "cursor:sync"),
    "cursors": (Direction.SERVER, "cursor:sync"),
    "typingAck": (Direction.ACK, "typing:start"),
    "typing": (Direction.SERVER, "typing:users"),
    "stopAck": (Direction.ACK, "typing:stop"),
    "typingOver": (Direction.SERVER, "typing:users"),
    "benSyncAck": (Direction.ACK, "doc:sync"),
    "benSync": (Direction.SERVER, "doc:sync"),
    "lockAck": (Direction.ACK, "doc:lock"),
    "lockStatus": (Direction.SERVER, "doc:lock_status"),
    "statusAck": (Direction.ACK, "doc:lock_status"),
    "lockedAck": (Direction.ACK, "doc:edit"),
    "lockedError": (Direction.SERVER, "error"),
    "edit": (Direction.CLIENT, "doc:edit"),
    "editAck": (Direction.ACK, "doc:edit"),
    "benEdit": (Direction.SERVER, "doc:edit"),
    "editAgainAck": (Direction.ACK, "doc:edit"),
    "unlockAck": (Direction.ACK, "doc:unlock"),
    "unlocked": (Direction.SERVER, "doc:lock_status"),
    "conflictAck": (Direction.ACK, "doc:edit"),
    "syncAck": (Direction.ACK, "doc:sync"),
    "sync": (Direction.SERVER, "doc:sync"),
    "missedAck": (Direction.ACK, "doc:sync"),
    "missed": (Direction.SERVER, "doc:sync"),
    "removeAck": (Direction.ACK, "cursor:remove"),
    "removed": (Direction.SERVER, "cursor:remove"),
    "created": (Direction.RESPONSE, "notifications:create"),
    "notification": (Direction.SERVER, "notification"),
    "counted": (Direction.SERVER, "notification:count"),
    "countAck": (Direction.ACK, "notification:count"),
    "readAck": (Direction.ACK, "notification:read"),
    "read": (Direction.SERVER, "notification:count"),
    "recorded": (Direction.RESPONSE, "activity:record"),
    "activity": (Direction.SERVER, "activity"),
    "feedAck": (Direction.ACK, "activity:feed"),
    "feed": (Direction.SERVER, "activity:feed"),
    "leaveAck": (Direction.ACK, "room:leave"),
    "roomLeft": (Direction.SERVER, "room:user_left"),
    "failureAck": (Direction.ACK, "room:leave"),
    "error": (Direction.SERVER, "error"),
    "left": (Direction.SERVER, "presence:user_left"),
}


@pytest.fixture(scope="session")
def program() -> Path:
    """Return the program's folder, with the client that its lock file names."""
    return installed(PROGRAM)


@pytest.mark.parametrize(("transport", "nodes"), ARENAS)
def test_the_official_javascript_client_does_the_whole_flow(
    transport: str, nodes: int, program: Path, shared_cluster: Cluster, mint: Mint
) -> None:
    tenant = f"acme-{uuid.uuid4().hex[:8]}"
    tokens = {name.lower(): mint(name.lower(), tenant, name=name) for name in ("Ana", "Ben")}
    tokens |= {"service": mint("billing", tenant, role="service"), "garbage": "garbage"}
    given = {"urls": shared_cluster.urls[:nodes], "tokens": tokens}
    seen: dict[str, Any] = json.loads(run("node", "flow.mjs", transport, cwd=program, given=json.dumps(given)))

    for name, (direction, event) in MESSAGES.items():
        assert registry().check(direction, event, seen[name]) is None, (name, seen[name])

    assert seen["transport"] == transport
    assert seen["refusal"] == {"message": "Not authenticated", "data": {"code": "unauthenticated"}}
    assert seen["first"] == "presence:list"
    assert [user["user_id"] for user in seen["list"]["users"]] == ["ana", "ben"]
    assert seen["joined"] == {"user_id": "ana", "user_name": "Ana", "status": "online", "seq": seen["list"]["seq"]}
    assert seen["listAck"] == {"ok": True}
    assert seen["listAgain"] == seen["list"]
    assert seen["updateAck"] == {"ok": True, **seen["update"]}
    assert (seen["update"]["status"], seen["update"]["current_page"]) == ("busy", "/invoices")
    assert seen["heartbeatAck"] == {"ok": True, **seen["heartbeat"]}
    assert seen["joinAck"] == {"ok": True, **seen["roomUsers"]}
    assert [user["user_id"] for user in seen["roomUsers"]["users"]] == ["ben", "ana"]
    assert seen["benJoinAck"]["room_id"] == "invoice:42"
    assert seen["leaveAck"] == {"ok": True, "room_id": "invoice:42"}
    assert seen["roomLeft"] == seen["roomJoined"] == {"user_id": "ana", "user_name": "Ana", "room_id": "invoice:42"}
    assert seen["failureAck"] == {"ok": False, "error": seen["error"]}
    assert seen["error"]["code"] == "not_in_room"
    assert seen["left"]["user_id"] == "ana"

    cursors_and_typing_are_right(seen)
    document_and_locks_are_right(seen)
    what_was_published_is_right(seen)


def what_was_published_is_right(seen: dict[str, Any]) -> None:
    assert seen["created"]["notification"] == {**seen["notification"], "is_read": False, "read_at": None}
    assert seen["notification"]["title"] == "Invoice 42 waits, é😀"
    assert seen["counted"] == {"count": 1}
    assert seen["countAck"] == {"ok": True, "count": 1}
    assert seen["readAck"] == {"ok": True, **seen["read"]} == {"ok": True, "count": 0}
    assert seen["recorded"]["activity"] == seen["activity"]
    assert seen["feed"] == {"items": [seen["activity"]], "next": None}
    assert seen["feedAck"] == {"ok": True, "next": None}
    assert seen["benNotified"] == 0


def cursors_and_typing_are_right(seen: dict[str, Any]) -> None:
    room, ana = {"room_id": "invoice:42"}, {"user_id": "ana", "user_name": "Ana"}
    begin, end = {"line": 3, "column": 0}, {"line": 3, "column": 14}
    cursor = {**ana, "color": seen["move"]["color"], **end, "selection_start": begin, "selection_end": end}
    assert seen["moveAck"] == seen["typingAck"] == seen["stopAck"] == seen["removeAck"] == {"ok": True}
    assert seen["move"] == {**room, **cursor}
    assert seen["cursors"] == {**room, "cursors": [cursor]}
    assert seen["cursorsAck"] == {"ok": True, **seen["cursors"]}
    assert seen["typing"] == {**room, "users": [{**ana, "field": "notes"}]}
    assert seen["typingOver"] == {**room, "users": []}
    assert seen["removed"] == {**room, "user_id": "ana"}


def document_and_locks_are_right(seen: dict[str, Any]) -> None:
    room, ana = {"room_id": "invoice:42"}, {"user_id": "ana", "user_name": "Ana"}
    lock, sent, epoch = seen["lockAck"]["lock"], seen["edit"], {"epoch": seen["benSync"]["epoch"]}
    edit = {**room, "version": 1, **epoch, **ana, "changes": sent["changes"], "edit_id": sent["edit_id"]}
    assert seen["benSync"] == {**room, "version": 0, **epoch, "content": {}, "changes": [], "locks": []}
    assert seen["benSyncAck"] == {"ok": True, **room, "version": 0, **epoch}
    assert {name: lock[name] for name in ("path", *ana)} == {"path": "/notes", **ana}
    assert seen["lockStatus"] == {**room, "locks": [lock]}
    assert seen["statusAck"] == {"ok": True, **seen["lockStatus"]}
    assert seen["lockedAck"] == {"ok": False, "error": seen["lockedError"]}
    assert (seen["lockedError"]["code"], seen["lockedError"]["details"]) == ("locked", lock)
    assert seen["editAck"] == seen["editAgainAck"] == {"ok": True, "version": 1, **epoch}
    assert seen["benEdit"] == edit
    assert seen["unlockAck"] == {"ok": True, **seen["unlocked"]}
    conflict = seen["conflictAck"]["error"]
    assert (conflict["code"], conflict["details"]) == ("version_conflict", {"version": 1, **epoch, "changes": [edit]})
    content = {"notes": sent["changes"][0]["value"]}
    assert seen["sync"] == {**room, "version": 1, **epoch, "content": content, "changes": [], "locks": []}
    assert seen["missed"] == {**room, "version": 1, **epoch, "content": None, "changes": [edit], "locks": []}
    assert seen["syncAck"] == seen["missedAck"] == {"ok": True, **room, "version": 1, **epoch}
