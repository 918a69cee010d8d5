"""What documents may take of Redis and of a node, so that no tenant pays for another."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.realtime.managers.connection_manager import Connection
from app.realtime.services.document_service import DocumentService
from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules.errors import LimitExceeded, RateLimited
from tests.integration.backend import Backend, Tape, eventually
from tests.integration.conftest import MakeBackend


def edit(backend: Backend, who: Connection, room_id: str, base: int, path: str, value: Any) -> int:
    changes = [{"op": "add", "path": path, "value": value}]
    return backend.documents.edit(who, room_id, base, changes, str(uuid4())).version


def enter(backend: Backend, who: Connection, *room_ids: str) -> None:
    for room_id in room_ids:
        backend.join(who, room_id)


def spent(backend: Backend, tenant: str) -> dict[str, int]:
    """The bytes of each of the tenant's documents; the sum under the name ''."""
    found: dict[str, str] = backend.redis.hgetall(TenantKeys(tenant).documents_bytes)  # type: ignore[assignment]
    return {name: int(value) for name, value in found.items()}


def test_a_tenants_documents_have_so_many_bytes(make_backend: MakeBackend, tape: Tape, tenant: str) -> None:
    backend = make_backend(max_document_bytes_per_tenant=10_000)
    ana = backend.connect(tenant, "ana")
    enter(backend, ana, "invoice:1", "invoice:2")
    edit(backend, ana, "invoice:1", 0, "/a", "x" * 4000)  # its content, and its edit in the log
    tape.heard()
    with pytest.raises(LimitExceeded, match="10000 bytes") as refused:
        edit(backend, ana, "invoice:2", 0, "/a", "x" * 1000)
    assert refused.value.details == {"limit": 10_000}
    assert "doc:edit" not in tape.names()
    assert edit(backend, ana, "invoice:2", 0, "/a", 1) == 1, "what is small has room"

    other = backend.enter(f"{tenant}-2", "ben", "invoice:1")
    assert edit(backend, other, "invoice:1", 0, "/a", "x" * 4000) == 1, "another tenant has a budget of its own"
    backend.goodbye(other)


