"""Tokens, good and bad, their end, and what there is before a connection: handshakes, namespaces, silence."""

from __future__ import annotations

from realtime_contracts.conform.raw import BareTransport, handshake, handshake_of
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    assert_equal,
    knock,
)
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire import forged
from realtime_contracts.wire.timeouts import patience
from realtime_contracts.wire.tokens import ABSENT

#: Seconds a token lives that "is about to expire": its end is a whole second, so between one and two.
SHORT_TTL = 2.0


#: Bytes of a message, as the handshake announces them.
MAX_PAYLOAD = 1024 * 1024


@given("{who} is connected with a token that is about to expire")
def short_token(world: World, who: str) -> None:
    world.connect(world[who], ttl=SHORT_TTL)


@given("{who} was refused")
def was_refused(world: World, who: str) -> None:
    knock(world, world[who], {"token": "garbage"})


@when("{who} connects with her token {where}")
def connect_where(world: World, who: str, where: str) -> None:
    token = world.token(world[who])
    if "Bearer" in where:
        token = f"Bearer {token}"
    if "query" in where:
        knock(world, world[who], None, query=token)
    else:
        knock(world, world[who], {"token": token})


@when("{who} connects with a bad token in the auth payload and a good one in the query")
def bad_auth(world: World, who: str) -> None:
    knock(world, world[who], {"token": "garbage"}, query=world.token(world[who]))


@when("{who} connects with a good token in the auth payload and a bad one in the query")
def bad_query(world: World, who: str) -> None:
    knock(world, world[who], {"token": world.token(world[who])}, query="garbage")


@when("{who} connects with a token that has no {claim}")
def without_claim(world: World, who: str, claim: str) -> None:
    knock(world, world[who], {"token": world.token(world[who], changed={claim: ABSENT})})


@when('{who} connects as a user of "{company}" with {token}')
def as_user_of(world: World, who: str, company: str, token: str) -> None:
    person = world[who]
    knock(world, person, forged.auth_payload(token, world.mint, person.user_id, world.tenant(company)), unwelcome=True)


@when("{who} connects with {token}")
def with_token(world: World, who: str, token: str) -> None:
    person = world[who]
    knock(world, person, forged.auth_payload(token, world.mint, person.user_id, person.tenant), unwelcome=True)


@when('{who} connects to the namespace "{namespace}"')
def other_namespace(world: World, who: str, namespace: str) -> None:
    tab = world.tab(world[who])
    world.notes["turned away"] = not tab.open({"token": world.token(world[who])}, namespace=namespace)


@when("Ana sends events on a transport without having connected")
def unconnected(world: World) -> None:
    bare = BareTransport(world.nodes[0], world.transport)
    world.notes["bare"] = bare
    for packet in ('2["presence:update",{"status":"busy"}]', '21["presence:list",{}]', '2["room:join",'):
        bare.send(packet)


@when("a client asks for a session")
def ask_handshake(world: World) -> None:
    world.notes["handshake"] = handshake(world.nodes[0])


@when("a client of Engine.IO {n} asks for a session")
def old_handshake(world: World, n: str) -> None:
    world.notes["handshake"] = handshake(world.nodes[0], int(n))


@when("the token of {who} expires")
def token_expires(world: World, who: str) -> None:
    expiring = world[who].tabs.pop(0)
    world.notes["expired"] = expiring
    expiring.expect_end(within=SHORT_TTL + patience())


@then('{who} gets the error "{code}" and is disconnected')
def error_and_end(world: World, who: str, code: str) -> None:
    tab: Tab = world.notes["expired"]
    error = tab.expect("error", code=code)
    assert_equal(error.payload["event"], None, "the event of the error")
    end = tab.expect_end()
    if end.at < error.at:
        raise AssertionError("the connection ended before its error came")


@then("{who} can still connect on that transport")
def bare_connects(world: World, who: str) -> None:
    bare: BareTransport = world.notes["bare"]
    try:
        token = world.token(world[who])
        bare.send(f'0{{"token":"{token}"}}')
        bare.journal.wait_for(lambda e: e.name == "0", "Socket.IO's CONNECT")
    finally:
        bare.close()


@then('the handshake offers "{transport}" and announces the limits')
def handshake_announces(world: World, transport: str) -> None:
    opened = handshake_of(world.notes["handshake"])
    timeouts = world.timeouts
    assert_equal(opened["upgrades"], [transport], "the transports to move on to")
    assert_equal(opened["pingInterval"], round(timeouts.ping_interval * 1000), "the ping's interval, in ms")
    assert_equal(opened["pingTimeout"], round(timeouts.ping_timeout * 1000), "the ping's timeout, in ms")
    assert_equal(opened["maxPayload"], MAX_PAYLOAD, "the largest message, in bytes")


@then("{who} is not let in")
def not_let_in(world: World, who: str) -> None:
    knocking: Tab = world.notes.pop("knocking")
    assert_equal(knocking.connected, False, f"{who} is connected")


@then("it is turned away")
def turned_away(world: World) -> None:
    assert_equal(world.notes["handshake"].status_code, 400, "the status of the handshake")


@then("she is turned away from it")
def namespace_refused(world: World) -> None:
    assert_equal(world.notes["turned away"], True, "turned away")
