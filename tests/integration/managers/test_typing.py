"""Typing on a real Redis: what features/typing.feature does not reach."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.realtime.managers.connection_manager import Connection
from tests.integration.backend import ROOM, Backend, Tape, eventually
from tests.integration.conftest import MakeBackend


def told(tape: Tape) -> list[list[tuple[str, str | None]]]:
    """The lists that the room was sent since the last call."""
    return [[(user["user_id"], user["field"]) for user in one.payload["users"]] for one in tape.heard("typing:users")]


@pytest.mark.parametrize("go", ["goodbye", "lose"])
def test_typing_ends_with_the_connection_that_started_it_and_not_with_another(
    go: str, backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    tab = backend.enter(tenant, "ana")
    backend.typing.start(ana, ROOM, "notes")
    backend.typing.start(tab, ROOM, "lines")
    tape.heard()
    getattr(backend, go)(ana)
    assert told(tape) == [[("ana", "lines")]]
    getattr(backend, go)(tab)
    assert told(tape) == [[]]


def test_an_edit_of_a_longer_name_does_not_end_typing_and_one_of_an_item_does(
    backend: Backend, tape: Tape, ana: Connection
) -> None:
    edit(backend, ana, 0, {"op": "add", "path": "/notes", "value": ["a"]})
    backend.typing.start(ana, ROOM, "notes")
    tape.heard()
    edit(backend, ana, 1, {"op": "add", "path": "/notes2", "value": ""})
    assert told(tape) == []
    edit(backend, ana, 2, {"op": "replace", "path": "/notes/0", "value": "b"})
    assert told(tape) == [[]]


def edit(backend: Backend, connection: Connection, base_version: int, *changes: dict[str, Any]) -> None:
    backend.documents.edit(connection, ROOM, base_version, list(changes), str(uuid4()))


def test_the_end_of_typing_that_anothers_start_has_told_of_is_not_told_again(
    make_backend: MakeBackend, tape: Tape, tenant: str
) -> None:
    backend = make_backend(typing_timeout_seconds=0.3)
    ana, ben = backend.enter(tenant, "ana"), backend.enter(tenant, "ben")
    tape.heard()
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
