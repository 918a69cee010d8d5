"""Epochs of documents on a real Redis: each way in which a history cannot be continued, and what is told then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from uuid import uuid4

import pytest
import redis

from app.realtime.managers.connection_manager import Connection
from app.realtime.services.document_service import DocumentService
from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules.errors import VersionConflict
from tests.integration.backend import ROOM, Backend, Tape, keys_of
from tests.integration.conftest import MakeBackend
from tests.redis_server import RedisServer


def edit(
    backend: Backend, who: Connection, base: int, epoch: str | None, edit_id: str | None = None
) -> tuple[int, str]:
    changes = [{"op": "add", "path": "/n", "value": base}]
    committed = backend.documents.edit(who, ROOM, base, changes, edit_id or str(uuid4()), epoch)
    return committed.version, committed.epoch


def edited(backend: Backend, who: Connection, times: int) -> str:
    """Edit a document from its beginning. Returns the epoch."""
    epoch = backend.documents.sync(who, ROOM)[1]
    for base in range(times):
        assert edit(backend, who, base, epoch) == (base + 1, epoch)
    return epoch


def sync(
    backend: Backend, tape: Tape, who: Connection, since: int | None = None, epoch: str | None = None
) -> dict[str, Any]:
    """What a connection is sent as `doc:sync`; the answer must agree with it."""
    tape.heard()
    answer = backend.documents.sync(who, ROOM, since, epoch)
    (payload,) = [one.payload for one in tape.heard("doc:sync") if one.room == who.sid]
    assert answer == (payload["version"], payload["epoch"])
    return payload


def assert_not_continued(backend: Backend, tape: Tape, who: Connection, lost: int, epoch: str) -> None:
    """Assert that nobody who has version `lost` of `epoch`, or a version without an epoch, is told that it goes on.

    Edits the document beyond that version first.
    """
    version, now = backend.documents.sync(who, ROOM)
    assert now != epoch
    while version <= lost:
        version, known = edit(backend, who, version, now)
        assert known == now
    for claimed in (epoch, None):
        sent = sync(backend, tape, who, lost, claimed)
        assert (sent["version"], sent["epoch"], sent["changes"]) == (version, now, []), claimed
        assert sent["content"] == {"n": version - 1}, claimed
        with pytest.raises(VersionConflict) as refused:
            edit(backend, who, lost, claimed)
        assert refused.value.details == {"version": version, "epoch": now, "changes": None}, claimed
    assert [one["version"] for one in sync(backend, tape, who, version - 1, now)["changes"]] == [version]


@pytest.fixture
def raw(redis_url: str) -> Iterator[redis.Redis]:
    """Yield a client that hands over bytes, for DUMP and RESTORE."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


def document_keys(tenant: str, *, witness: bool) -> list[str]:
    keys = TenantKeys(tenant)
    told = [keys.document_witness(ROOM)] if witness else []
    return [keys.document(ROOM), keys.document_log(ROOM), keys.document_edits(ROOM), *told]


def test_all_messages_of_a_history_have_its_epoch(backend: Backend, tape: Tape, ana: Connection) -> None:
    tape.heard()
    epoch = edited(backend, ana, 3)
    assert {one.payload["epoch"] for one in tape.heard("doc:sync", "doc:edit")} == {epoch}
    assert sync(backend, tape, ana)["epoch"] == epoch
    assert {one["epoch"] for one in sync(backend, tape, ana, 0, epoch)["changes"]} == {epoch}
    with pytest.raises(VersionConflict) as refused:
        edit(backend, ana, 1, epoch)
    assert refused.value.details is not None
    assert [one["epoch"] for one in refused.value.details["changes"]] == [epoch, epoch]


