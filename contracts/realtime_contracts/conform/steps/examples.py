"""Sends the contract's invalid examples unchanged, and sends too many requests."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from realtime_contracts.conform.coverage import QUERIES, breakers
from realtime_contracts.conform.sentences import then, when
from realtime_contracts.conform.steps.common import need_reply
from realtime_contracts.conform.steps.errors import begin
from realtime_contracts.conform.steps.rest import PLACES
from realtime_contracts.conform.tab import NO_ANSWER
from realtime_contracts.conform.world import World
from realtime_contracts.contract.operations import parameter_types
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.wire.journal import UnmetError

#: Requests, or seconds, after which a server is taken to have no rate limit; and how many are sent in parallel.
MOST_REQUESTS = 2000
MOST_SECONDS = 20.0
REQUESTS_AT_ONCE = 32

#: Unanswered events in a row after which no more of that kind are sent.
MOST_UNANSWERED = 5

#: Characters of a query that any server accepts; it may refuse a longer one unread.
MOST_OF_A_QUERY = 500

_INTEGER = re.compile(r"-?\d+")


@when('{who} sends everything that the contract calls wrong as "{event}"')
def send_all_wrong(world: World, who: str, event: str) -> None:
    tab = begin(world, who, event)
    unanswered = 0
    everything = _wrong(Direction.CLIENT, event)
    for data, answer in zip(everything, tab.ask_together(event, everything), strict=True):
        unanswered = unanswered + 1 if answer == NO_ANSWER else 0
        if unanswered > MOST_UNANSWERED:
            world.wrong.append(f"nothing of {event} is answered: the rest is not sent")
            break
        error = answer.get("error") or {}
        details = error.get("details") or {}
        _compare(world, Direction.CLIENT, event, data, (error.get("code"), details.get("path")))


@when("a back end asks {operation_} for everything that the contract calls wrong")
def ask_all_wrong(world: World, operation_: str) -> None:
    person = next(iter(world.people.values()))
    for data in _wrong(Direction.REQUEST, operation_):
        options: dict[str, Any] = {"body": data}
        meant = data
        if operation_ in QUERIES:
            if not isinstance(data, dict) or len(json.dumps(data)) > MOST_OF_A_QUERY:
                continue
            options = {"query": data, "places": PLACES}
            meant = {name: _as_read(operation_, name, value) for name, value in data.items()}
            if registry().check(Direction.REQUEST, operation_, meant) is None:
                continue  # A query holds only text, so this example is not wrong there.
        token = world.mint(person.user_id, person.tenant, role="service")
        answer = world.rest.call(operation_, token, **options)
        _compare(world, Direction.REQUEST, operation_, meant, (answer.code, answer.path))


@then("each of it is refused, at its place")
def each_at_its_place(world: World) -> None:
    if world.wrong:
        raise UnmetError("invalid_payload at the place that the example names", "\n".join(world.wrong))


@when("{who} asks over REST as often as she can")
def ask_often(world: World, who: str) -> None:
    token = world.token(world[who])
    url = world.nodes[0]
    deadline = time.monotonic() + MOST_SECONDS

    def ask(_: int) -> None:
        if (world.back.reply is None or world.back.reply.ok) and time.monotonic() < deadline:
            reply = world.rest.call("notifications:count", token, url=url)
            world.back.reply = reply if world.back.reply is None or not reply.ok else world.back.reply

    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        list(pool.map(ask, range(MOST_REQUESTS)))


@then("she is told in how many seconds she may come again")
def told_when(world: World) -> None:
    reply = need_reply(world)
    seconds = (reply.body.get("details") or {}).get("retry_after") if isinstance(reply.body, dict) else None
    if not isinstance(seconds, int | float) or seconds <= 0:
        raise UnmetError("seconds to wait in details.retry_after", json.dumps(reply.body))


def _wrong(direction: Direction, message: str) -> list[Any]:
    """Return the invalid examples and one payload per broken keyword, as far as JSON can express them."""
    examples = [example.data for example in registry().examples(direction, message) if not example.valid]
    return [data for data in (*examples, *breakers(direction.value, message)) if _is_json(data)]


def _is_json(data: Any) -> bool:
    try:
        json.dumps(data, allow_nan=False).encode()
    except ValueError:
        return False
    return True


def _as_read(operation: str, name: str, value: Any) -> Any:
    """Return a query parameter as a server reads it: as a number if the schema asks for one."""
    text = value if isinstance(value, str) else json.dumps(value)
    kind = (parameter_types(operation) or {}).get(name)
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    return text == "true" if kind == "boolean" and text in ("true", "false") else text


def _compare(world: World, direction: Direction, message: str, data: Any, found: tuple[Any, Any]) -> None:
    violation = registry().check(direction, message, data)
    expected = None if violation is None else violation.path
    if found != ("invalid_payload", expected):
        world.wrong.append(f"{json.dumps(data)[:200]}: wrong at {expected!r}, and got {found}")