def test_a_full_budget_lets_documents_become_smaller(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(max_document_bytes_per_tenant=2_300_000)
    ana = backend.connect(tenant, "ana")
    enter(backend, ana, "invoice:1", "invoice:2")
    edit(backend, ana, "invoice:1", 0, "/a", "x" * 1_000_000)
    with pytest.raises(LimitExceeded):
        edit(backend, ana, "invoice:2", 0, "/c", "x" * 200_000)
    assert edit(backend, ana, "invoice:1", 1, "/a", 1) == 2
    assert edit(backend, ana, "invoice:2", 0, "/c", "x" * 200_000) == 1


def test_a_tenant_has_so_many_documents(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(max_documents_per_tenant=2)
    ana = backend.connect(tenant, "ana")
    enter(backend, ana, "invoice:1", "invoice:2", "invoice:3")
    for room_id in ("invoice:1", "invoice:2"):
        edit(backend, ana, room_id, 0, "/a", 1)
    with pytest.raises(LimitExceeded, match="A tenant may have 2 documents"):
        edit(backend, ana, "invoice:3", 0, "/a", 1)
    assert edit(backend, ana, "invoice:1", 1, "/a", 2) == 2, "those that are there go on"


def test_what_is_counted_is_what_redis_holds(backend: Backend, tenant: str) -> None:
    ana, keys = backend.connect(tenant, "ana"), TenantKeys(tenant)
    enter(backend, ana, "invoice:1", "invoice:2")
    for number in range(20):
        edit(backend, ana, "invoice:1", number, f"/{number}", "x" * 100_000 if number < 8 else number)
    edit(backend, ana, "invoice:2", 0, "/a", "é")
    DocumentService(backend.redis).open(tenant, "invoice:3", {"number": 3})
    held = {}
    for room_id in ("invoice:1", "invoice:2", "invoice:3"):
        content = backend.redis.hget(keys.document(room_id), "content")
        log = backend.redis.lrange(keys.document_log(room_id), 0, -1)
        held[room_id] = sum(len(str(part).encode()) for part in (content, *log))  # type: ignore[misc]
    assert spent(backend, tenant) == {**held, "": sum(held.values())}


def test_a_document_that_has_ended_is_taken_off(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(max_documents_per_tenant=1, document_ttl_seconds=60)
    ana, keys = backend.connect(tenant, "ana"), TenantKeys(tenant)
    enter(backend, ana, "invoice:1", "invoice:2")
    edit(backend, ana, "invoice:1", 0, "/a", 1)
    for key in (keys.document, keys.document_log, keys.document_edits):
        backend.redis.pexpire(key("invoice:1"), 1)
    backend.redis.zadd(keys.documents_ends, {"invoice:1": 1})
    eventually(lambda: not backend.redis.exists(keys.document("invoice:1")), "its time is over")
    assert edit(backend, ana, "invoice:2", 0, "/a", 1) == 1
    assert spent(backend, tenant).keys() == {"invoice:2", ""}
    for key in (keys.documents_ends, keys.documents_bytes):
        assert 0 < backend.redis.ttl(key) <= 60, "and nothing is left for ever"  # type: ignore[operator]


def test_a_document_that_is_used_is_kept_on_the_budget(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(document_ttl_seconds=60)
    ana, keys = backend.connect(tenant, "ana"), TenantKeys(tenant)
    enter(backend, ana, "invoice:1")
    edit(backend, ana, "invoice:1", 0, "/a", 1)
    backend.redis.zadd(keys.documents_ends, {"invoice:1": 1})
    backend.documents.sync(ana, "invoice:1")
    assert backend.redis.zscore(keys.documents_ends, "invoice:1") > 1  # type: ignore[operator]


def test_an_edit_costs_the_size_of_its_document(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(edit_bytes_per_second=1024, edit_burst_bytes=100_000)
    ana, ben = backend.connect(tenant, "ana"), backend.connect(tenant, "ben")
    enter(backend, ana, "invoice:1", "invoice:2")
    enter(backend, ben, "invoice:1")
    edit(backend, ana, "invoice:1", 0, "/a", "x" * 60_000)
    edit(backend, ana, "invoice:1", 1, "/b", 1)
    with pytest.raises(RateLimited) as refused:
        edit(backend, ana, "invoice:1", 2, "/b", 2)
    assert refused.value.details is not None
    assert 15 < refused.value.details["retry_after"] < 21
    with pytest.raises(RateLimited):
        edit(backend, ana, "invoice:2", 0, "/a", 1)
    assert edit(backend, ben, "invoice:1", 2, "/b", 2) == 3, "another user has their own"


def test_users_of_one_tenant_have_four_times_as_much_together(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(edit_bytes_per_second=1024, edit_burst_bytes=50_000)
    for number in range(4):
        user = backend.enter(tenant, f"user-{number}", f"invoice:{number}")
        edit(backend, user, f"invoice:{number}", 0, "/a", "x" * 55_000)
    late = backend.enter(tenant, "late", "invoice:9")
    with pytest.raises(RateLimited):
        edit(backend, late, "invoice:9", 0, "/a", 1)
    other = backend.enter(f"{tenant}-2", "ben", "invoice:1")
    assert edit(backend, other, "invoice:1", 0, "/a", 1) == 1, "another tenant has its own"
    backend.goodbye(other)


def test_a_document_is_sent_so_often(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(doc_sync_rate_limit=0.01, doc_sync_burst=3)
    ana, tab = backend.enter(tenant, "ana", "invoice:1"), backend.enter(tenant, "ana", "invoice:1")
    for _ in range(3):
        backend.documents.sync(ana, "invoice:1")
    with pytest.raises(RateLimited):
        backend.documents.sync(ana, "invoice:1")
    backend.documents.sync(tab, "invoice:1")
