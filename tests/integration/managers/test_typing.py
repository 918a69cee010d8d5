"""Typing on a real Redis: told on each change, and over in time."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.realtime.managers.connection_manager import Connection
from realtime_contracts.rules.errors import LimitExceeded, NotInRoom
from tests.integration.backend import ROOM, Backend, Tape, eventually
from tests.integration.conftest import MakeBackend


def told(tape: Tape) -> list[list[tuple[str, str | None]]]:
    """The lists that the room was sent since the last call."""
    return [[(user["user_id"], user["field"]) for user in one.payload["users"]] for one in tape.heard("typing:users")]


def test_the_room_is_told_of_each_change_and_of_nothing_else(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    ben = backend.enter(tenant, "ben")
    tape.heard()
    backend.typing.start(ana, ROOM, "notes")
    backend.typing.start(ben, ROOM, None)
    backend.typing.start(ana, ROOM, "notes")
    backend.typing.start(ana, ROOM, "lines")
    backend.typing.stop(ana, ROOM, "other")
    backend.typing.stop(ana, ROOM, "notes")
    backend.typing.stop(ana, ROOM, None)
    backend.typing.stop(ben, ROOM, None)
    assert told(tape) == [
        [("ana", "notes")],
        [("ana", "notes"), ("ben", None)],
        [("ana", "notes"), ("ben", None), ("ana", "lines")],
        [("ben", None), ("ana", "lines")],
        [("ben", None)],
        [],
    ]


def test_whoever_joins_is_told_who_types_and_of_nobody_if_nobody_does(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    tape.heard()
    backend.enter(tenant, "cy")
    assert told(tape) == []
    backend.typing.start(ana, ROOM, "notes")
    tape.heard()
    ben = backend.enter(tenant, "ben")
    (sent,) = tape.heard("typing:users")
    assert sent.room == ben.sid
    assert [user["user_id"] for user in sent.payload["users"]] == ["ana"]


@pytest.mark.parametrize("go", ["leave", "goodbye", "lose"])
def test_typing_ends_with_the_tab_that_started_it(
    go: str, backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    tab = backend.enter(tenant, "ana")
    backend.typing.start(ana, ROOM, "notes")
    backend.typing.start(tab, ROOM, "lines")
    tape.heard()
    getattr(backend, go)(ana, *([ROOM] if go == "leave" else []))
    assert told(tape) == [[("ana", "lines")]]
    getattr(backend, go)(tab, *([ROOM] if go == "leave" else []))
    assert told(tape) == [[]]


@pytest.mark.parametrize(
    ("field", "path", "over"),
    [
        ("notes", "/notes", True),
        ("notes", "/notes/0", True),
        ("/lines/0/qty", "/lines/0", True),
        ("/lines/0", "/lines/0/qty", True),
        (None, "/notes", True),
        ("notes", "/notes2", False),
        ("lines", "/notes", False),
    ],
)
def test_an_edit_of_a_field_ends_that_users_typing_in_it(
    field: str | None, path: str, backend: Backend, tape: Tape, tenant: str, ana: Connection, *, over: bool
) -> None:
    ben = backend.enter(tenant, "ben")
    document = {"notes": ["a"], "notes2": "", "lines": [{"qty": 1}]}
    edit(backend, ana, 0, {"op": "replace", "path": "", "value": document})
    backend.typing.start(ana, ROOM, field)
    backend.typing.start(ben, ROOM, field)
    tape.heard()
    edit(backend, ana, 1, {"op": "test", "path": path or "/notes", "value": value_at(document, path)})
    assert told(tape) == ([] if field else [[("ben", None)]])
    if field is None:
        return
    edit(backend, ana, 2, {"op": "replace", "path": path, "value": value_at(document, path)})
    assert told(tape) == ([[("ben", field)]] if over else [])


def value_at(document: Any, path: str) -> Any:
    for part in path.split("/")[1:]:
        document = document[int(part) if isinstance(document, list) else part]
    return document


def edit(backend: Backend, connection: Connection, base_version: int, *changes: dict[str, Any]) -> None:
    backend.documents.edit(connection, ROOM, base_version, list(changes), str(uuid4()))


def test_typing_is_over_in_time_on_whatever_node_looks_first_and_is_told_of_once(
    make_backend: MakeBackend, tenant: str
) -> None:
    nodes = [make_backend(typing_timeout_seconds=0.2) for _ in range(2)]
    ana = nodes[0].enter(tenant, "ana")
    tape = Tape(nodes[0].redis)
    nodes[0].typing.start(ana, ROOM, "notes")
    assert told(tape) == [[("ana", "notes")]]
    eventually(lambda: [node.rooms.expire(tenant) for node in nodes] == [None, None], "nothing is due any more")
    assert told(tape) == [[]]
    tape.close()


def test_the_end_of_typing_that_anothers_start_has_told_of_is_not_told_again(
    make_backend: MakeBackend, tenant: str
) -> None:
    backend = make_backend(typing_timeout_seconds=0.3)
    ana, ben = backend.enter(tenant, "ana"), backend.enter(tenant, "ben")
    tape = Tape(backend.redis)
    backend.typing.start(ana, ROOM, "notes")
    assert told(tape) == [[("ana", "notes")]]

    def over() -> bool:
        backend.typing.send(ben, ROOM)
        return told(tape) == [[]]

    eventually(over, "Ana types no more")
    backend.typing.start(ben, ROOM, "notes")
    assert told(tape) == [[("ben", "notes")]]
    backend.rooms.expire(tenant)
    assert told(tape) == []
    tape.close()


def test_a_renewal_lasts_as_long_as_a_start(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(typing_timeout_seconds=30)
    ana = backend.enter(tenant, "ana")
    backend.typing.start(ana, ROOM, "notes")
    first = backend.rooms.expire(tenant)
    backend.typing.start(ana, ROOM, "notes")
    second = backend.rooms.expire(tenant)
    assert first is not None
    assert second is not None
    assert 29 < second <= first <= 30


def test_only_members_type_and_only_in_so_many_fields(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    stranger = backend.connect(tenant, "ben")
    tape.heard()
    for speak in (backend.typing.start, backend.typing.stop):
        with pytest.raises(NotInRoom):
            speak(stranger, ROOM, "notes")
    assert tape.names() == []
    for number in range(backend.typing.MAX_FIELDS):
        backend.typing.start(ana, ROOM, f"field {number}")
    with pytest.raises(LimitExceeded):
        backend.typing.start(ana, ROOM, "one more")
    backend.typing.start(ana, ROOM, "field 0")
    assert len(told(tape)) == backend.typing.MAX_FIELDS


def test_typing_wakes_who_is_away_by_the_server(backend: Backend, tape: Tape, tenant: str, ana: Connection) -> None:
    backend.presence.set_away("ana", tenant)
    tape.heard()
    backend.typing.start(ana, ROOM, None)
    assert tape.names() == ["presence:update", "typing:users"]
