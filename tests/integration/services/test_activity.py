"""Activity on a real Redis: the Python API, filters, bounds and keys; features/activity.feature proves the rest."""

from __future__ import annotations

import itertools
from typing import Any, cast

import pytest

from app.realtime.services.activity_service import ActivityService
from app.realtime.store.keys import TenantKeys
from app.realtime.utils.message_types import ActivityItem
from realtime_contracts.rules.errors import Conflict, InvalidPayload, TooLarge
from tests.integration.backend import Backend, Tape

#: What an item must have, but for the user.
LEAST = {
    "user_name": "Ana",
    "action": "approved",
    "entity_type": "invoice",
    "entity_id": "42",
    "entity_name": "Invoice 2026-042",
}


class Name(str):
    """A text that a JSON library may take for none."""

    __slots__ = ()


def record(backend: Backend, tenant: str, user_id: str = "ana", **fields: Any) -> ActivityItem:
    return backend.activity.record(tenant, user_id, **{**LEAST, **fields}).activity


def ids(backend: Backend, tenant: str, **wanted: Any) -> list[str]:
    return [item.id for item in backend.activity.feed(tenant, **wanted).items]


def pages(backend: Backend, tenant: str, **wanted: Any) -> list[list[str]]:
    found, before = [], None
    for _ in range(100):
        page = backend.activity.feed(tenant, before=before, **wanted)
        found.append([item.id for item in page.items])
        before = page.next
        if before is None:
            return found
    pytest.fail("the pages have no end")


def test_where_nobody_is_connected_nothing_is_published(backend: Backend, tape: Tape, tenant: str) -> None:
    recorded = record(backend, tenant)
    assert tape.heard() == []
    assert backend.activity.feed(tenant).items == [recorded]
    assert recorded.details is None


def test_it_is_found_by_type_entity_and_user_and_by_any_of_them_together(backend: Backend, tenant: str) -> None:
    what: dict[str, tuple[str, str, str]] = {}
    for user, kind, entity in itertools.product(["ana", "ben"], ["invoice", "invoices"], ["4", "42"]):
        for _ in range(2):
            what[record(backend, tenant, user, entity_type=kind, entity_id=entity).id] = (user, kind, entity)
    for user, kind, entity in itertools.product(["ana", "ben", "an", None], ["invoice", "in", None], ["4", "42", None]):
        if kind is None and entity is not None:
            continue
        wanted = {"user_id": user, "entity_type": kind, "entity_id": entity}
        expected = [
            id_
            for id_, found in reversed(what.items())
            if all(asked in (None, value) for asked, value in zip((user, kind, entity), found, strict=True))
        ]
        assert ids(backend, tenant, **wanted) == expected, wanted
        assert list(itertools.chain(*pages(backend, tenant, limit=1, **wanted))) == expected, wanted
        assert ids(backend, tenant, offset=3, limit=2, **wanted) == expected[3:5], wanted


def test_a_filter_is_followed_past_many_that_it_leaves_out(backend: Backend, tenant: str) -> None:
    rare = record(backend, tenant, "ben", entity_id="1").id
    for _ in range(450):
        record(backend, tenant, entity_id="1")
    assert ids(backend, tenant, entity_type="invoice", entity_id="1", user_id="ben") == [rare]
    assert len(ids(backend, tenant, entity_type="invoice", entity_id="1", user_id="ana", limit=100, offset=400)) == 50


def test_users_whose_ids_begin_alike_are_not_mixed_up(backend: Backend, tenant: str) -> None:
    mine = record(backend, tenant, "ana").id
    record(backend, tenant, "ana b")
    record(backend, tenant, "ana:b")
    assert ids(backend, tenant, user_id="ana") == [mine]


def test_only_the_last_are_kept_and_nothing_of_the_others(
    backend: Backend, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ActivityService, "MAX_ITEMS", 5)
    recorded = [record(backend, tenant, f"u{number}", entity_id=number).id for number in range(9)]
    assert ids(backend, tenant) == recorded[:3:-1]
    assert ids(backend, tenant, user_id="u3") == ids(backend, tenant, entity_type="invoice", entity_id=3) == []
    keys = TenantKeys(tenant)
    assert backend.redis.xlen(keys.activity) == backend.redis.hlen(keys.activity_recorded) == 5
    assert backend.redis.zcard(keys.activity_index) == 4 * 5
    assert ids(backend, tenant, since=recorded[0]) == recorded[:3:-1]
    monkeypatch.setattr(ActivityService, "MAX_ITEMS", 2)
    last = record(backend, tenant).id
    assert ids(backend, tenant) == [last, recorded[-1]]
    assert backend.redis.zcard(keys.activity_index) == 4 * 2


