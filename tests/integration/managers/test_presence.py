"""Presence on a real Redis: the seed's methods, the list at its bounds, and sweeps of several nodes."""

from __future__ import annotations

import random
from typing import cast

import pytest

from app.errors import ConnectionLost
from app.realtime.store.due import DUE_BATCH
from app.realtime.store.keys import TenantKeys
from app.realtime.utils.message_types import PresenceStatus
from tests.integration.backend import Backend, Tape, assert_gapless, crowd, eventually, keys_of
from tests.integration.conftest import MakeBackend

# What a connection does.


def test_a_connection_that_redis_does_not_know_is_told_so(backend: Backend, tape: Tape, tenant: str) -> None:
    ana = backend.connect(tenant, "ana")
    backend.redis.delete(*keys_of(backend.redis, tenant))
    tape.heard()
    for action in (
        lambda: backend.presence.update(ana, None),
        lambda: backend.presence.heartbeat(ana, active=True),
        lambda: backend.presence.send_list(ana),
        lambda: backend.join(ana, "invoice:1"),
        lambda: backend.leave(ana, "invoice:1"),
    ):
        with pytest.raises(ConnectionLost):
            action()
    assert tape.names() == []
    assert keys_of(backend.redis, tenant) == []


# What a back end does.


def test_set_online_without_a_connection_lasts_for_the_grace(
    make_backend: MakeBackend, tape: Tape, tenant: str
) -> None:
    backend = make_backend(offline_timeout_seconds=0.05)
    tape.heard()
    presence = backend.presence.set_online("ana", tenant, "Ana", "mobile", "/reports")
    assert presence is not None
    assert (presence.status, presence.device_type, presence.current_page) == ("online", "mobile", "/reports")

    def swept() -> bool:
        backend.presence.check_inactive_users(tenant)
        return backend.presence.get_presence("ana", tenant) is None

    eventually(swept, "Ana is offline")
    assert tape.names() == ["presence:user_joined", "presence:user_left"]
    assert keys_of(backend.redis, tenant) == []


def test_set_online_of_a_connected_user_sets_no_grace(backend: Backend, tape: Tape, tenant: str) -> None:
    backend.connect(tenant, "ana")
    tape.heard()
    backend.presence.set_online("ana", tenant, "Ana")
    assert tape.names() == []
    assert backend.redis.exists(TenantKeys(tenant).grace) == 0


def test_the_server_sets_away_only_who_is_online(backend: Backend, tape: Tape, tenant: str) -> None:
    backend.connect(tenant, "ana")
    tape.heard()
    away = backend.presence.set_away("ana", tenant)
    assert away is not None
    assert away.status is PresenceStatus.AWAY
    backend.presence.set_away("ana", tenant)
    assert [one.payload["status"] for one in tape.heard()] == ["away"]
    busy = backend.presence.set_busy("ana", tenant)
    assert busy is not None
    assert busy.status is PresenceStatus.BUSY
    still = backend.presence.set_away("ana", tenant)
    assert still is not None
    assert still.status is PresenceStatus.BUSY
    assert [one.payload["status"] for one in tape.heard()] == ["busy"]


def test_nobody_becomes_online_by_being_set_away_busy_active_or_offline(
    backend: Backend, tape: Tape, tenant: str
) -> None:
    assert backend.presence.set_away("ana", tenant) is None
    assert backend.presence.set_busy("ana", tenant) is None
    assert backend.presence.update_activity("ana", tenant, "/x") is None
    assert backend.presence.set_offline("ana", tenant) is None
    assert backend.presence.get_presence("ana", tenant) is None
    assert tape.names() == []
    assert keys_of(backend.redis, tenant) == []


def test_set_offline_announces_once_and_returns_the_last_presence(backend: Backend, tape: Tape, tenant: str) -> None:
    backend.presence.set_online("ana", tenant, "Ana", current_page="/x")
    tape.heard()
    last = backend.presence.set_offline("ana", tenant)
    assert last is not None
    assert (last.status, last.current_page) == (PresenceStatus.OFFLINE, "/x")
    assert backend.presence.set_offline("ana", tenant) is None
    assert tape.names() == ["presence:user_left"]
    assert keys_of(backend.redis, tenant) == []


