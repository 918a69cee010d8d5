"""exchanges.json against what the server's scripts publish: an event leads to what they say, and to nothing else."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from realtime_contracts.contract.exchanges import exchanges
from realtime_contracts.contract.registry import Direction, registry

#: Which scripts handle an event.
SCRIPTS = {
    "connect": ["connect"],
    "auth:refresh": [],
    "presence:update": ["presence_set"],
    "presence:list": ["presence_list"],
    "heartbeat": ["presence_set"],
    "room:join": ["room_join"],
    "room:leave": ["room_leave"],
    "room:users": ["room_users"],
    "cursor:move": ["cursor_move", "cursor_announce"],
    "cursor:sync": ["cursor_sync"],
    "cursor:remove": ["cursor_remove"],
    "typing:start": ["typing_start"],
    "typing:stop": ["typing_stop"],
    "doc:sync": ["doc_sync"],
    "doc:edit": ["doc_read", "doc_edit"],
    "doc:lock": ["doc_lock"],
    "doc:unlock": ["doc_unlock"],
    "doc:lock_status": ["doc_lock_status"],
    "notification:read": ["notification_read"],
    "notification:count": ["notification_count"],
    "activity:feed": ["activity_feed"],
}
#: What handlers send themselves, to the one who asked.
BY_HANDLERS = {"connect": {"connect_error"}, "heartbeat": {"heartbeat_ack"}}
#: What runs without a client's event: by time, by the end of a connection, for a back end or REST.
UNASKED = ["disconnect", "presence_expire", "presence_offline", "presence_online", "presence_set", "room_expire"]
UNASKED += ["cursor_announce", "doc_open", "activity_record", "notification_create", "notification_delete"]
UNASKED += ["notification_expire", "notification_list", "notification_read"]
#: A cursor that waited for the rate is told of later, as what `cursor:move` led to.
ASKED_BEFORE = {"cursor:move"}


def published(script: str) -> set[str]:
    """The events that a script's header says it publishes."""
    text = (files("app.realtime.store") / "scripts" / f"{script}.lua").read_text(encoding="utf-8")
    header = re.split(r"\n(?!--)", text, maxsplit=1)[0]
    said = header[header.index("-- publishes") :]
    return set(re.findall(r"[a-z]+:[a-z_]+", said)) | ({"activity"} if "publishes activity " in said else set())


@pytest.mark.parametrize("event", sorted(SCRIPTS))
def test_an_event_leads_to_what_its_scripts_publish_and_to_nothing_else(event: str) -> None:
    exchange = exchanges().by_event[event]

    expected = set().union(*map(published, SCRIPTS[event]), BY_HANDLERS.get(event, set()))

    assert {*exchange.to_sender, *exchange.to_others} == expected


def test_every_event_of_a_client_has_its_scripts() -> None:
    assert SCRIPTS.keys() == exchanges().by_event.keys() == set(registry().events(Direction.CLIENT))


def test_what_comes_unasked_is_said() -> None:
    expected = set().union(*map(published, UNASKED)) - ASKED_BEFORE

    assert expected <= exchanges().by_itself.keys()


@pytest.mark.parametrize(
    "event",
    [
        *("presence:user_joined", "presence:list", "notification:count", "room:user_joined", "room:users"),
        *("cursor:sync", "typing:users", "doc:lock_status", "doc:sync"),
    ],
)
def test_what_a_recovery_sends_comes_unasked_too(event: str) -> None:
    assert event in exchanges().by_itself


@pytest.mark.parametrize(
    ("event", "to_sender", "to_others"),
    [
        ("connect", "presence:list", "presence:update"),  # another name, or an automatic away that ends
        ("room:join", "typing:users", "room:user_joined"),
        ("typing:stop", "presence:update", "presence:update"),
        ("notification:read", "notification:count", "notification:count"),  # in the user's other tabs
        ("notification:count", "notification:count", "notification:count"),
    ],
)
def test_who_gets_it(event: str, to_sender: str, to_others: str) -> None:
    exchange = exchanges().by_event[event]

    assert to_sender in exchange.to_sender
    assert to_others in exchange.to_others