def test_ids_grow_whatever_the_clock_does(backend: Backend, tenant: str) -> None:
    keys = TenantKeys(tenant)
    future = "9000000000000000"
    entry = {"item": f'{{"id":"{future}"}}', "type": "invoice", "entity": "invoice:42", "user": "ana", "key": "k"}
    backend.redis.xadd(keys.activity, cast("Any", entry), id=f"{future}-0")
    assert int(record(backend, tenant).id) == int(future) + 1


def test_the_keys_have_an_end(backend: Backend, tenant: str) -> None:
    record(backend, tenant)
    keys = TenantKeys(tenant)
    for key in (keys.activity, keys.activity_index, keys.activity_recorded):
        assert 0 < cast("int", backend.redis.ttl(key)) <= backend.settings.activity_ttl_seconds


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"details": {"a": float("nan")}}, "/details/a"),
        ({"details": {Name("a"): 1}}, "/details"),
        ({"tenant_id": "{acme}"}, "/tenant_id"),
        ({"idempotency_key": ""}, "/idempotency_key"),
        ({"idempotency_key": b"k"}, "/idempotency_key"),
        ({"idempotency_key": "ké"}, "/idempotency_key"),
    ],
)
def test_what_the_contract_does_not_allow_is_refused_where_it_is_wrong(
    wrong: dict[str, Any], path: str, backend: Backend, tenant: str
) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        backend.activity.record(**{"tenant_id": tenant, "user_id": "ana", **LEAST, **wrong})
    assert refusal.value.details is not None
    assert refusal.value.details["path"] == path
    assert ids(backend, tenant) == []


def test_details_have_a_bound(backend: Backend, tenant: str) -> None:
    room = ActivityService.MAX_DETAILS_BYTES - len('{"a":""}')
    record(backend, tenant, details={"a": "x" * room})
    with pytest.raises(TooLarge):
        record(backend, tenant, details={"a": "x" * (room + 1)})
    with pytest.raises(TooLarge):
        record(backend, tenant, details={"a": "é" * room})
    assert len(ids(backend, tenant)) == 1


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"offset": 10_001}, "/offset"),
        ({"before": "1" * 17}, "/before"),
        ({"entity_id": "42"}, "/entity_id"),
        ({"entity_type": "invoice", "entity_id": 1.5}, "/entity_id"),
        ({"entity_type": "invoice", "entity_id": True}, "/entity_id"),
        ({"entity_type": "invoice", "entity_id": float("nan")}, "/entity_id"),
        ({"entity_type": "invoice", "entity_id": float("inf")}, "/entity_id"),
        ({"entity_type": "invoice", "entity_id": 10**5000}, "/entity_id"),
    ],
)
def test_a_question_that_cannot_be_is_refused(wanted: dict[str, Any], path: str, backend: Backend, tenant: str) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        backend.activity.feed(tenant, **wanted)
    assert refusal.value.details is not None
    assert refusal.value.details["path"] == path


@pytest.mark.parametrize("same", [{"entity_id": "42"}, {"entity_id": 42.0}, {"details": {"t": [12.0, {"u": 0}]}}])
def test_the_same_is_the_same_however_it_is_spelt(same: dict[str, Any], backend: Backend, tenant: str) -> None:
    first = {**LEAST, "entity_id": 42, "details": {"t": [12, {"u": 0.0}]}, "idempotency_key": "k"}
    recorded = backend.activity.record(tenant, "ana", **first)
    again = backend.activity.record(tenant, "ana", **{**first, **same})
    assert (again.new, again.activity) == (False, recorded.activity)


@pytest.mark.parametrize("other", [{"t": 12.5}, {"t": True}, {"t": "12"}, {"t": None}, {"t": 2.0**53}])
def test_what_is_another_number_is_something_else(other: dict[str, Any], backend: Backend, tenant: str) -> None:
    backend.activity.record(tenant, "ana", **LEAST, details={"t": 12}, idempotency_key="k")
    with pytest.raises(Conflict):
        backend.activity.record(tenant, "ana", **LEAST, details=other, idempotency_key="k")


def test_what_is_none_of_a_question_is_as_if_it_was_not_said(backend: Backend, tenant: str) -> None:
    record(backend, tenant)
    asked: dict[str, Any] = {"limit": None, "offset": None, "since": None, "entity_id": None, "user_id": None}
    assert backend.activity.feed(tenant, **asked) == backend.activity.feed(tenant)
