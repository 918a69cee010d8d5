"""Connecting and disconnecting; good and bad tokens; transports without a connection."""

from __future__ import annotations

import threading
import time

from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import assert_alive, assert_equal, attempt, move_through, present
from realtime_contracts.conform.world import World
from realtime_contracts.rules.limits import MAX_MESSAGE_BYTES
from realtime_contracts.wire import packets
from realtime_contracts.wire.journal import NotReachedError, NotToldError, UnmetError
from realtime_contracts.wire.timeouts import patience
from realtime_contracts.wire.tokens import ABSENT, auth_payload
from realtime_contracts.wire.transport import BareTransport, handshake

#: Seconds that an expiring token lives. Its end is a whole second, so it lives between one and two.
SHORT_TTL = 2.0

#: Seconds between two tries of a client that was turned away.
RETRY_SECONDS = 0.2

# Connected


@given('{people} work(s) at "{company}"')
def works_at(world: World, people: list[str], company: str) -> None:
    for name in people:
        world.add_person(name, company)


@given("{people} is/are connected")
def connected(world: World, people: list[str]) -> None:
    for name in people:
        world.connect(world[name])


@given("{who} has {n} tabs open")
@given("{who} has two tabs open")
def has_tabs(world: World, who: str, n: str = "2") -> None:
    for _ in range(int(n)):
        world.connect(world[who])


@given("one more tab of {who} is refused")
def one_tab_too_many(world: World, who: str) -> None:
    tab = world.tab(world[who])
    if tab.open({"token": world.token(world[who])}):
        world[who].tabs.append(tab)
        raise UnmetError(f"one more than {len(world[who].tabs) - 1} tabs is refused", f"{tab.label} is let in")


@given("{who} has a second tab open")
def second_tab(world: World, who: str) -> None:
    world.connect(present(world, who))


@given('these users of "{company}" are connected:')
def these_users(world: World, company: str, datatable: list[list[str]]) -> None:
    for user_id, name in datatable[1:]:
        world.connect(world.add_person(name, company, user_id))


@given("{who} is connected with a token that is about to expire")
def short_token(world: World, who: str) -> None:
    world.connect(world[who], ttl=SHORT_TTL)


@given("{who} was refused")
def was_refused(world: World, who: str) -> None:
    attempt(world, who, {"token": "garbage"})


# Coming


@when("{who} connects")
@when("{who} comes back")
@when("{who} opens another tab")
@when("{who} comes back with a fresh token")
def connects(world: World, who: str) -> None:
    attempt(world, who)


@when('{who} opens another tab with the new name "{name}"')
def connects_renamed(world: World, who: str, name: str) -> None:
    attempt(world, who, {"token": world.token(world[who], name=name)})


@when("{who} connects with long-polling and moves on to WebSocket")
def upgrades(world: World, who: str) -> None:
    attempt(world, who, tab=world.tab(world[who], transports=["polling", "websocket"]))


@when("{who} connects while {whom} moves through {n} pages")
def connects_meanwhile(world: World, who: str, whom: str, n: str) -> None:
    thread = threading.Thread(target=move_through(world, whom, n))
    thread.start()
    try:
        attempt(world, who)
    finally:
        thread.join()


@when("{who} connects and stops answering pings")
def answers_no_pings(world: World, who: str) -> None:
    tab = world.tab(world[who])
    tab.client.eio.answers_pings = False
    attempt(world, who, tab=tab)


@when("{who} connects with her token {where}")
def connects_where(world: World, who: str, where: str) -> None:
    token = ("Bearer " if "Bearer" in where else "") + world.token(world[who])
    if "query" in where:
        attempt(world, who, None, query=token)
    else:
        attempt(world, who, {"token": token})


@when("{who} connects with a bad token in the auth payload and a good one in the query")
def bad_auth(world: World, who: str) -> None:
    attempt(world, who, {"token": "garbage"}, query=world.token(world[who]))


