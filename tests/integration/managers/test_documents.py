"""Documents on a real Redis: races, bounds, keys and the service; features/documents.feature proves the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any
from uuid import uuid4

import pytest

from app.realtime.bus.message import read
from app.realtime.managers.connection_manager import Connection
from app.realtime.services.document_service import DocumentService, DocumentSnapshot
from app.realtime.store.documents import DocumentStore
from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules.errors import InvalidPayload, Locked, NotInRoom, RealtimeError, TooLarge, VersionConflict
from realtime_contracts.rules.limits import MAX_DOCUMENT_BYTES
from tests.integration.backend import PATIENCE, ROOM, Backend, Tape, keys_of, together
from tests.integration.conftest import MakeBackend


def edit(backend: Backend, who: Connection, base: int, *changes: dict[str, Any], edit_id: str | None = None) -> int:
    return backend.documents.edit(who, ROOM, base, list(changes), edit_id or str(uuid4())).version


def put(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def content(backend: Backend, tenant: str) -> DocumentSnapshot:
    return DocumentService(backend.redis).read(tenant, ROOM)


def synced(tape: Tape) -> dict[str, Any]:
    return tape.heard("doc:sync")[-1].payload


def test_an_edit_that_another_has_made_unfit_is_a_conflict_and_one_that_never_fitted_is_not(
    backend: Backend, ana: Connection, ben: Connection
) -> None:
    edit(backend, ana, 0, put("", {"a": {"b": 1}, "c": 1}))
    edit(backend, ana, 1, {"op": "remove", "path": "/a"})
    with pytest.raises(VersionConflict):
        edit(backend, ben, 1, put("/a/b", 2))
    with pytest.raises(VersionConflict):
        edit(backend, ben, 1, {"op": "test", "path": "/a/b", "value": 1}, put("/c", 2))
    with pytest.raises(InvalidPayload):
        edit(backend, ben, 1, put("/c/d", 2))


def test_an_edit_id_is_the_same_in_capitals(backend: Backend, tape: Tape, ana: Connection) -> None:
    edit_id = str(uuid4())
    assert edit(backend, ana, 0, put("/n", 1), edit_id=edit_id) == 1
    tape.heard()
    committed = backend.documents.edit(ana, ROOM, 0, [put("/n", 1)], edit_id.upper())
    assert (committed.version, committed.new) == (1, False)
    assert tape.names() == []


def test_the_answer_to_an_edit_that_is_known_follows_what_told_the_others_of_it(
    make_backend: MakeBackend, tenant: str
) -> None:
    """Sent again from another connection, that one may not have heard of it yet: both go the same way, in order."""
    nodes = [make_backend(), make_backend()]
    ana, again = nodes[0].enter(tenant, "ana"), nodes[1].enter(tenant, "ana")
    again.ack_number, edit_id = 7, str(uuid4())
    with nodes[1].redis.pubsub() as pubsub:
        keys, here = TenantKeys(tenant), nodes[1].address
        pubsub.subscribe(here.bus + keys.room_channel(ROOM), here.bus + keys.node_channel(here.node_id))
        edit(nodes[0], ana, 0, put("/n", 1), edit_id=edit_id)
        edit(nodes[1], again, 0, put("/n", 1), edit_id=edit_id)
        told: list[tuple[dict[str, Any], str]] = []
        while not told or told[-1][0].get("do") != "hold":
            message = pubsub.get_message(timeout=PATIENCE)
            assert message is not None, f"no hold, but {told}"
            if message["type"] == "message":
                told.append(read(message["data"].encode()))
    ours = [packet for head, packet in told if tenant in str(head) or head.get("do") == "hold"]
    assert [packet.split(",")[0] for packet in ours] == ['["doc:edit"', ""]
    assert told[-1][0] == {"do": "hold", "sid": again.sid, "number": 7}


def test_the_largest_base_version_is_a_conflict_without_changes(backend: Backend, ana: Connection) -> None:
    with pytest.raises(VersionConflict) as refused:
        edit(backend, ana, 2**53 - 1, put("/n", 1))
    epoch = backend.documents.sync(ana, ROOM)[1]
    assert refused.value.details == {"version": 0, "epoch": epoch, "changes": None}


def test_the_log_keeps_so_many_bytes(backend: Backend, tenant: str, ana: Connection) -> None:
    for version in range(20):
        edit(backend, ana, version, put("/n", "x" * 100_000))
    keys = TenantKeys(tenant)
    entries = backend.redis.lrange(keys.document_log(ROOM), 0, -1)
    assert isinstance(entries, list)
    assert 5 < len(entries) < 20
    assert sum(map(len, entries)) <= 1024 * 1024
    assert backend.redis.hget(keys.document(ROOM), "log_bytes") == str(sum(map(len, entries)))


def test_a_document_outlives_its_room_for_its_time_and_is_kept_by_being_opened(
    make_backend: MakeBackend, tenant: str
) -> None:
    backend = make_backend(document_ttl_seconds=1000)
    ana = backend.enter(tenant, "ana")
    edit(backend, ana, 0, put("/n", 1))
    backend.goodbye(ana)
    documents = [key for key in keys_of(backend.redis, tenant) if key.startswith(("doc:", "document:"))]
    assert len(documents) == 6
    for key in documents:
        backend.redis.expire(key, 10)
    ana = backend.enter(tenant, "ana")
    backend.documents.sync(ana, ROOM)
    ttls = [backend.redis.ttl(key) for key in documents]
    assert all(isinstance(ttl, int) and ttl > 900 for ttl in ttls), ttls


def test_a_document_that_was_never_edited_is_empty_and_leaves_no_key(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    before = keys_of(backend.redis, tenant)
    version, epoch = backend.documents.sync(ana, ROOM)
    expected = {"room_id": ROOM, "version": 0, "epoch": epoch, "content": {}, "changes": [], "locks": []}
    assert (version, synced(tape)) == (0, expected)
    assert keys_of(backend.redis, tenant) == before


def test_who_leaves_between_reading_and_writing_has_not_edited(
    backend: Backend, tape: Tape, tenant: str, ana: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    between(monkeypatch, lambda: backend.leave(ana, ROOM))
    with pytest.raises(NotInRoom):
        edit(backend, ana, 0, put("/n", 1))
    assert content(backend, tenant).version == 0


def between(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """Do something each time an edit has been read and is about to be written; edits in it are left in peace."""
    commit, acting = DocumentStore.commit, list[bool]()

    def wait_and_commit(*args: Any) -> Any:
        if not acting:
            acting.append(True)
            action()
            acting.clear()
        return commit(*args)

    monkeypatch.setattr(DocumentStore, "commit", wait_and_commit)


def test_a_lost_race_is_run_again_and_merged(
    backend: Backend, tenant: str, ana: Connection, ben: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    races = iter(range(2))
    between(monkeypatch, lambda: [edit(backend, ben, n, put(f"/other{n}", 1)) for n in islice(races, 1)])
    assert edit(backend, ana, 0, put("/n", 1)) == 3
    assert content(backend, tenant).content == {"other0": 1, "other1": 1, "n": 1}


def test_an_edit_that_loses_every_race_is_a_conflict_and_changes_nothing(
    backend: Backend, tenant: str, ana: Connection, ben: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    between(monkeypatch, lambda: edit(backend, ben, 0, put(f"/{uuid4()}", 1)))
    with pytest.raises(VersionConflict) as refused:
        edit(backend, ana, 0, put("/n", 1))
    assert refused.value.details is not None
    assert refused.value.details["version"] == backend.documents.EDIT_ATTEMPTS
    assert len(refused.value.details["changes"]) == backend.documents.EDIT_ATTEMPTS
    assert "n" not in content(backend, tenant).content


def test_a_lock_that_is_taken_between_reading_and_writing_holds(
    backend: Backend, tenant: str, ana: Connection, ben: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    between(monkeypatch, lambda: backend.locks.lock(ben, ROOM, "/n", 30))
    with pytest.raises(Locked):
        edit(backend, ana, 0, put("/n", 1))
    assert content(backend, tenant).version == 0


def test_many_nodes_edit_at_once_and_every_edit_is_there_once(
    make_backend: MakeBackend, tape: Tape, tenant: str
) -> None:
    nodes = [make_backend() for _ in range(4)]
    people = [node.enter(tenant, f"u{number}") for number, node in enumerate(nodes)]
    tape.heard()
    done: list[list[int]] = [[] for _ in nodes]

    def work(number: int) -> None:
        turns = [put(f"/u{number}-{turn}", turn) for turn in range(25)]
        lost = 0
        while turns and lost < 100:
            try:
                done[number].append(edit(nodes[number], people[number], 0, turns[0]))
                turns.pop(0)
            except VersionConflict:  # lost too many races: it may try again, and does
                lost += 1

    together(*(partial(work, number) for number in range(4)))
    assert sorted(version for versions in done for version in versions) == list(range(1, 101))
    told = [one.payload["version"] for one in tape.heard("doc:edit")]
    assert told == list(range(1, 101))
    assert content(nodes[0], tenant).content == {f"u{n}-{turn}": turn for n in range(4) for turn in range(25)}


# What other back ends call.


def test_a_back_end_opens_a_document_once_and_whoever_is_there_gets_it_as_an_edit(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    service = DocumentService(backend.redis)
    tape.heard()
    opened = service.open(tenant, ROOM, {"lines": []}, user_id="erp", user_name="ERP")
    assert opened == DocumentSnapshot(ROOM, 1, {"lines": []}) == service.read(tenant, ROOM)
    (told,) = tape.heard()
    assert (told.event, told.payload["version"], told.payload["user_id"]) == ("doc:edit", 1, "erp")
    assert told.payload["changes"] == [{"op": "replace", "path": "", "value": {"lines": []}}]
    edit(backend, ana, 1, put("/lines/-", 1))
    tape.heard()
    assert service.open(tenant, ROOM, {"other": 1}) == DocumentSnapshot(ROOM, 2, {"lines": [1]})
    assert tape.names() == []
    with pytest.raises(VersionConflict):
        edit(backend, ana, 0, put("/x", 1))


def test_a_service_needs_nothing_but_the_url_of_redis(redis_url: str, backend: Backend, tenant: str) -> None:
    assert DocumentService.from_url(redis_url).open(tenant, ROOM, {"a": 1}).version == 1
    assert DocumentService(backend.redis).read(tenant, ROOM).content == {"a": 1}
    assert DocumentService.from_url(redis_url).read(tenant, "invoice:43") == DocumentSnapshot("invoice:43", 0, {})


def test_a_service_refuses_what_no_document_may_be(backend: Backend, tenant: str) -> None:
    service = DocumentService(backend.redis)
    wrong: list[tuple[str, str, Any, type[RealtimeError]]] = [
        ("{evil}", ROOM, {}, InvalidPayload),
        (tenant, "invoice", {}, InvalidPayload),
        (tenant, ROOM, [], InvalidPayload),
        (tenant, ROOM, {"a": {"__proto__": {}}}, InvalidPayload),
        (tenant, ROOM, {"a": "x" * MAX_DOCUMENT_BYTES}, TooLarge),
    ]
    for tenant_id, room_id, given, error in wrong:
        with pytest.raises(error):
            service.open(tenant_id, room_id, given)
    assert service.read(tenant, ROOM).version == 0
