"""Sending arbitrary events, and their answers."""

from __future__ import annotations

from typing import Any

from realtime_contracts.conform.payloads import payload as make_payload
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import assert_alive, assert_equal, assert_refused, told
from realtime_contracts.conform.steps.hearing import may_be_away
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import Entry, NotToldError, UnmetError
from realtime_contracts.wire.timeouts import patience

#: The fields of a successful ack, by the words of a feature.
ACCEPTED_WITH = {
    "nothing more": set[str](),
    "a timestamp": {"timestamp"},
    "the room": {"room_id"},
    "the room and its users": {"room_id", "users"},
}
PRESENCE_FIELDS = {
    *("user_id", "user_name", "status", "current_page", "current_entity_type", "current_entity_id", "seq")
}

# Sending


@when('{who} sends "{event}" with {payload_}')
def sends(world: World, who: str, event: str, payload_: str) -> None:
    world.answer = begin(world, who, event).ask(event, make_payload(payload_))


@when('{who} sends "{event}", asking for no ack, with {payload_}')
def sends_without_ack(world: World, who: str, event: str, payload_: str) -> None:
    begin(world, who, event).send(event, make_payload(payload_), ack=False)


@when('{who} sends 2 MiB as "{event}"')
def sends_too_much(world: World, who: str, event: str) -> None:
    begin(world, who, event)
    tab = world.connecting.ended = world[who].tabs.pop()
    tab.send(event, make_payload("2 MiB"))
    tab.expect_end()


@when("{who} sends the packet {packet}")
def sends_packet(world: World, who: str, packet: str) -> None:
    begin(world, who, "").send_packet(packet)


@when("{who}'s transport carries {packet}")
def sends_frame(world: World, who: str, packet: str) -> None:
    tab = begin(world, who, "")
    tab.journal.write("sent", "frame", packet)
    frames = [packet]
    if packet == "a heartbeat and then half a frame":
        heartbeat = '42["heartbeat"]'
        frames = [heartbeat, "x"] if tab.transport == "websocket" else [f"{heartbeat}\x1e"]
    for frame in frames:
        tab.client.send_frame(frame)


@when('{who} sends the event "{event}" with broken JSON, asking for an ack')
def sends_broken(world: World, who: str, event: str) -> None:
    tab = begin(world, who, event)
    world.answer = tab.answer(tab.send_packet(f'2{{id}}["{event}",{{"status":', ack_for=event))


@when("{who} moves through {n} pages without waiting")
def moves_without_waiting(world: World, who: str, n: str) -> None:
    world.presence.pages = [f"/{page}" for page in range(int(n))]
    for page in world.presence.pages:
        world[who].tab.send("presence:update", make_payload(f'{{"current_page":"{page}"}}'), ack=False)


@when('what {who} sends as "{event}" is refused, each at its place:')
def each_refused(world: World, who: str, event: str, datatable: list[list[str]]) -> None:
    for words, path in datatable[1:]:
        sends(world, who, event, words)
        assert_equal(invalid_at(world), path, f"where {event} with {words} is wrong")


@when("{who} names no room in any of these events:")
def no_room_named(world: World, who: str, datatable: list[list[str]]) -> None:
    for [event] in datatable[1:]:
        sends(world, who, event, "{}")
        assert_equal(invalid_at(world), "", f"where {event} without a room is wrong")
        assert_equal(world.answer["error"]["message"], "room_id required", f"what {event} is answered")


def begin(world: World, who: str, event: str) -> Tab:
    """Record the sender, the event and the state before it. Returns the sender's tab."""
    tab = world[who].acting = world[who].tab
    world.actor, world.event = world[who], event
    world.presence.before = {other: dict(other.view.users) for other in world.company(world[who].tenant)}
    return tab


# Answers


@given("one more room is refused to {who}")
def one_room_too_many(world: World, who: str) -> None:
    assert_refused(world[who].tab.call("room:join", {"entity_type": "order", "entity_id": 1}), "limit_exceeded", "it")


@then("that is accepted")
def accepted(world: World) -> None:
    assert_equal(world.answer.get("ok"), True, f"the answer {world.answer}")


@then("that is accepted, with {fields_}")
def accepted_with(world: World, fields_: str) -> None:
    accepted(world)
    assert_equal(set(world.answer), {"ok"} | ACCEPTED_WITH[fields_], "the fields of the answer")


@then("that is accepted, with the presence of {who}")
def accepted_presence(world: World, who: str) -> None:
    accepted(world)
    assert_equal(set(world.answer), {"ok"} | PRESENCE_FIELDS, "the fields of the answer")
    assert_equal(world.answer["user_id"], world[who].user_id, "whose presence")