@when("{who} connects with a good token in the auth payload and a bad one in the query")
def bad_query(world: World, who: str) -> None:
    attempt(world, who, {"token": world.token(world[who])}, query="garbage")


@when("{who} connects with a token that has no {claim}")
def without_claim(world: World, who: str, claim: str) -> None:
    attempt(world, who, {"token": world.token(world[who], changed={claim: ABSENT})})


@when("{who} connects with {token}")
@when('{who} connects as a user of "{company}" with {token}')
def with_token(world: World, who: str, token: str, company: str = "") -> None:
    person = world[who]
    tenant = world.tenant(company) if company else person.tenant
    attempt(world, who, auth_payload(token, world.mint, person.user_id, tenant), listed=False)


# Going


@when("{who} says goodbye")
@when("{who} closes both tabs")
def says_goodbye(world: World, who: str) -> None:
    while world[who].tabs:
        world[who].tabs.pop().goodbye()


@when("{who} closes one tab")
@when("the second tab of {who} closes")
def closes_tab(world: World, who: str) -> None:
    world[who].tabs.pop().goodbye()


@when("{who} loses the transport")
def loses_transport(world: World, who: str) -> None:
    while world[who].tabs:
        world[who].tabs.pop().cut()


@when("{who} loses the transport of one tab")
def loses_one(world: World, who: str) -> None:
    world[who].tabs.pop().cut()


@when("{who}'s browser closes the transport without a goodbye")
def closes_transport(world: World, who: str) -> None:
    world[who].tabs.pop().close_transport()


@when("the token of {who} expires")
def token_expires(world: World, who: str) -> None:
    world.connecting.ended = world[who].tabs.pop(0)
    world.connecting.ended.expect_end(within=SHORT_TTL + patience())


# Before a connection


@when('{who} connects to the namespace "{namespace}"')
def other_namespace(world: World, who: str, namespace: str) -> None:
    tab = world.tab(world[who])
    world.connecting.namespace_refused = not tab.open({"token": world.token(world[who])}, namespace=namespace)


@when("{who} tries to connect")
def tries_to_connect(world: World, who: str) -> None:
    world.connecting.turned_away = is_turned_away(world, who)


def is_turned_away(world: World, who: str) -> bool:
    """Try once to connect. Returns whether the server ended the transport, or refused it, without a `connect_error`."""
    try:
        attempt(world, who)
    except (NotReachedError, NotToldError):
        return True
    return False


@when("Ana sends events on a transport without having connected")
def unconnected(world: World) -> None:
    world.connecting.bare = BareTransport(world.nodes[0], world.transport)
    for packet in ('2["presence:update",{"status":"busy"}]', '21["presence:list",{}]', '2["room:join",'):
        world.connecting.bare.send(packet)


@when("a client asks for a session")
@when("a client of Engine.IO {n} asks for a session")
def asks_for_session(world: World, n: str = "4") -> None:
    world.connecting.handshake = handshake(world.nodes[0], int(n))


@then("{who} can still connect on that transport")
def bare_connects(world: World, who: str) -> None:
    bare = world.connecting.bare
    try:
        bare.send(f'0{{"token":"{world.token(world[who])}"}}')
        bare.journal.wait_for(lambda e: e.name == "CONNECT", "Socket.IO's CONNECT")
    finally:
        bare.close()


@then('the handshake offers "{transport}" and announces the limits')
def handshake_announces(world: World, transport: str) -> None:
    opened = packets.loads(packets.engine(world.connecting.handshake.text)[1])
    timeouts = world.timeouts
    assert_equal(opened["upgrades"], [transport], "the transports to move on to")
    assert_equal(opened["pingInterval"], round(timeouts.ping_interval * 1000), "the ping's interval, in ms")
    assert_equal(opened["pingTimeout"], round(timeouts.ping_timeout * 1000), "the ping's timeout, in ms")
    assert_equal(opened["maxPayload"], MAX_MESSAGE_BYTES, "the largest message, in bytes")