def test_a_connected_user_who_was_set_offline_is_online_again_by_the_next_event(
    backend: Backend, tape: Tape, tenant: str
) -> None:
    ana = backend.connect(tenant, "ana")
    backend.presence.set_offline("ana", tenant)
    tape.heard()
    with pytest.raises(ConnectionLost):  # the handler restores the connection then
        backend.presence.heartbeat(ana, active=True)
    backend.connections.restore_connection(ana)
    assert tape.names() == ["presence:user_joined", "presence:list"]
    backend.goodbye(ana)
    assert keys_of(backend.redis, tenant) == []


def test_activity_moves_the_user_and_is_announced_only_with_a_change_of_status(
    backend: Backend, tape: Tape, tenant: str
) -> None:
    backend.connect(tenant, "ana")
    tape.heard()
    presence = backend.presence.update_activity("ana", tenant, "/invoices/42", "invoice", "42")
    assert presence is not None
    assert (presence.current_page, presence.current_entity_id) == ("/invoices/42", "42")
    assert tape.names() == []
    backend.presence.set_away("ana", tenant)
    backend.presence.update_activity("ana", tenant)
    assert [one.payload["status"] for one in tape.heard()] == ["away", "online"]


# The list.


def test_the_list_is_ordered_by_name_then_id_by_code_point(backend: Backend, tape: Tape, tenant: str) -> None:
    names = [
        "Ana",
        "Ana B",
        "Ana\u00a0B",
        "AnaB",
        "ana",
        "Ána",
        "Zoe",
        'Z"oe',
        "Z\\oe",
        "Z/oe",
        "😀",
        "\uffee",
        "-",
        "é",
    ]
    people = [(name, user_id) for name in names for user_id in ("u10", "u2", "u-é", "U2")]
    random.Random(7).shuffle(people)
    for name, user_id in people:
        backend.presence.set_online(f"{user_id}.{names.index(name):02}", tenant, name)
    listed = [(user["user_name"], user["user_id"]) for user in backend.presence.get_online_users(tenant)]
    assert len(listed) == len(people)
    assert listed == sorted(listed)
    assert tape.heard()[-1].event == "presence:user_joined"


def test_five_thousand_users_are_all_in_the_list_once_and_in_order(backend: Backend, tape: Tape, tenant: str) -> None:
    crowd(backend, tenant, 5_000)
    ana = backend.connect(tenant, "ana", "Ana")
    pages = [tape.heard("presence:list")[-1].payload]
    while pages[-1]["next"] is not None:
        backend.presence.send_list(ana, after=pages[-1]["next"])
        pages.append(tape.heard("presence:list")[-1].payload)
    assert [(len(page["users"]), page["total"]) for page in pages] == [(1000, 5001)] * 5 + [(1, 5001)]
    ids = [user["user_id"] for page in pages for user in page["users"]]
    assert ids == ["ana", *(f"crowd-{number:05}" for number in range(5_000))]
    assert [user["user_id"] for user in backend.presence.get_online_users(tenant)] == ids
    backend.goodbye(ana)
    backend.redis.delete(*keys_of(backend.redis, tenant))


def test_who_comes_and_goes_between_two_pages_moves_nobody(backend: Backend, tape: Tape, tenant: str) -> None:
    people = {name: backend.connect(tenant, name.lower(), name) for name in ("Ana", "Ben", "Cleo", "Dan")}
    tape.heard()
    backend.presence.send_list(people["Dan"], limit=2)
    first = tape.heard("presence:list")[-1].payload
    backend.goodbye(people["Ben"])
    backend.connect(tenant, "abe", "Abe")
    backend.presence.send_list(people["Dan"], after=first["next"], limit=2)
    second = tape.heard("presence:list")[-1].payload
    assert [user["user_name"] for user in first["users"] + second["users"]] == ["Ana", "Ben", "Cleo", "Dan"]
    assert (first["total"], second["total"], second["next"]) == (4, 4, None)
    assert second["seq"] == first["seq"] + 2


