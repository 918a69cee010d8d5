"""People, their tabs and their tokens."""

from __future__ import annotations

import threading
import urllib.parse
from typing import Any

from pytest_bdd import given, then, when

from realtime_contracts.conformance import forged
from realtime_contracts.conformance.phrase import Phrase
from realtime_contracts.conformance.raw import BareTransport, handshake, handshake_of
from realtime_contracts.conformance.tab import Tab
from realtime_contracts.conformance.timeouts import PATIENCE
from realtime_contracts.conformance.world import Person, World
from realtime_contracts.tokens import ABSENT

#: Seconds a token lives that "is about to expire": its end is a whole second, so between one and two.
SHORT_TTL = 2.0
#: Bytes of a message, as the handshake announces them.
MAX_PAYLOAD = 1024 * 1024


@given(Phrase('{people} work at "{company}"'))
@given(Phrase('{people} works at "{company}"'))
def hire(world: World, people: list[str], company: str) -> None:
    for name in people:
        world.hire(name, company)


@given(Phrase("{people} are connected"))
@given(Phrase("{people} is connected"))
def connected(world: World, people: list[str]) -> None:
    for name in people:
        world.connect(world[name])


@given(Phrase("{who} has two tabs open"))
def two_tabs(world: World, who: str) -> None:
    world.connect(world[who])
    world.connect(world[who])


@given(Phrase("{who} has {n} tabs open"))
def many_tabs(world: World, who: str, n: str) -> None:
    for _ in range(int(n)):
        world.connect(world[who])


@given(Phrase("{who} has a second tab open"))
def second_tab(world: World, who: str) -> None:
    if not world[who].tabs:
        world.connect(world[who])
    world.connect(world[who])


@given(Phrase('these users of "{company}" are connected:'))
def these_users(world: World, company: str, datatable: list[list[str]]) -> None:
    for user_id, name in datatable[1:]:
        person = world.hire(name, company, user_id)
        world.connect(person)


@given(Phrase("{who} is connected with a token that is about to expire"))
def short_token(world: World, who: str) -> None:
    world.connect(world[who], ttl=SHORT_TTL)


@given(Phrase("{who} was refused"))
def was_refused(world: World, who: str) -> None:
    knock(world, world[who], {"token": "garbage"})


# Coming


@when(Phrase("{who} connects"))
@when(Phrase("{who} comes back"))
@when(Phrase("{who} opens another tab"))
@when(Phrase("{who} comes back with a fresh token"))
def connect(world: World, who: str) -> None:
    knock(world, world[who], {"token": world.token(world[who])})


@when(Phrase('{who} opens another tab with the new name "{name}"'))
def connect_renamed(world: World, who: str, name: str) -> None:
    knock(world, world[who], {"token": world.token(world[who], name=name)})


@when(Phrase("{who} connects with her token {where}"))
def connect_where(world: World, who: str, where: str) -> None:
    token = world.token(world[who])
    if "Bearer" in where:
        token = f"Bearer {token}"
    if "query" in where:
        knock(world, world[who], None, query=token)
    else:
        knock(world, world[who], {"token": token})


@when(Phrase("{who} connects with a bad token in the auth payload and a good one in the query"))
def bad_auth(world: World, who: str) -> None:
    knock(world, world[who], {"token": "garbage"}, query=world.token(world[who]))


@when(Phrase("{who} connects with a good token in the auth payload and a bad one in the query"))
def bad_query(world: World, who: str) -> None:
    knock(world, world[who], {"token": world.token(world[who])}, query="garbage")


@when(Phrase("{who} connects with a token that has no {claim}"))
def without_claim(world: World, who: str, claim: str) -> None:
    knock(world, world[who], {"token": world.token(world[who], changed={claim: ABSENT})})


@when(Phrase('{who} connects as a user of "{company}" with {token}'))
def as_user_of(world: World, who: str, company: str, token: str) -> None:
    person = world[who]
    knock(world, person, forged.auth_payload(token, world.mint, person.user_id, world.tenant(company)))


