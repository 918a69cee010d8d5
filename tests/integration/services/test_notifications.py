"""Notifications on a real Redis: the Python API, and keys that end; features/notifications.feature proves the rest."""

from __future__ import annotations

from typing import Any, cast

import pytest

from app.realtime.services.notification_service import Notification, NotificationService
from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules.errors import InvalidPayload, NotFound
from tests.integration.backend import Backend, Heard, Tape, eventually

#: What a notification must have.
LEAST = {"type": "approval", "title": "Invoice 42 waits for you"}


def make(backend: Backend, tenant: str, user_id: str = "ana", **fields: Any) -> Notification:
    return backend.notifications.create(tenant, user_id, **{**LEAST, **fields}).notification


def counts(heard: list[Heard]) -> list[int]:
    return [one.payload["count"] for one in heard if one.event == "notification:count"]


def titles(backend: Backend, tenant: str, **wanted: Any) -> list[str]:
    return [one.title for one in backend.notifications.list(tenant, "ana", **wanted).notifications]


def test_for_a_user_who_is_not_connected_nothing_is_published(backend: Backend, tape: Tape, tenant: str) -> None:
    backend.connect(tenant, "ben")
    tape.heard()
    make(backend, tenant)
    assert tape.heard() == []
    assert backend.notifications.unread_count(tenant, "ana") == 1


def test_reading_all_says_how_many_there_were(backend: Backend, tape: Tape, tenant: str) -> None:
    for _ in range(3):
        make(backend, tenant)
    tape.heard()
    assert backend.notifications.mark_all_read(tenant, "ana") == 3
    assert backend.notifications.mark_all_read(tenant, "ana") == 0
    assert counts(tape.heard()) == [0, 0]
    assert all(one.is_read and one.read_at for one in backend.notifications.list(tenant, "ana").notifications)


def test_pages_are_newest_first_and_count_what_was_asked_for(backend: Backend, tenant: str) -> None:
    made = [make(backend, tenant, title=f"{number}") for number in range(5)]
    for one in made[1:4:2]:
        backend.notifications.mark_read(tenant, "ana", one.id)
    page = backend.notifications.list(tenant, "ana", limit=2, offset=1)
    assert ([one.title for one in page.notifications], page.total, page.unread_count) == (["3", "2"], 5, 3)
    assert [one.is_read for one in page.notifications] == [True, False]
    assert titles(backend, tenant, unread_only=True) == ["4", "2", "0"]
    unread = backend.notifications.list(tenant, "ana", unread_only=True, limit=1)
    assert (unread.total, unread.unread_count) == (3, 3)
    assert titles(backend, tenant, unread_only=True, limit=2, offset=2) == ["0"]
    assert titles(backend, tenant, offset=5) == []


def test_without_anybody_to_look_the_keys_go_some_time_after_the_last_of_them(backend: Backend, tenant: str) -> None:
    make(backend, tenant, "ana", expires_in=60)
    make(backend, tenant, "ben", expires_in=30)
    make(backend, tenant, "ben", expires_in=90)
    keys, hour = TenantKeys(tenant), 3600
    for key, seconds in (
        (keys.notifications("ana"), 60),
        (keys.notifications_unread("ben"), 90),
        (keys.notifications_ends("ben"), 90),
        (keys.notifications_due, 90),
    ):
        assert seconds - 10 < cast("int", backend.redis.ttl(key)) - hour <= seconds


def test_the_end_of_the_last_one_is_told_too(backend: Backend, tape: Tape, tenant: str) -> None:
    backend.connect(tenant, "ana")
    make(backend, tenant, expires_in=1)
    tape.heard()
    assert eventually(lambda: (backend.notifications.expire(tenant), counts(tape.heard()))[1], "the count") == [0]
    assert backend.notifications.expire(tenant) is None


