"""What reaches which socket, and when: the client manager between the bus and Engine.IO, without either."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import gevent
import pytest
import redis
import socketio

from app.realtime.bus import delivery
from app.realtime.bus import order as module
from app.realtime.bus.manager import NAMESPACE, BusManager
from app.realtime.bus.message import write
from app.realtime.store import topology as topologies
from app.realtime.store.address import NodeAddress
from app.realtime.transport import limits
from app.realtime.transport.engine import Engine
from app.realtime.transport.limits import Timing
from app.realtime.transport.message import Message
from app.realtime.transport.reasons import Reason
from app.realtime.transport.session import Session
from realtime_contracts.rules.packets import Json, Packet


@pytest.fixture
def due() -> list[tuple[str, float]]:
    """Return what the manager was told to look after: tenants and seconds."""
    return []


@pytest.fixture
def manager(due: list[tuple[str, float]]) -> BusManager:
    """Return a manager on a server that nobody has connected to; its Redis is never asked."""
    return served(redis.Redis(), topologies.of_url("redis://localhost"), due)


def served(client: redis.Redis, topology: topologies.Topology, due: list[tuple[str, float]]) -> BusManager:
    """The manager of a node on a server that nobody has connected to."""
    made = BusManager(
        client,
        topology,
        NodeAddress(0),
        on_start=lambda: None,
        on_gap=lambda: None,
        on_due=lambda tenant_id, seconds: due.append((tenant_id, seconds)),
        on_unsteady=lambda tenant_id, user_id: None,
    )
    made.set_server(socketio.Server(client_manager=made, async_mode="threading", json=Json, serializer=Packet))
    made.server.eio.engine = Engine(Timing(25, 30, 1000), Nobody())
    made.server.eio.sockets = made.server.eio.engine.sessions
    return made


class Nobody:
    """The application of sessions that receive nothing."""

    def ready(self) -> bool:
        return True

    def opened(self, session: Session, environ: dict[str, Any]) -> None: ...
    def at_once(self, session: Session, text: str) -> bool:
        return False

    def received(self, session: Session, text: str | bytes) -> None: ...
    def ended(self, session: Session, reason: Reason) -> None: ...


class Recording:
    """A transport that keeps what is sent."""

    name, paused, unread = "recording", False, False

    def __init__(self) -> None:
        self.sent: list[str] = []

    def write(self, messages: Sequence[Message], frames: bytes) -> None:
        assert frames == b"".join(message.frame for message in messages)
        self.sent += [message.text for message in messages]

    def take(self, max_message_bytes: int) -> None: ...
    def resume(self) -> None: ...
    def close(self, reason: Reason, code: int) -> None: ...


def session(manager: BusManager, eio_sid: str) -> str:
    """Begin a connection: its transport is there, and it is being authenticated. Returns its sid."""
    manager.server.eio.sockets[eio_sid] = Session(manager.server.eio.engine, eio_sid, Recording())
    sid = manager.pre_connect(eio_sid, NAMESPACE)
    assert sid is not None
    return sid


def sent(manager: BusManager, eio_sid: str) -> list[str]:
    """Take what a transport was given."""
    transport = manager.server.eio.sockets[eio_sid].transport
    taken, transport.sent = transport.sent, []
    return taken


def of_bus(room: str, number: int, **head: Any) -> bytes:
    """A message of the bus."""
    return json.dumps({"room": room, **head}).encode() + b'\n["e",%d]' % number


def emit(manager: BusManager, room: str, number: int, **head: Any) -> None:
    manager.delivery.deliver([of_bus(room, number, **head)])


def do(manager: BusManager, **head: Any) -> None:
    manager.delivery.deliver([json.dumps(head).encode()])


def test_nothing_reaches_a_connection_before_its_connect_packet_and_then_all_in_order(manager: BusManager) -> None:
    sid = session(manager, "eio")
    emit(manager, sid, 1, enter=["tenant:{acme}"])
    emit(manager, "tenant:{acme}", 2)
    assert sent(manager, "eio") == []
    manager.connect(sid, NAMESPACE)
    emit(manager, "tenant:{acme}", 3)
    assert sent(manager, "eio") == ['42["e",1]', '42["e",2]', '42["e",3]']


def test_only_what_concerns_a_connection_of_this_node_is_counted(manager: BusManager) -> None:
    sid = session(manager, "eio-1")
    manager.connect(sid, NAMESPACE)
    emit(manager, sid, 1)
    emit(manager, "somebody elsewhere", 2)
    assert (manager.delivery.delivered, manager.delivery.unwanted) == (1, 1)


def test_a_message_before_entering_a_room_is_not_heard_and_none_after_leaving(manager: BusManager) -> None:
    sid = session(manager, "eio")
    manager.connect(sid, NAMESPACE)
    emit(manager, "room", 1)
    emit(manager, sid, 2, enter=["room"])
    emit(manager, "room", 3)
    do(manager, do="leave", sid=sid, room="room")
    emit(manager, "room", 4)
    assert sent(manager, "eio") == ['42["e",2]', '42["e",3]']


def test_whoever_is_to_be_skipped_is_and_a_closed_transport_stops_nobody(manager: BusManager) -> None:
    first, second, third = (session(manager, name) for name in ("a", "b", "c"))
    for sid in (first, second, third):
        manager.connect(sid, NAMESPACE)
        emit(manager, sid, 0, enter=["room"])
    manager.server.eio.sockets["b"].end(Reason.TRANSPORT_CLOSE)
    emit(manager, "room", 1, skip=first)
    assert sent(manager, "a") == ['42["e",0]']
    assert sent(manager, "c") == ['42["e",0]', '42["e",1]']


def test_a_session_that_cannot_be_sent_to_ends_and_the_others_get_theirs(manager: BusManager) -> None:
    class Broken(Recording):
        def write(self, messages: Sequence[Message], frames: bytes) -> None:
            raise ZeroDivisionError

    for name in ("a", "b", "c"):
        sid = session(manager, name)
        manager.connect(sid, NAMESPACE)
        manager.enter_room(sid, NAMESPACE, "room")
    broken = manager.server.eio.sockets["b"]
    broken.transport = Broken()
    emit(manager, "room", 1)
    assert not broken.open
    emit(manager, "room", 2)
    assert [sent(manager, name) for name in ("a", "c")] == [['42["e",1]', '42["e",2]']] * 2


def test_a_refused_connection_leaves_nothing_held(manager: BusManager) -> None:
    sid = session(manager, "eio")
    emit(manager, sid, 1)
    manager.disconnect(sid, NAMESPACE, ignore_queue=True)
    assert not manager._order.kept
    assert sent(manager, "eio") == []


def test_a_connection_that_is_not_here_cannot_be_ended_here(manager: BusManager) -> None:
    assert not manager.can_disconnect("nobody", NAMESPACE)
    sid = session(manager, "eio")
    manager.connect(sid, NAMESPACE)
    assert manager.can_disconnect(sid, NAMESPACE)


def test_a_connection_is_open_while_its_transport_is(manager: BusManager) -> None:
    sid = session(manager, "eio")
    assert manager.is_open(sid)
    manager.server.eio.sockets["eio"].end(Reason.TRANSPORT_CLOSE)
    assert not manager.is_open(sid)
    assert not manager.is_open("nobody")


def test_a_room_may_be_skipped_and_nobody_is_if_none_is_named(manager: BusManager) -> None:
    sids = [session(manager, eio_sid) for eio_sid in ("ana", "ana too", "ben")]
    for sid in sids:
        manager.connect(sid, NAMESPACE)
        manager.enter(sid, ["room:{acme}:a:1"])
    for sid in sids[:2]:
        manager.enter(sid, ["user:{acme}:ana"])
    emit(manager, "room:{acme}:a:1", 1, skip_room="user:{acme}:ana")
    emit(manager, "room:{acme}:a:1", 2, skip_room="user:{acme}:nobody")
    emit(manager, "room:{acme}:a:1", 3)
    both = ['42["e",2]', '42["e",3]']
    assert [sent(manager, eio_sid) for eio_sid in ("ana", "ana too", "ben")] == [both, both, ['42["e",1]', *both]]


def test_what_ends_in_a_room_is_looked_after_by_whoever_has_members_of_it(
    manager: BusManager, due: list[tuple[str, float]]
) -> None:
    emit(manager, "room:{acme}:a:1", 1, due=["room:{acme}:a:1", 5000])
    assert due == []
    sid = session(manager, "eio")
    manager.connect(sid, NAMESPACE)
    emit(manager, sid, 2, enter=["room:{acme}:a:1"], due=["room:{acme}:a:1", 4000])
    emit(manager, "room:{acme}:a:1", 3, due=["room:{acme}:a:1", 2500])
    emit(manager, "room:{acme}:a:1", 4)
    assert due == [("acme", 4.0), ("acme", 2.5)]


def test_an_answer_in_its_turn_comes_after_what_was_before_it_and_before_what_came_later(manager: BusManager) -> None:
    sid = session(manager, "eio")
    manager.connect(sid, NAMESPACE)
    turn = manager.delay_ack(sid)
    emit(manager, sid, 1)
    do(manager, do="hold", sid=sid, number=turn.number)
    turn.wait()
    emit(manager, sid, 3)
    manager.send(sid, "answer", {})
    manager.answered(sid)
    emit(manager, sid, 4)
    assert sent(manager, "eio") == ['42["e",1]', '42["answer",{}]', '42["e",3]', '42["e",4]']


def test_nothing_is_held_for_an_answer_that_was_given_already_or_for_another_connection(
    manager: BusManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ACK_DELAY_SECONDS", 0.01)
    sids = [session(manager, eio_sid) for eio_sid in ("ana", "ben")]
    for sid in sids:
        manager.connect(sid, NAMESPACE)
    ack = manager.delay_ack(sids[0])
    ack.wait()
    manager.answered(sids[0])
    manager.answered(sids[1])
    for sid in sids:
        do(manager, do="hold", sid=sid, number=ack.number)
        emit(manager, sid, 1)
    assert [sent(manager, eio_sid) for eio_sid in ("ana", "ben")] == [['42["e",1]'], ['42["e",1]']]


def test_a_hold_that_comes_after_its_answer_is_not_taken_for_the_next_one(
    manager: BusManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ACK_DELAY_SECONDS", 0.01)
    sid = session(manager, "eio")
    manager.connect(sid, NAMESPACE)
    late = manager.delay_ack(sid)
    late.wait()
    manager.answered(sid)
    ack = manager.delay_ack(sid)
    do(manager, do="hold", sid=sid, number=late.number)
    emit(manager, sid, 1)
    assert not ack.heard.is_set()
    assert sent(manager, "eio") == ['42["e",1]']
    do(manager, do="hold", sid=sid, number=ack.number)
    assert ack.heard.is_set()


def test_whoever_goes_before_their_turn_leaves_nothing_held(manager: BusManager) -> None:
    sid = session(manager, "eio")
    manager.connect(sid, NAMESPACE)
    ack = manager.delay_ack(sid)
    do(manager, do="hold", sid=sid, number=ack.number)
    manager.disconnect(sid, NAMESPACE)
    assert not manager._order.kept
    assert not manager._order._delayed


def test_a_session_gets_all_messages_of_one_read_in_one_write_and_in_order(manager: BusManager) -> None:
    sids = [session(manager, eio_sid) for eio_sid in ("ana", "ben")]
    for sid in sids:
        manager.connect(sid, NAMESPACE)
        manager.enter(sid, ["tenant"])
    manager.enter(sids[0], ["room"])
    writes: list[list[str]] = []
    for eio_sid in ("ana", "ben"):
        transport = manager.server.eio.sockets[eio_sid].transport
        transport.write = lambda messages, frames: writes.append([message.text for message in messages])
    leaving = json.dumps({"do": "leave", "sid": sids[0], "room": "room"}).encode()
    manager.delivery.deliver(
        [of_bus("tenant", 1), of_bus("room", 2), b"no message", of_bus("tenant", 3), leaving, of_bus("room", 4)]
    )
    assert writes == [['42["e",1]', '42["e",2]', '42["e",3]'], ['42["e",1]', '42["e",3]']]


def test_a_connection_is_its_own_room_and_leaves_nothing_behind(manager: BusManager) -> None:
    sid = session(manager, "eio")
    manager.connect(sid, NAMESPACE)
    for room in ("a", "b", "a"):
        manager.enter_room(sid, NAMESPACE, room)
    assert manager.get_rooms(sid, NAMESPACE) == [sid, "a", "b"]
    assert list(manager.get_participants(NAMESPACE, "a")) == list(manager.get_participants(NAMESPACE, sid))
    manager.close_room("a", NAMESPACE)
    assert manager.get_rooms(sid, NAMESPACE) == [sid, "b"]
    manager.disconnect(sid, NAMESPACE)
    assert not any(value for value in vars(manager._members).values() if not callable(value))
    assert not manager._sids
    assert not manager._unsettled


def test_a_connection_enters_only_rooms_that_are_no_other_connection_and_only_here(manager: BusManager) -> None:
    ana, ben = session(manager, "ana"), session(manager, "ben")
    with pytest.raises(ValueError, match="a room that is not a connection"):
        manager.enter_room(ana, NAMESPACE, ben)
    with pytest.raises(ValueError, match="a connection of this node"):
        manager.enter_room("elsewhere", NAMESPACE, "a")
    assert manager.get_rooms(ana, NAMESPACE) == [ana]
    assert manager.get_rooms("elsewhere", NAMESPACE) == []


def test_participants_are_of_one_room_of_any_of_some_or_all(manager: BusManager) -> None:
    ana, ben, cleo = (session(manager, eio_sid) for eio_sid in ("ana", "ben", "cleo"))
    manager.enter(ana, ["a", "b"])
    manager.enter(ben, ["b"])
    assert list(manager.get_participants(NAMESPACE, "a")) == [(ana, "ana")]
    assert list(manager.get_participants(NAMESPACE, ["a", "b"])) == [(ana, "ana"), (ben, "ben")]
    assert list(manager.get_participants(NAMESPACE, None)) == [(ana, "ana"), (ben, "ben"), (cleo, "cleo")]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, "a room"),
        ({"room": []}, "a room"),
        ({"room": "a", "callback": print}, "no `callback`"),
        ({"room": "a", "namespace": "/other"}, "the namespace /"),
    ],
    ids=["nowhere", "no rooms", "with a callback", "elsewhere"],
)
def test_what_cannot_be_emitted_says_what_was_expected(how: dict[str, Any], expected: str, manager: BusManager) -> None:
    with pytest.raises(ValueError, match=f"expected {expected}"):
        manager.emit("e", {}, **{"namespace": NAMESPACE, **how})


def test_what_is_written_for_the_bus_is_delivered(manager: BusManager) -> None:
    ana, ben, cleo = (session(manager, eio_sid) for eio_sid in ("ana", "ben", "cleo"))
    for sid in (ana, ben, cleo):
        manager.connect(sid, NAMESPACE)
        manager.enter(sid, ["a", "b"])
    batch = [write(["a", "b"], "e", [1]), write("a", "e", [2, {"x": None}], [ana, ben]), write("b", "e", [], cleo)]
    manager.delivery.deliver(batch)
    assert sent(manager, "ana") == sent(manager, "ben") == ['42["e",1]', '42["e"]']
    assert sent(manager, "cleo") == ['42["e",1]', '42["e",2,{"x":null}]']


def test_others_have_their_turn_during_a_large_batch(manager: BusManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_TURN", 4)  # two messages, with their deliveries
    manager.connect(session(manager, "eio"), NAMESPACE)
    manager.enter(manager.sid_from_eio_sid("eio", NAMESPACE) or "", ["room"])
    other = gevent.spawn(sent, manager, "eio")
    manager.delivery.deliver([of_bus("room", number) for number in range(5)])
    assert other.value == ['42["e",0]', '42["e",1]']
    assert sent(manager, "eio") == ['42["e",2]', '42["e",3]', '42["e",4]']


def test_messages_for_nobody_here_use_up_a_turn_too(manager: BusManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_TURN", 100)
    turns: list[int] = []
    gevent.spawn(turns.append, 1)
    manager.delivery.deliver([of_bus("nobody", 1)] * 99)
    assert turns == []
    manager.delivery.deliver([of_bus("nobody", 1)])
    assert turns == [1]


def test_sessions_that_get_the_same_share_one_buffer(manager: BusManager) -> None:
    sids = [session(manager, eio_sid) for eio_sid in ("ana", "ben", "cleo")]
    buffers: list[bytes] = []
    for sid, eio_sid in zip(sids, ("ana", "ben", "cleo"), strict=True):
        manager.connect(sid, NAMESPACE)
        manager.enter(sid, ["tenant"])
        manager.server.eio.sockets[eio_sid].transport.write = lambda _, frames: buffers.append(frames)
    manager.delivery.deliver([of_bus("tenant", 1), of_bus(sids[2], 2), of_bus("tenant", 3)])
    ana, ben, cleo = buffers
    assert ana is ben
    assert len(cleo) == len(ana) * 3 // 2


def test_what_is_kept_before_the_connect_packet_is_bounded(
    manager: BusManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_MESSAGES", 3)
    patient, flooded = session(manager, "patient"), session(manager, "flooded")
    for number in range(9):
        emit(manager, patient, number, replaces="cursor")
        emit(manager, flooded, number)
    assert not manager.is_open(flooded)
    manager.connect(patient, NAMESPACE)
    manager.connect(flooded, NAMESPACE)
    assert sent(manager, "patient") == ['42["e",8]']
    assert manager._order.kept == {}