@when(Phrase("{who} connects with {token}"))
def with_token(world: World, who: str, token: str) -> None:
    person = world[who]
    knock(world, person, forged.auth_payload(token, world.mint, person.user_id, person.tenant))


@when(Phrase("{who} connects with long-polling and moves on to WebSocket"))
def upgrade(world: World, who: str) -> None:
    tab = world.tab(world[who], transports=["polling", "websocket"])
    knock(world, world[who], {"token": world.token(world[who])}, tab=tab)


@when(Phrase("{who} connects while {whom} moves through {n} pages"))
def connect_meanwhile(world: World, who: str, whom: str, n: str) -> None:
    mover = world[whom]

    def move() -> None:
        for page in range(int(n)):
            mover.tab.call("presence:update", {"current_page": f"/{page}"})

    thread = threading.Thread(target=move)
    thread.start()
    try:
        knock(world, world[who], {"token": world.token(world[who])})
    finally:
        thread.join()
    world.notes["page"] = f"/{int(n) - 1}"


@when(Phrase('{who} connects to the namespace "{namespace}"'))
def other_namespace(world: World, who: str, namespace: str) -> None:
    tab = world.tab(world[who])
    world.notes["turned away"] = not tab.open({"token": world.token(world[who])}, namespace=namespace)


@when(Phrase("{who} connects and stops answering pings"))
def deaf_to_pings(world: World, who: str) -> None:
    tab = world.tab(world[who])
    tab.client.eio.answers_pings = False
    knock(world, world[who], {"token": world.token(world[who])}, tab=tab)


@when("Ana sends events on a transport without having connected")
def unconnected(world: World) -> None:
    bare = BareTransport(world.nodes[0], world.transport)
    world.notes["bare"] = bare
    for packet in ('2["presence:update",{"status":"busy"}]', '21["presence:list",{}]', '2["room:join",'):
        bare.send(packet)


@when("a client asks for a session")
def ask_handshake(world: World) -> None:
    world.notes["handshake"] = handshake(world.nodes[0])


@when(Phrase("a client of Engine.IO {n} asks for a session"))
def old_handshake(world: World, n: str) -> None:
    world.notes["handshake"] = handshake(world.nodes[0], int(n))


# Going


@when(Phrase("{who} says goodbye"))
@when(Phrase("{who} closes both tabs"))
def say_goodbye(world: World, who: str) -> None:
    while world[who].tabs:
        world[who].tabs.pop().goodbye()


@when(Phrase("{who} closes one tab"))
@when(Phrase("the second tab of {who} closes"))
def close_tab(world: World, who: str) -> None:
    world[who].tabs.pop().goodbye()


@when(Phrase("{who} loses the transport"))
def lose_transport(world: World, who: str) -> None:
    while world[who].tabs:
        world[who].tabs.pop().cut()


@when(Phrase("{who} loses the transport of one tab"))
def lose_one(world: World, who: str) -> None:
    world[who].tabs.pop().cut()


@when(Phrase("{who}'s browser closes the transport without a goodbye"))
def close_transport(world: World, who: str) -> None:
    world[who].tabs.pop().close_transport()


@when(Phrase("the token of {who} expires"))
def token_expires(world: World, who: str) -> None:
    expiring = world[who].tabs.pop(0)
    world.notes["expired"] = expiring
    expiring.expect_end(within=SHORT_TTL + PATIENCE)


# What is seen of it


@then(Phrase("{who} is still connected"))
def is_still_connected(world: World, who: str) -> None:
    assert_equal(world[who].tab.connected, True, "connected")


@then(Phrase("{who} is connected"))
def is_connected(world: World, who: str) -> None:
    person = world[who]
    if not person.tab.connected:
        raise AssertionError(f"{who} is not connected: {person.tab.journal.since()}")
    listed = {user["user_id"] for user in person.tab.ask_list()["users"]}
    if person.user_id not in listed:
        raise AssertionError(f"{who} is connected, and not in the list: {listed}")


@then(Phrase("{who} is connected over WebSocket"))
def over_websocket(world: World, who: str) -> None:
    assert_equal(world[who].tab.transport, "websocket", "the transport")