def test_the_filter_finds_who_views_that_entity_and_nobody_else(backend: Backend, tape: Tape, tenant: str) -> None:
    places = {
        "ana": ("invoice", "42"),
        "ben": ("invoice", "4"),
        "cleo": ("invoice", "421"),
        "dan": ("invoices", "42"),
        "eve": ("report", "42"),
        "fay": (None, None),
        "gus": ("invoice", None),
    }
    connections = {user_id: backend.connect(tenant, user_id) for user_id in places}
    for user_id, (kind, number) in places.items():
        backend.presence.update(connections[user_id], None, None, kind, number)
    tape.heard()

    def ids(users: list[dict[str, object]]) -> list[object]:
        return [user["user_id"] for user in users]

    assert ids(backend.presence.get_users_viewing_entity(tenant, "invoice", "42")) == ["ana"]
    for entity in (("invoice", None), ("invoice", "421"), ("contract", None)):
        backend.presence.send_list(connections["fay"], *entity)
    heard = tape.heard()
    assert [ids(one.payload["users"]) for one in heard] == [["ana", "ben", "cleo", "gus"], ["cleo"], []]
    assert {one.room for one in heard} == {connections["fay"].sid}
    backend.presence.update(connections["ana"], None, "/x", None, None)
    assert backend.presence.get_users_viewing_entity(tenant, "invoice", "42") == []


# What time does.


def test_inactivity_makes_away_once_who_is_online_and_never_who_is_busy(
    make_backend: MakeBackend, tape: Tape, tenant: str
) -> None:
    backend, other = make_backend(away_timeout_seconds=0.05), make_backend(away_timeout_seconds=0.05)
    ben = backend.connect(tenant, "ben")
    backend.presence.update(ben, PresenceStatus.BUSY)
    cleo = backend.connect(tenant, "cleo")
    backend.presence.update(cleo, PresenceStatus.AWAY)
    backend.connect(tenant, "ana")
    tape.heard()
    found: list[str] = []

    def swept() -> bool:
        found.extend(other.presence.check_inactive_users(tenant) + backend.presence.check_inactive_users(tenant))
        return bool(found)

    eventually(swept, "Ana is away")
    assert found == ["ana"]
    assert [(one.payload["user_id"], one.payload["status"]) for one in tape.heard()] == [("ana", "away")]
    assert backend.presence.expire(tenant) == ([], None)


def test_more_inactive_users_than_one_look_takes_are_all_found(
    make_backend: MakeBackend, tape: Tape, tenant: str
) -> None:
    backend = make_backend(away_timeout_seconds=0.05)
    tape.heard()
    crowd(backend, tenant, DUE_BATCH + 20)
    found: set[str] = set()

    def swept() -> bool:
        found.update(backend.presence.check_inactive_users(tenant))
        return len(found) == DUE_BATCH + 20

    eventually(swept, "all are away")
    heard = tape.heard("presence:update")
    assert len(heard) == len({one.payload["user_id"] for one in heard}) == DUE_BATCH + 20
    assert_gapless(heard)
    backend.redis.delete(*keys_of(backend.redis, tenant))


def test_a_sweep_says_when_the_next_one_is_due(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(away_timeout_seconds=100, offline_timeout_seconds=40)
    assert backend.presence.expire(tenant) == ([], None)
    ana = backend.connect(tenant, "ana")
    assert backend.presence.expire(tenant)[1] == pytest.approx(100, abs=5)
    backend.connect(tenant, "ben")
    backend.lose(ana)
    assert backend.presence.expire(tenant)[1] == pytest.approx(40, abs=5)


def test_on_another_master_the_counter_goes_on_above_what_was_told_and_from_the_first_list_without_gaps(
    backend: Backend, tape: Tape, tenant: str
) -> None:
    ana, ben = backend.connect(tenant, "ana"), backend.connect(tenant, "ben")
    keys = TenantKeys(tenant)
    for status in (PresenceStatus.BUSY, PresenceStatus.AWAY, PresenceStatus.BUSY):
        backend.presence.update(ben, status)
        backend.presence.send_list(ana)
    assert_gapless(tape.heard())
    told = int(cast("str", backend.redis.get(keys.seq)))
    backend.redis.set(keys.seq, told - 2)
    backend.redis.set(keys.seq_master, "0" * 40)
    backend.presence.send_list(ana)
    backend.presence.send_list(ben)
    backend.presence.update(ben, PresenceStatus.ONLINE)
    seqs = [one.payload["seq"] for one in tape.heard()]
    assert seqs[0] > told
    assert seqs == [seqs[0], seqs[0], seqs[0] + 1]
