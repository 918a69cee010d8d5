"""The REST API: tokens, paths, requests; presence over REST."""

from __future__ import annotations

from typing import Any

from realtime_contracts.conform.rest import OK, PREFIX
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.state import Person
from realtime_contracts.conform.steps.common import assert_equal, need_reply
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import NotToldError
from realtime_contracts.wire.tokens import auth_payload

#: A value for every parameter of an operation's path.
PLACES = {
    "user_id": "ana",
    "notification_id": "3f2b1c0a-9d8e-4f7a-b6c5-d4e3f2a1b0c9",
    "entity_type": "invoice",
    "entity_id": "42",
}


@given('{who} works at "{company}", under {whom}\'s id')
def namesake(world: World, who: str, company: str, whom: str) -> None:
    world.people[who] = Person(who, world[whom].user_id, world.tenant(company))


@when("somebody asks for {operation_}")
@when("somebody asks for {operation_} without a token")
def without_token(world: World, operation_: str) -> None:
    world.back.reply = world.rest.call(operation_, None, places=PLACES)


@when("{who} asks for {operation_} with {token}")
def with_forged_token(world: World, who: str, operation_: str, token: str) -> None:
    person = world[who]
    made = auth_payload(token, world.mint, person.user_id, person.tenant)
    made = made.get("token") if isinstance(made, dict) else made
    headers = {"Authorization": f"Bearer {made}"}
    world.back.reply = world.rest.call(operation_, None, headers=headers, places=PLACES)


@when("{who} asks for {operation_} with the token in the query")
def token_in_query(world: World, who: str, operation_: str) -> None:
    query = {"token": world.token(world[who])}
    world.back.reply = world.rest.call(operation_, None, query=query, places=PLACES)


@when("{who} asks {method} {path_}")
def asks(world: World, who: str, method: str, path_: str) -> None:
    headers = {"Authorization": f"Bearer {world.token(world[who])}"}
    path, _, query = path_.partition("?")
    world.back.reply = world.rest.fail(method, PREFIX + path, query=query or None, headers=headers)


@when("a back end of {who} posts {payload_} as {type_} to {path_}")
def posts(world: World, who: str, payload_: str, type_: str, path_: str) -> None:
    token = world.mint("backend", world[who].tenant, role="service")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": type_}
    world.back.reply = world.rest.fail("POST", PREFIX + path_, data=payload_.encode(), headers=headers)


@then('the request is refused with "{code}"')
def refused(world: World, code: str) -> None:
    reply = need_reply(world)
    assert_equal(reply.code, code, f"the code of {reply}", telling=reply.ok)


@then('the request is refused with "{code}" at "{path}"')
def refused_at(world: World, code: str, path: str) -> None:
    reply = need_reply(world)
    assert_equal((reply.code, reply.path), (code, path), f"code and path of {reply}")


@then("the request is answered")
def is_answered(world: World) -> None:
    assert_equal(need_reply(world).status, OK, f"the status of {need_reply(world)}")


# Presence


@when("{who} chooses {status} over REST")
def chooses(world: World, who: str, status: str) -> None:
    world.ask(world[who], "presence:status", body={"status": status})


@then("over REST {who} sees nobody online")
@then("over REST {who} sees {others} online, and nobody else")
def sees_online(world: World, who: str, others: list[str] | None = None) -> None:
    reply = world.ask(world[who], "presence:list")
    if not reply.ok:
        raise NotToldError(f"{who} is told who is online", str(reply))
    names = [user["user_name"] for user in reply.body["users"]]
    assert_equal(names, sorted(others or []), f"whom {who} sees")
    assert_equal(reply.body["count"], len(others or []), "how many there are")


@then('over REST {who} sees {whom} {status}, on "{page}"')
def sees_on_page(world: World, who: str, whom: str, status: str, page: str) -> None:
    found = presence_of(world, who, whom)
    assert_equal((found["status"], found["current_page"]), (status, page), f"how {who} sees {whom}")


@then("over REST {who} sees {whom} offline")
def sees_offline(world: World, who: str, whom: str) -> None:
    nothing = dict.fromkeys(("current_page", "current_entity_type", "current_entity_id", "last_active_at"))
    offline = {"user_id": world[whom].user_id, "status": "offline", **nothing}
    assert_equal(presence_of(world, who, whom), offline, f"how {who} sees {whom}")


def presence_of(world: World, who: str, whom: str) -> dict[str, Any]:
    """Return a user's presence as another user reads it."""
    reply = world.ask(world[who], "presence:get", places={"user_id": world[whom].user_id})
    if not reply.ok:
        raise NotToldError(f"{who} gets the presence of {whom}", str(reply))
    found: dict[str, Any] = reply.body["presence"]
    return found