@then(Phrase("the second tab of {who} is still connected"))
def second_still(world: World, who: str) -> None:
    answered(world[who].tab)


@then(Phrase("all {n} tabs of {who} are still connected"))
def all_still(world: World, n: str, who: str) -> None:
    assert_equal(len(world[who].tabs), int(n), f"the tabs of {who}")
    for tab in world[who].tabs:
        answered(tab)


@then(Phrase("{who} is answered"))
def is_answered(world: World, who: str) -> None:
    answered(world[who].tab)


@then(Phrase("the first message to {who} is a list that shows {people}"))
def first_is_list(world: World, who: str, people: list[str]) -> None:
    first = world[who].tab.journal.events()[0]
    assert_equal(first.name, "presence:list", "the first message")
    assert_equal([u["user_name"] for u in first.payload["users"]], people, "the list")


@then(Phrase("{who} is not told that she came online herself"))
def not_told(world: World, who: str) -> None:
    world.barrier(world[who].tenant)
    own = [
        e for e in world[who].tab.journal.events("presence:user_joined") if e.payload["user_id"] == world[who].user_id
    ]
    assert_equal(own, [], "what she heard of her own coming")


@then(Phrase("{who} knows the page that {whom} is on"))
def knows_page(world: World, who: str, whom: str) -> None:
    page, user_id = world.notes["page"], world[whom].user_id
    tab = world[who].tab
    tab.wait_until(lambda: user_id in tab.view.users and tab.view.users[user_id].page == page, f"page {page}")


@then(Phrase('{who} gets the error "{code}" and is disconnected'))
def error_and_end(world: World, who: str, code: str) -> None:
    tab: Tab = world.notes["expired"]
    error = tab.expect("error", code=code)
    assert_equal(error.payload["event"], None, "the event of the error")
    end = tab.expect_end()
    if end.at < error.at:
        raise AssertionError("the connection ended before its error came")


@then(Phrase("{who} can still connect on that transport"))
def bare_connects(world: World, who: str) -> None:
    bare: BareTransport = world.notes["bare"]
    try:
        token = world.token(world[who])
        bare.send(f'0{{"token":"{token}"}}')
        bare.journal.wait_for(lambda e: e.name == "0", "Socket.IO's CONNECT")
    finally:
        bare.close()


@then(Phrase('the handshake offers "{transport}" and announces the limits'))
def handshake_announces(world: World, transport: str) -> None:
    opened = handshake_of(world.notes["handshake"])
    timeouts = world.timeouts
    assert_equal(opened["upgrades"], [transport], "the transports to move on to")
    assert_equal(opened["pingInterval"], round(timeouts.ping_interval * 1000), "the ping's interval, in ms")
    assert_equal(opened["pingTimeout"], round(timeouts.ping_timeout * 1000), "the ping's timeout, in ms")
    assert_equal(opened["maxPayload"], MAX_PAYLOAD, "the largest message, in bytes")


@then("it is turned away")
def turned_away(world: World) -> None:
    assert_equal(world.notes["handshake"].status_code, 400, "the status of the handshake")


@then("she is turned away from it")
def namespace_refused(world: World) -> None:
    assert_equal(world.notes["turned away"], True, "turned away")


def knock(world: World, person: Person, auth: Any, *, query: str = "", tab: Tab | None = None) -> None:
    """Somebody tries to connect; the scenario says what should come of it."""
    tab = tab or world.tab(person)
    world.actor = person
    world.notes["knocking"] = tab
    if tab.open(auth, query=urllib.parse.urlencode({"token": query}) if query else ""):
        world.welcome(person, tab)


def answered(tab: Tab) -> None:
    """The connection is alive: a heartbeat is acknowledged."""
    start = len(tab.journal)
    answer = tab.call("heartbeat", {"active": False})
    assert_equal(answer["ok"], True, "the answer to a heartbeat")
    tab.expect("heartbeat_ack", since=start)


def assert_equal(actual: object, expected: object, what: str) -> None:
    """Fail with both values if they differ."""
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")