def test_an_end_is_never_later_than_that_of_all(backend: Backend, tenant: str) -> None:
    short = NotificationService(backend.redis, notification_ttl_seconds=60)
    short.create(tenant, "ana", **LEAST, expires_in=3600)
    assert cast("int", backend.redis.ttl(TenantKeys(tenant).notifications("ana"))) <= 60 + 3600


def test_with_too_many_the_oldest_that_was_read_goes_and_then_the_oldest(
    backend: Backend, tape: Tape, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotificationService, "MAX_NOTIFICATIONS", 3)
    backend.connect(tenant, "ana")
    made = [make(backend, tenant, title=f"{number}") for number in range(3)]
    backend.notifications.mark_read(tenant, "ana", made[1].id)
    tape.heard()
    make(backend, tenant, title="3")
    assert titles(backend, tenant) == ["3", "2", "0"]
    make(backend, tenant, title="4")
    assert titles(backend, tenant) == ["4", "3", "2"]
    assert counts(tape.heard()) == [3]  # and not again: it is 3 still


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"title": ""}, "/title"),
        ({"idempotency_key": ""}, "/idempotency_key"),
        ({"idempotency_key": 5}, "/idempotency_key"),
        ({"idempotency_key": "k" * 256}, "/idempotency_key"),
        ({"idempotency_key": "\ud800"}, "/idempotency_key"),
        ({"tenant_id": ""}, "/tenant_id"),
    ],
)
def test_what_the_contract_does_not_allow_is_refused_where_it_is_wrong(
    wrong: dict[str, Any], path: str, backend: Backend, tenant: str
) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        backend.notifications.create(**{"tenant_id": tenant, "user_id": "ana", **LEAST, **wrong})
    assert refusal.value.details is not None
    assert refusal.value.details["path"] == path
    assert backend.notifications.unread_count(tenant, "ana") == 0


@pytest.mark.parametrize(
    "same", [{"source_id": "42"}, {"source_id": 42.0}, {"priority": None}, {"priority": "normal", "message": None}]
)
def test_the_same_is_the_same_however_it_is_spelt(same: dict[str, Any], backend: Backend, tenant: str) -> None:
    first = {**LEAST, "source_type": "invoice", "source_id": 42, "idempotency_key": "k"}
    made = backend.notifications.create(tenant, "ana", **first)
    read, _ = backend.notifications.mark_read(tenant, "ana", made.notification.id)
    again = backend.notifications.create(tenant, "ana", **{**first, **same})
    assert (made.new, again.new, again.notification) == (True, False, read)


def test_when_the_clock_goes_back_the_new_one_is_still_the_newest(
    backend: Backend, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotificationService, "MAX_NOTIFICATIONS", 3)
    made = [make(backend, tenant, title=f"{number}") for number in range(3)]
    for one in made:  # as if Redis' clock had been an hour ahead
        backend.redis.zincrby(TenantKeys(tenant).notifications_unread("ana"), 3_600_000_000, one.id)
    make(backend, tenant, title="3")
    assert titles(backend, tenant) == ["3", "2", "1"]
    backend.notifications.mark_all_read(tenant, "ana")
    make(backend, tenant, title="4")
    assert titles(backend, tenant) == ["4", "3", "2"]


@pytest.mark.parametrize("id_", [None, "", [], {}, True, 5, b"x", "\ud800", "a b", "x" * 65])
def test_what_is_no_id_is_not_found(id_: Any, backend: Backend, tenant: str) -> None:
    make(backend, tenant)
    for do in (backend.notifications.mark_read, backend.notifications.delete):
        with pytest.raises(NotFound):
            do(tenant, "ana", id_)
    assert backend.notifications.unread_count(tenant, "ana") == 1


def test_what_is_none_of_a_question_is_as_if_it_was_not_said(backend: Backend, tenant: str) -> None:
    make(backend, tenant)
    asked: dict[str, Any] = {"unread_only": None, "limit": None, "offset": None}
    assert backend.notifications.list(tenant, "ana", **asked) == backend.notifications.list(tenant, "ana")