@then("it is turned away")
def turned_away(world: World) -> None:
    assert_equal(world.connecting.handshake.status_code, 400, "the status of the handshake")


@then("{who} is turned away for the moment")
def turned_away_for_now(world: World, who: str) -> None:
    assert_equal(world.connecting.turned_away, True, f"{who} is neither let in nor refused")


@then("{who} gets in by trying again")
def gets_in_later(world: World, who: str) -> None:
    deadline = time.monotonic() + 2 * patience()
    while is_turned_away(world, who):
        if time.monotonic() > deadline:
            raise UnmetError(f"{who} gets in within {2 * patience()} s", "turned away every time")
        time.sleep(RETRY_SECONDS)
    assert_equal(world[who].tab.connected, True, "connected")


@then("she is turned away from it")
def namespace_refused(world: World) -> None:
    assert_equal(world.connecting.namespace_refused, True, "turned away")


# Seen by other users


@then("{who} is still connected")
def is_still_connected(world: World, who: str) -> None:
    assert_equal(world[who].tab.connected, True, "connected")


@then("{who} is connected")
def is_connected(world: World, who: str) -> None:
    person = world[who]
    if not person.tab.connected:
        raise UnmetError(f"{who} is connected", str(person.tab.journal.since()))
    listed = {user["user_id"] for user in person.tab.expect("presence:list", since=0).payload["users"]}
    if person.user_id not in listed:
        raise UnmetError(f"{who} is in the list that came first", str(listed))


@then("{who} is connected over WebSocket")
def over_websocket(world: World, who: str) -> None:
    assert_equal(world[who].tab.transport, "websocket", "the transport")


@then("all {n} tabs of {who} are still connected")
def all_still_connected(world: World, n: str, who: str) -> None:
    assert_equal(len(world[who].tabs), int(n), f"the tabs of {who}")
    for tab in world[who].tabs:
        assert_alive(tab)


@then("{who} is answered")
@then("the second tab of {who} is still connected")
def is_answered(world: World, who: str) -> None:
    assert_alive(world[who].tab)


@then("{who} is not let in")
def not_let_in(world: World, who: str) -> None:
    tab, world.connecting.attempt = world.connecting.attempt, None
    if tab is None or tab.connected:
        raise UnmetError(f"{who} is refused", "she is let in" if tab else "she has not tried to connect")


@then('{who} gets the error "{code}" and is disconnected')
def error_and_end(world: World, who: str, code: str) -> None:
    tab = world.connecting.ended
    error = tab.expect("error", code=code)
    assert_equal(error.payload["event"], None, "the event of the error")
    end = tab.expect_end()
    if end.at < error.at:
        raise UnmetError(
            f"{who} gets the error before the connection ends", f"it ended {error.at - end.at:.3f} s before"
        )


@then("the first message to {who} is a list that shows {people}")
def first_is_list(world: World, who: str, people: list[str]) -> None:
    first = world[who].tab.journal.events()[0]
    assert_equal(first.name, "presence:list", "the first message")
    # The order is a requirement of its own.
    assert_equal(sorted(u["user_name"] for u in first.payload["users"]), sorted(people), "the list")


@then("{who} is not told that she came online herself")
def not_told(world: World, who: str) -> None:
    world.barrier(world[who].tenant)
    joined = world[who].tab.journal.events("presence:user_joined")
    own = [e for e in joined if e.payload["user_id"] == world[who].user_id]
    assert_equal(own, [], "what she heard of her own coming")


@then("{who} knows the page that {whom} is on")
def knows_page(world: World, who: str, whom: str) -> None:
    page, user_id = world.presence.pages[-1], world[whom].user_id
    tab = world[who].tab
    tab.wait_until(lambda: user_id in tab.view.users and tab.view.users[user_id].page == page, f"page {page}")
