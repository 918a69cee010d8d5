"""Tokens of open connections: their end is announced, and a newer token takes their place."""

from __future__ import annotations

import json
import time

from realtime_contracts.conform.payloads import Payload
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.state import Person
from realtime_contracts.conform.steps.common import assert_alive, assert_equal
from realtime_contracts.conform.steps.connecting import SHORT_TTL
from realtime_contracts.conform.world import World
from realtime_contracts.rules.limits import EXPIRING_SECONDS
from realtime_contracts.rules.times import from_rfc3339
from realtime_contracts.wire.journal import UnmetError
from realtime_contracts.wire.timeouts import patience
from realtime_contracts.wire.tokens import auth_payload

#: Seconds that a token lives whose end is announced soon: two seconds after the connection, or three.
MINUTE_TTL = EXPIRING_SECONDS + 3.0
#: Seconds by which the announcement may come sooner than the clocks of server and client say.
EARLY = 5.0


@given("{who} is connected with a token that ends in little more than a minute")
def minute_token(world: World, who: str) -> None:
    world.connect(world[who], ttl=MINUTE_TTL)


@given("{who} has been told that her connection ends")
def has_been_told(world: World, who: str) -> None:
    world[who].tab.expect("auth:expiring", since=0)


@when("{who} sends a fresh token")
def sends_fresh(world: World, who: str) -> None:
    refresh(world, who, world.token(world[who]))


@when("{who} sends a token that ends in little more than a minute")
def sends_minute(world: World, who: str) -> None:
    refresh(world, who, world.token(world[who], ttl=MINUTE_TTL))


@when("{who} sends a token that is about to expire")
def sends_short(world: World, who: str) -> None:
    refresh(world, who, world.token(world[who], ttl=SHORT_TTL))


@when("{who} sends {token} in place of hers")
def sends_bad(world: World, who: str, token: str) -> None:
    auth = auth_payload(token, world.mint, world[who].user_id, world[who].tenant)
    refresh(world, who, auth["token"])


@when("{who} sends a token of {whom} in place of hers")
def sends_anothers(world: World, who: str, whom: str) -> None:
    refresh(world, who, world.token(world[whom]))


@when('{who} sends a token of a user at "{company}" with her id in place of hers')
def sends_another_companys(world: World, who: str, company: str) -> None:
    namesake = Person(world[who].name, world[who].user_id, world.tenant(company))
    refresh(world, who, world.token(namesake))


def refresh(world: World, who: str, token: object) -> None:
    """Send a token; the scenario says what the answer in `world.refreshed` has to be."""
    tab = world[who].tab
    world.actor = world[who]
    world.refreshed = tab.answer(tab.send("auth:refresh", Payload((json.dumps({"token": token}),))))


@then("the token is accepted")
def accepted(world: World) -> None:
    assert_equal(world.refreshed["ok"], True, "whether the token is accepted")


@then("the token is accepted, with its end")
def accepted_with_end(world: World) -> None:
    accepted(world)
    left = from_rfc3339(world.refreshed["expires_at"]).timestamp() - time.time()
    if abs(left - MINUTE_TTL) > EARLY + patience():
        raise UnmetError(f"an end in {MINUTE_TTL:.0f} s", f"one in {left:.1f} s")


@then('the token is refused with "{code}"')
def refused(world: World, code: str) -> None:
    assert_equal(world.refreshed["ok"], False, "whether the token is accepted")
    assert_equal(world.refreshed["error"]["code"], code, "the code of the refusal")


@then("{who} is told that her connection ends in a minute")
def told_in_a_minute(world: World, who: str) -> None:
    tab = world[who].tab
    told = tab.expect("auth:expiring", since=0, within=MINUTE_TTL - EXPIRING_SECONDS + patience())
    left = from_rfc3339(told.payload["expires_at"]).timestamp() - time.time()
    if left > EXPIRING_SECONDS + EARLY:
        raise UnmetError("the end is announced a minute before", f"{left:.1f} s before")


@then("{who} is told at once that her connection ends")
def told_at_once(world: World, who: str) -> None:
    tab = world[who].tab
    tab.expect("auth:expiring", since=0)
    first = tab.journal.events()[0]
    assert_equal(first.name, "presence:list", "the first message")


@then("{who} is not told of an end, when {whom} in another tab is")
def not_told(world: World, who: str, whom: str) -> None:
    for _ in range(5):  # so that a warning that comes a little later than theirs is noticed, too
        world.connect(world[whom], ttl=SHORT_TTL).expect("auth:expiring", since=0)
    assert_alive(world[who].tab)
    assert_equal(world[who].tab.journal.events("auth:expiring"), [], "what she was told of an end")


@then("{who} is still connected after the end of her first token")
def outlives(world: World, who: str) -> None:
    # Its end is a whole second after now, and the leeway that a server may have is for tokens, not for connections.
    time.sleep(SHORT_TTL + 0.5)
    if not world[who].tab.connected:
        raise UnmetError("the connection goes on with the newer token", "it has ended")
    assert_alive(world[who].tab)