@pytest.mark.parametrize("lost", ["document", "log", "document and log", "all", "all, and the room is empty"])
def test_a_document_that_redis_has_lost_begins_another_epoch(
    backend: Backend, tape: Tape, tenant: str, ana: Connection, lost: str
) -> None:
    """By its end, by an eviction of some of its keys, or by somebody's DEL."""
    epoch = edited(backend, ana, 3)
    tape.heard()
    if lost == "all, and the room is empty":
        backend.leave(ana, ROOM)
    document, log, ids = document_keys(tenant, witness=False)
    gone = {"document": [document], "log": [log], "document and log": [document, log]}.get(lost, [document, log, ids])
    backend.redis.delete(*gone)
    if lost == "all, and the room is empty":
        backend.join(ana, ROOM)
    if lost == "log":  # it only has to be read whole
        assert sync(backend, tape, ana, 2, epoch)["content"] == {"n": 2}
        assert edit(backend, ana, 3, epoch) == (4, epoch)
        return
    told = sync(backend, tape, ana, 3, epoch)
    assert (told["version"], told["content"]) == (0, {})
    assert_not_continued(backend, tape, ana, 3, epoch)


def test_everybody_in_the_room_is_told_of_another_epoch_by_whoever_comes_first(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    epoch = edited(backend, ana, 3)
    for come_first in ("sync", "edit", "open"):
        backend.redis.delete(*document_keys(tenant, witness=False))
        tape.heard()
        if come_first == "sync":
            backend.documents.sync(ana, ROOM)
        elif come_first == "edit":
            with pytest.raises(VersionConflict):
                edit(backend, ana, 3, epoch)
        else:
            DocumentService(backend.redis).open(tenant, ROOM, {"n": 0})
        told = tape.heard("doc:sync", "doc:edit")
        assert told[0].room == TenantKeys(tenant).room_channel(ROOM), come_first
        assert (told[0].event, told[0].payload["content"], told[0].skip) == ("doc:sync", {}, None), come_first
        now = told[0].payload["epoch"]
        assert int(now) > int(epoch)
        if come_first == "open":
            assert [(one.event, one.payload["version"], one.payload["epoch"]) for one in told[1:]] == [
                ("doc:edit", 1, now)
            ]
        else:
            assert edit(backend, ana, 0, now) == (1, now)
        epoch = now


@pytest.mark.parametrize("witness", [True, False])
@pytest.mark.parametrize("known", [12, 11, 10])
def test_a_document_that_has_gone_back_begins_another_epoch(
    backend: Backend, tape: Tape, tenant: str, ana: Connection, raw: redis.Redis, known: int, *, witness: bool
) -> None:
    """A restored backup of its keys. With the witness among them only another master would show it: see below."""
    epoch = edited(backend, ana, 10)
    state = {key: cast("bytes", raw.dump(key)) for key in document_keys(tenant, witness=witness)}
    edit_id = str(uuid4())
    edit(backend, ana, 10, epoch, edit_id)
    edit(backend, ana, 11, epoch)
    for key, dumped in state.items():
        raw.restore(key, 10_000, dumped, replace=True)
    if witness:
        raw.set(TenantKeys(tenant).document_witness(ROOM), f"{epoch} 10 {'0' * 40}", ex=10)
    told = sync(backend, tape, ana, known, epoch)
    assert (told["version"], told["content"]) == (10, {"n": 9})
    assert_not_continued(backend, tape, ana, known, epoch)
    # What is gone is made again, and not answered as if it were there.
    version, now = backend.documents.sync(ana, ROOM)
    assert edit(backend, ana, version, now, edit_id) == (version + 1, now)


def test_an_edit_that_is_still_there_is_answered_as_the_first_time_in_another_epoch(
    backend: Backend, tenant: str, ana: Connection
) -> None:
    epoch = backend.documents.sync(ana, ROOM)[1]
    edit_id = str(uuid4())
    assert edit(backend, ana, 0, epoch, edit_id) == (1, epoch)
    backend.redis.delete(TenantKeys(tenant).document_witness(ROOM))
    version, now = edit(backend, ana, 0, epoch, edit_id)
    assert (version, now != epoch) == (1, True)


def test_another_master_begins_another_epoch_although_all_is_there(
    own_redis: RedisServer, make_backend: MakeBackend, tenant: str
) -> None:
    """Nobody can tell which of the last writes it has not."""
    with redis.Redis.from_url(own_redis.url, decode_responses=True) as direct:
        backend = Backend(own_redis.url)
        ana = backend.enter(tenant, "ana")
        tape = Tape(direct)
        epoch = edited(backend, ana, 2)
        unedited = backend.enter(tenant, "ben", "invoice:43")
        unedited_epoch = backend.documents.sync(unedited, "invoice:43")[1]
        direct.save()
        own_redis.crash()
        tape.close()
        tape = Tape(direct)
        told = sync(backend, tape, ana, 2, epoch)
        assert (told["version"], told["content"]) == (2, {"n": 1})
        assert_not_continued(backend, tape, ana, 2, epoch)
        assert backend.documents.sync(unedited, "invoice:43")[1] != unedited_epoch
        tape.close()
        backend.close()


def test_another_master_begins_another_epoch_for_an_edit_that_was_read_from_the_one_before(
    backend: Backend, tenant: str, ana: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    epoch = edited(backend, ana, 2)
    commit = type(backend.documents._store).commit

    def after_a_failover(*args: Any) -> Any:
        backend.redis.set(TenantKeys(tenant).document_witness(ROOM), f"{epoch} 2 {'0' * 40}", ex=10)
        return commit(*args)

    monkeypatch.setattr(type(backend.documents._store), "commit", after_a_failover)
    with pytest.raises(VersionConflict) as refused:
        edit(backend, ana, 2, epoch)
    assert refused.value.details is not None
    assert (refused.value.details["version"], refused.value.details["changes"]) == (2, None)


def test_an_epoch_is_above_the_one_before_also_where_the_clock_is_behind(
    backend: Backend, tenant: str, ana: Connection
) -> None:
    edited(backend, ana, 1)
    backend.redis.hset(TenantKeys(tenant).document(ROOM), "epoch", "8000000000000000")
    assert backend.documents.sync(ana, ROOM) == (1, "8000000000000001")


def test_after_a_loss_a_document_that_seems_new_may_have_had_another_epoch(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    """All is gone, what it had been told of the document, too: only the node knows that there was a loss."""
    epoch = edited(backend, ana, 3)
    backend.redis.delete(*document_keys(tenant, witness=True))
    backend.documents.note_loss()
    assert_not_continued(backend, tape, ana, 3, epoch)


def test_a_document_of_an_earlier_release_has_lost_nothing(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    keys = TenantKeys(tenant)
    backend.redis.hset(keys.document(ROOM), mapping={"version": "1", "content": '{"n":0}', "log_bytes": "3"})
    backend.redis.rpush(keys.document_log(ROOM), '{}\n{"no":"epoch"}')
    tape.heard()
    version, epoch = backend.documents.sync(ana, ROOM, 0)
    (told,) = tape.heard("doc:sync")
    assert (version, told.payload["content"], told.room) == (1, {"n": 0}, ana.sid)
    assert edit(backend, ana, 1, None) == (2, epoch)


def test_a_room_that_is_entered_anew_has_another_epoch_if_nobody_has_edited(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    epoch = backend.documents.sync(ana, ROOM)[1]
    assert backend.documents.sync(ana, ROOM)[1] == epoch
    backend.leave(ana, ROOM)
    assert [key for key in keys_of(backend.redis, tenant) if ROOM in key] == []
    backend.join(ana, ROOM)
    told = sync(backend, tape, ana, 0, epoch)
    assert (told["version"], told["content"], told["epoch"] != epoch) == (0, {}, True)
    assert edit(backend, ana, 0, None) == (1, told["epoch"])


def test_a_back_end_opens_a_document_in_the_epoch_that_the_room_knows(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    epoch = backend.documents.sync(ana, ROOM)[1]
    tape.heard()
    DocumentService(backend.redis).open(tenant, ROOM, {"n": 0})
    (told,) = tape.heard()
    assert (told.event, told.payload["version"], told.payload["epoch"]) == ("doc:edit", 1, epoch)
    assert sync(backend, tape, ana, 0, epoch)["changes"] == [told.payload]


def test_what_was_told_is_known_longer_than_the_document_lives(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(document_ttl_seconds=1000)
    edited(backend, backend.enter(tenant, "ana"), 1)
    *document, witness = [cast("int", backend.redis.ttl(key)) for key in document_keys(tenant, witness=True)]
    assert all(900 < ttl <= 1000 for ttl in document), document
    assert 1900 < witness <= 2000