@then('{who} gets "{event}" and no error')
def gets_event(world: World, who: str, event: str) -> None:
    world[who].tab.expect(event)
    assert_alive(world[who].tab)
    errors = world[who].tab.journal.events("error", since=world[who].tab.mark)
    assert_equal(errors, [], "the errors")


@then("{who} sees the pages in that order")
def pages_in_order(world: World, who: str) -> None:
    tab, pages = world[who].tab, world.presence.pages
    tab.expect("presence:update", current_page=pages[-1])
    seen = [e.payload["current_page"] for e in tab.journal.events("presence:update", since=tab.mark)]
    assert_equal(seen, pages, f"the pages that {who} saw")


# Failures


@then('{who} is refused with "{code}"')
def refused(world: World, who: str, code: str) -> None:
    assert_equal(refusal(world, who)["code"], code, "the code", telling=False)


@then('{who} is refused with "{code}" and the message "{text}"')
def refused_message(world: World, who: str, code: str, text: str) -> None:
    error = refusal(world, who)
    assert_equal((error["code"], error["message"]), (code, text), "code and message", telling=False)


@then('{who} is refused with "{code}" at "{path}"')
def refused_at(world: World, who: str, code: str, path: str) -> None:
    error = refusal(world, who)
    assert_equal((error["code"], (error["details"] or {}).get("path")), (code, path), "code and path")


@then('{who} gets the error "{code}"')
def gets_error(world: World, who: str, code: str) -> None:
    world.error = world[who].tab.expect("error", kind=f"error {code}").payload
    assert_equal(world.error["code"], code, "the code")


@then('the error names the event "{event}"')
def names_event(world: World, event: str) -> None:
    assert_equal(world.error["event"], event, "the event that failed")


@then("{who} is disconnected")
def disconnected(world: World, who: str) -> None:
    assert_equal((world[who].tabs, world.connecting.ended.connected), ([], False), "connected")


@then("{who} is not told of any change by {whom}")
def no_change(world: World, who: str, whom: str) -> None:
    """Assert no change, except that they may have left: when that happens is a requirement of its own."""
    world.barrier(world[who].tenant)
    heard = [e for e in world.heard(world[who].tab) if e.payload.get("user_id") == world[whom].user_id]
    heard = [e for e in heard if e.name not in {"room:user_left", "presence:user_left"}]
    assert_equal(heard, [], f"what {who} heard of {whom}")


@then("nothing has changed for {people}")
def nothing_changed(world: World, people: list[str]) -> None:
    """Assert no change, except that they may have become away on a slow network."""
    for name in people:
        tab = world[name].tab
        listed = {u["user_id"]: (u["user_name"], u["status"], u["current_page"]) for u in tab.ask_list()["users"]}
        users = world.presence.before[tab].items()
        before = {user_id: (seen.name, seen.status, seen.page) for user_id, seen in users}
        for user_id in listed.keys() & before.keys():
            name_, status, page = listed[user_id]
            if (before[user_id][1], status) == ("online", "away") and may_be_away(world, user_id):
                listed[user_id] = (name_, "online", page)
        assert_equal(listed, before, f"the list that {name} gets")


def invalid_at(world: World) -> str | None:
    """Return the path in the payload at which an event was refused, None for any other answer."""
    error = world.answer.get("error") or {}
    return str(error["details"]["path"]) if error.get("code") == "invalid_payload" else None


def refusal(world: World, who: str) -> dict[str, Any]:
    """Return the refusal of a connection or of an event; the error event must agree with the ack."""
    attempt, world.connecting.attempt = world.connecting.attempt, None
    if attempt is not None and not world.answer:
        if attempt.connected:
            raise UnmetError(f"{who} is refused", "she is let in")
        data = attempt.refusal
        if not isinstance(data, dict) or not isinstance(data.get("data"), dict):
            raise NotToldError(f"{who} is refused with a code", repr(data))
        return {"message": data.get("message"), "code": data["data"].get("code"), "details": None}
    answer = world.answer
    if answer.get("ok") is not False:
        expected = f'{who} is refused, with {{"ok": false, "error": …}}'
        raise (NotToldError if answer.get("ok") is None else UnmetError)(expected, told(answer))
    tab = world[who].acting or world[who].tab
    error: dict[str, Any] = answer["error"]

    def the_same(entry: Entry) -> bool:
        return entry.kind == "event" and entry.name == "error" and entry.payload == error

    tab.journal.wait_for(the_same, f"the error event {error}", since=tab.mark, within=patience())
    world.error = error
    return error
