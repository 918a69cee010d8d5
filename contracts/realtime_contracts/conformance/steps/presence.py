"""Status, location, inactivity, heartbeats, the list and its numbers."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_bdd import given, then, when

from realtime_contracts.conformance.phrase import Phrase
from realtime_contracts.conformance.steps.connecting import assert_equal
from realtime_contracts.conformance.steps.hearing import hear, listeners
from realtime_contracts.conformance.tab import Tab
from realtime_contracts.conformance.timeouts import PATIENCE
from realtime_contracts.conformance.view import PRESENCE_MESSAGES, PresenceView
from realtime_contracts.conformance.world import Person, World

#: How far the server's clock may be from ours, in seconds, before its time is not "now".
CLOCK_SKEW = 5.0


# How somebody is


@given(Phrase("{who} is {status}"))
def given_status(world: World, who: str, status: str) -> None:
    person = present(world, who)
    if person.tab.view.users[person.user_id].status != status:
        person.tab.call("presence:update", {"status": status})
        world.settle(person.tenant)


@given(Phrase("{who} is away by choice"))
def away_by_choice(world: World, who: str) -> None:
    present(world, who).tab.call("presence:update", {"status": "away"})
    world.settle(world[who].tenant)


@given(Phrase("{who} is away for inactivity"))
def away_for_inactivity(world: World, who: str) -> None:
    person = present(world, who)
    see_status(world, person, "away", world.timeouts.away + PATIENCE)


@given(Phrase('{who} is on page "{page}"'))
def given_page(world: World, who: str, page: str) -> None:
    given_update(world, who, {"current_page": page})


@given(Phrase('{who} is viewing "{entity}"'))
def given_viewing(world: World, who: str, entity: str) -> None:
    entity_type, entity_id = entity.split(":")
    given_update(world, who, {"entity_type": entity_type, "entity_id": entity_id})


@given(Phrase("the message that {whom} is {status} never reached {who}"))
def lost_message(world: World, whom: str, status: str, who: str) -> None:
    given_update(world, whom, {"status": status})
    world.notes["lost"] = world[who].tab.expect("presence:update", since=0, status=status).payload["seq"]


def given_update(world: World, who: str, change: dict[str, Any]) -> None:
    """Somebody is somewhere, with the status they had."""
    person = present(world, who)
    status = person.tab.view.users[person.user_id].status
    answer = person.tab.call("presence:update", {"status": status, **change})
    assert_equal(answer["ok"], True, f"the answer to {change}")
    world.settle(person.tenant)


def present(world: World, who: str) -> Person:
    """Somebody, connected if they were not."""
    if not world[who].tabs:
        world.connect(world[who])
    return world[who]


# What somebody does


@when(Phrase("{who} sets herself {status}"))
def set_status(world: World, who: str, status: str) -> None:
    update(world, who, {"status": status})


@when(Phrase('{who} sets herself {status} on page "{page}" viewing "{entity}"'))
def set_everything(world: World, who: str, status: str, page: str, entity: str) -> None:
    entity_type, entity_id = entity.split(":")
    update(world, who, {"status": status, "current_page": page, "entity_type": entity_type, "entity_id": entity_id})


@when(Phrase('{who} moves to page "{page}"'))
def move(world: World, who: str, page: str) -> None:
    update(world, who, {"current_page": page})


@when(Phrase("{who} updates her presence without a payload"))
def update_nothing(world: World, who: str) -> None:
    update(world, who, None)


@when(Phrase("{who} updates her presence with {payload}"))
def update_with(world: World, who: str, payload: str) -> None:
    update(world, who, json.loads(payload))


@when(Phrase("{who} sends a heartbeat"))
@when(Phrase("{who} sends a heartbeat {how}"))
def heartbeat(world: World, who: str, how: str = "without a payload") -> None:
    payloads: dict[str, list[dict[str, bool]]] = {
        "without a payload": [],
        "with an empty payload": [{}],
        "that says active": [{"active": True}],
        "that says inactive": [{"active": False}],
    }
    act(world, who, world[who].tab, "heartbeat", *payloads[how])


@when(Phrase("{who} sends an inactive heartbeat"))
def inactive_heartbeat(world: World, who: str) -> None:
    act(world, who, world[who].tab, "heartbeat", {"active": False})


@when(Phrase("the second tab of {who} sends a heartbeat"))
def second_heartbeat(world: World, who: str) -> None:
    act(world, who, world[who].tabs[1], "heartbeat")


@when(Phrase("{who} sends heartbeats while {whom} does nothing and becomes away"))
def heartbeats(world: World, who: str, whom: str) -> None:
    keep_beating(world, world[who].tab, world[whom], {})


@when(Phrase("the second tab of {who} sends heartbeats while {whom} does nothing and becomes away"))
def second_heartbeats(world: World, who: str, whom: str) -> None:
    keep_beating(world, world[who].tabs[1], world[whom], {})


@when(Phrase("{who} sends inactive heartbeats until long after"))
def inactive_heartbeats(world: World, who: str) -> None:
    keep_beating(world, world[who].tab, world[who], {"active": False})


@when(Phrase("{who} has been inactive for long"))
def inactive_for_long(world: World, who: str) -> None:
    stranger = world.hire("Stranger", "", "herald-idle")
    stranger.tenant = world[who].tenant
    world.connect(stranger)
    see_status(world, stranger, "away", world.timeouts.away + PATIENCE)
    stranger.tabs.pop().goodbye()
    world[who].tab.expect("presence:user_left", user_id=stranger.user_id)


@when(Phrase("{who} moves through {n} pages while {whom} asks {m} times who is online"))
def move_and_ask(world: World, who: str, n: str, whom: str, m: str) -> None:
    def move_on() -> None:
        for page in range(int(n)):
            world[who].tab.call("presence:update", {"current_page": f"/{page}"})

    thread = threading.Thread(target=move_on)
    thread.start()
    try:
        for _ in range(int(m)):
            world[whom].tab.ask_list()
    finally:
        thread.join()
    world.notes["page"] = f"/{int(n) - 1}"


def update(world: World, who: str, payload: dict[str, Any] | None) -> None:
    """`presence:update`, the answer kept for the scenario."""
    payloads = [] if payload is None else [payload]
    act(world, who, world[who].tab, "presence:update", *payloads)


def act(world: World, who: str, tab: Tab, event: str, *payloads: Any) -> None:
    """Send an event and keep its answer as "the answer"."""
    world.actor = world[who]
    world[who].acting = tab
    world.answer = tab.call(event, *payloads)
    world.notes["event"] = event


def keep_beating(world: World, tab: Tab, until_away: Person, payload: dict[str, Any]) -> None:
    """Send heartbeats, several in the time of inactivity, until somebody is seen as away."""
    beats = threading.Event()
    seen = until_away.tab

    def beat() -> None:
        while not beats.wait(world.timeouts.away / 8):
            tab.call("heartbeat", payload)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        away = world.timeouts.away + PATIENCE
        seen.expect("presence:update", user_id=until_away.user_id, status="away", within=away)
    finally:
        beats.set()
        thread.join()


# The list


@when(Phrase("{people} ask who is online"))
@when(Phrase("{people} asks who is online"))
@when(Phrase("{people} asks who is online {how}"))
def ask_list(world: World, people: list[str], how: str = "without a payload") -> None:
    for name in people:
        tab = world[name].tab
        start = len(tab.journal)
        if how == "without asking for ack":
            tab.client.emit("presence:list")
            listed = tab.expect("presence:list", since=start).payload
        else:
            listed = tab.ask_list({} if how == "with an empty payload" else None)
            world.answer = tab.answer(start)
        world.notes["list", name] = listed
        world.notes["list"] = listed


@when(Phrase('the user "{user_id}" asks who is online'))
def user_asks_list(world: World, user_id: str) -> None:
    world.notes["list"] = world[user_id].tab.ask_list()


@when(Phrase('{who} asks who is viewing "{entity}"'))
def ask_viewing(world: World, who: str, entity: str) -> None:
    entity_type, entity_id = entity.split(":")
    ask_filtered(world, who, {"entity_type": entity_type, "entity_id": entity_id})


@when(Phrase('{who} asks who is viewing any "{entity_type}"'))
def ask_viewing_type(world: World, who: str, entity_type: str) -> None:
    ask_filtered(world, who, {"entity_type": entity_type})


@when(Phrase('{who} asks who is viewing "{entity_type}" number {n}'))
def ask_viewing_number(world: World, who: str, entity_type: str, n: str) -> None:
    ask_filtered(world, who, {"entity_type": entity_type, "entity_id": int(n)})


@when(Phrase("{who} asks who is viewing number {n} of no type"))
def ask_viewing_untyped(world: World, who: str, n: str) -> None:
    act(world, who, world[who].tab, "presence:list", {"entity_id": int(n)})


@then(Phrase("the list that {who} gets is empty"))
def list_empty(world: World, who: str) -> None:
    assert_equal(list_of(world, who)["users"], [], f"the list that {who} gets")


@then(Phrase("the list that {who} gets shows {people}"))
def list_shows(world: World, who: str, people: list[str]) -> None:
    shown = [user["user_name"] for user in list_of(world, who)["users"]]
    assert_equal(shown, people, f"the list that {who} gets")


@then(Phrase("the lists that {people} get show {others}"))
def lists_show(world: World, people: list[str], others: list[str]) -> None:
    for who in people:
        list_shows(world, who, others)


@then(Phrase('the list that {who} gets shows {whom} as {status} on page "{page}"'))
def list_shows_page(world: World, who: str, whom: str, status: str, page: str) -> None:
    list_shows_as(world, who, whom, status, page)


@then(Phrase("the list that {who} gets shows {whom} as {status} on no page"))
def list_shows_no_page(world: World, who: str, whom: str, status: str) -> None:
    list_shows_as(world, who, whom, status, None)


@then(Phrase("the list has the ids {ids_}"))
def list_ids(world: World, ids_: str) -> None:
    assert_equal([user["user_id"] for user in world.notes["list"]["users"]], ids_.split(", "), "the ids in the list")


@then(Phrase("the list has the number of the message that {who} is {status}"))
def list_number(world: World, who: str, status: str) -> None:
    message = world[who].tab.expect("presence:update", since=0, user_id=world[who].user_id, status=status)
    assert_equal(world.notes["list"]["seq"], message.payload["seq"], "the number of the list")


@then("the answer is a plain success")
def plain_success(world: World) -> None:
    assert_equal(world.answer, {"ok": True}, "the answer")


@then(Phrase("no list that {who} got was older than a message before it"))
def no_old_list(world: World, who: str) -> None:
    assert_equal(world[who].tab.view.complaints, [], f"what {who}'s view complains of")


def ask_filtered(world: World, who: str, payload: dict[str, Any]) -> None:
    world.notes["list", who] = world[who].tab.ask_list(payload)


def list_of(world: World, who: str) -> dict[str, Any]:
    """The list that somebody has asked for in this scenario, or asks for now."""
    asked: dict[str, Any] | None = world.notes.pop(("list", who), None)
    return world[who].tab.ask_list() if asked is None else asked


def list_shows_as(world: World, who: str, whom: str, status: str, page: str | None) -> None:
    listed = list_of(world, who)
    world.notes["list", who] = listed
    entry = next(user for user in listed["users"] if user["user_id"] == world[whom].user_id)
    assert_equal((entry["status"], entry["current_page"]), (status, page), f"{whom} in the list")


# What is seen


@then(Phrase("{people} are told that {whom} is {status}"))
@then(Phrase("{people} is told that {whom} is {status}"))
def told(world: World, people: list[str], whom: str, status: str) -> None:
    for listener in listeners(world, people):
        hear(world, listener, "presence:update", world[whom], status=status, user_name=whom)


@then(Phrase("{who} is told that {whom} is {status} on page {page_} viewing {entity_}"))
def told_location(world: World, who: str, whom: str, status: str, page_: str, entity_: str) -> None:
    page = None if page_ == "nothing" else page_.strip('"')
    entity_type, entity_id = (None, None) if entity_ == "nothing" else entity_.strip('"').split(":")
    hear(
        world,
        world[who],
        "presence:update",
        world[whom],
        status=status,
        current_page=page,
        current_entity_type=entity_type,
        current_entity_id=entity_id,
    )


@then(Phrase("both tabs of {who} are told"))
def both_told(world: World, who: str) -> None:
    assert_equal(len(world[who].tabs), 2, f"the tabs of {who}")
    hear(world, world[who], "presence:update", world[who])


@then(Phrase("{who} sees {whom} as {status}"))
def sees(world: World, who: str, whom: str, status: str) -> None:
    tab, user_id = world[who].tab, world[whom].user_id
    tab.wait_until(lambda: status_in(tab, user_id) == status, f"{whom} as {status}")


@then(Phrase("everybody sees {whom} as {status}"))
def everybody_sees(world: World, whom: str, status: str) -> None:
    world.barrier(world[whom].tenant)
    see_status(world, world[whom], status, PATIENCE)
    for tab in world.company(world[whom].tenant):
        tab.ask_list()
        assert_equal(status_in(tab, world[whom].user_id), status, f"the status of {whom} in the list")


@then(Phrase('everybody sees that {whom} is called "{name}"'))
def everybody_sees_name(world: World, whom: str, name: str) -> None:
    world.barrier(world[whom].tenant)
    for tab in world.company(world[whom].tenant):
        assert_equal(tab.view.users[world[whom].user_id].name, name, f"the name of {whom} in {tab.label}")


@then(Phrase('everybody sees {whom} on page "{page}"'))
def everybody_sees_page(world: World, whom: str, page: str) -> None:
    see_page(world, world[whom], page)


@then(Phrase("everybody sees {whom} on no page"))
def everybody_sees_no_page(world: World, whom: str) -> None:
    see_page(world, world[whom], None)


@then(Phrase("{who}'s change of status was announced only if there was one, or if she asked"))
def announced_rightly(world: World, who: str) -> None:
    person = world[who]
    for tab in world.company(person.tenant):
        if tab in person.tabs[1:]:
            continue  # a tab that has just come
        heard = [e for e in world.heard(tab) if e.name == "presence:update" and e.payload["user_id"] == person.user_id]
        before = [e.payload["status"] for e in tab.journal.events("presence:update") if e not in heard]
        was = before[-1] if before else "online"
        expected = 1 if world.notes.get("event") == "presence:update" or was != status_in(tab, person.user_id) else 0
        assert_equal(len(heard), expected, f"how often {tab.label} heard of {who}'s status")


@then(Phrase("the answer is the presence of {who} as it now is"))
def answer_is_presence(world: World, who: str) -> None:
    message = world[who].tab.expect("presence:update", user_id=world[who].user_id)
    assert_equal(world.answer, {"ok": True, **message.payload}, "the answer")


@then(Phrase("the answer has the number that {who} hears"))
def answer_number(world: World, who: str) -> None:
    assert_equal(world.answer["seq"], world[who].tab.expect("presence:update").payload["seq"], "the number")


# Numbers


@then(Phrase("{who} has heard {n} presence messages with consecutive numbers"))
@then(Phrase("{who} has heard {n} presence message with the next number"))
def consecutive(world: World, who: str, n: str) -> None:
    tab = world[who].tab
    before = tab.journal.since(0)[: tab.mark]
    last = max(e.payload["seq"] for e in before if e.kind == "event" and "seq" in e.payload)

    def numbers() -> list[int]:
        return [e.payload["seq"] for e in tab.journal.events(since=tab.mark) if e.name in PRESENCE_MESSAGES]

    tab.wait_until(lambda: len(numbers()) >= int(n), f"{n} presence messages")
    assert_equal(numbers(), list(range(last + 1, last + 1 + int(n))), "the numbers of the messages")


@then(Phrase("{who} sees a gap"))
def sees_gap(world: World, who: str) -> None:
    """Fold what came, but for the message that is said to be lost."""
    tab = world[who].tab
    tab.expect("presence:update")
    view = PresenceView()
    for entry in tab.journal.events():
        if entry.name == "presence:list":
            view.take_list(entry.payload)
        elif entry.name in PRESENCE_MESSAGES and entry.payload["seq"] != world.notes["lost"]:
            view.take_message(entry.name, entry.payload)
    assert_equal(view.gap, True, f"a gap in what {who} heard")
    world.notes["view"] = view


@then(Phrase("with the list that he asks for {who} sees what {whom} sees"))
def right_again(world: World, who: str, whom: str) -> None:
    view: PresenceView = world.notes["view"]
    view.take_list(world[who].tab.ask_list())
    assert_equal((view.gap, view.users), (False, world[whom].tab.view.users), f"what {who} sees")


# Heartbeats


@then(Phrase("{who} gets a heartbeat_ack with the time of now"))
def heartbeat_ack(world: World, who: str) -> None:
    is_now(world[who].tab.expect("heartbeat_ack").payload["timestamp"])


@then("the answer has the time of now, too")
def answer_is_now(world: World) -> None:
    assert_equal(sorted(world.answer), ["ok", "timestamp"], "the fields of the answer")
    is_now(world.answer["timestamp"])


@then(Phrase("{who}'s last activity is that heartbeat"))
def last_activity_is(world: World, who: str) -> None:
    assert_equal(last_active(world, who), world.answer["timestamp"], "the last activity")


@then(Phrase("{who}'s last activity is before that heartbeat"))
def last_activity_before(world: World, who: str) -> None:
    if not last_active(world, who) < world.answer["timestamp"]:
        raise AssertionError("an inactive heartbeat counts as activity")


def last_active(world: World, who: str) -> str:
    listed = world[who].tab.ask_list()
    return next(str(u["last_active_at"]) for u in listed["users"] if u["user_id"] == world[who].user_id)


def is_now(text: str) -> None:
    off = abs(datetime.fromisoformat(text) - datetime.now(UTC))
    if off > timedelta(seconds=CLOCK_SKEW):
        raise AssertionError(f"{text} is {off} from now")


# Views


def status_in(tab: Tab, user_id: str) -> str | None:
    """The status of a user in a tab's view, None if they are not online there."""
    seen = tab.view.users.get(user_id)
    return seen.status if seen else None


def see_status(world: World, person: Person, status: str, within: float) -> None:
    """Everybody, the person's own tabs too, sees a status."""
    user_id = person.user_id
    world.everybody(person.tenant, lambda tab: status_in(tab, user_id) == status, f"{person.name} as {status}", within)


def see_page(world: World, person: Person, page: str | None) -> None:
    """Everybody sees somebody on a page."""
    user_id = person.user_id
    world.everybody(
        person.tenant,
        lambda tab: user_id in tab.view.users and tab.view.users[user_id].page == page,
        f"{person.name} on page {page}",
    )
