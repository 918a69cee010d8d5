"""Latency and losses: what is late keeps its order, what is lost can be said beforehand."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from realtime_contracts.mock.delivery import Delivery, Faults
from realtime_contracts.mock.sessions import readable
from realtime_contracts.rules.packets import GARBAGE
from tests.unit.contracts.mock.recorded import FakeClock


@dataclass(frozen=True)
class Packet:
    data: str


@dataclass(eq=False)
class Client:
    got: list[str] = field(default_factory=list)

    def hand_over(self, packet: Packet) -> None:
        self.got.append(packet.data)


def delivery(clock: FakeClock, **faults: object) -> Delivery:
    return Delivery(Faults(**faults, rng=random.Random(7)), clock)  # type: ignore[arg-type]


def test_without_latency_a_message_is_there_at_once() -> None:
    client = Client()
    delivery(FakeClock()).put(client, Packet("2a"))
    assert client.got == ["2a"]


def test_a_message_is_as_late_as_it_should_be() -> None:
    clock, client = FakeClock(), Client()
    out = delivery(clock, latency=(0.1, 0.1))
    out.put(client, Packet("2a"))
    assert out.seconds_left(client) == pytest.approx(0.1)
    clock.advance(0.09)
    assert client.got == []
    clock.advance(0.02)
    assert client.got == ["2a"]
    assert out.seconds_left(client) == 0


def test_whatever_the_latency_the_order_stays() -> None:
    clock, client = FakeClock(), Client()
    out = delivery(clock, latency=(0.0, 0.2))
    sent = [f"2{n}" for n in range(200)]
    for text in sent:
        out.put(client, Packet(text))
        clock.advance(0.001)
    clock.advance(1)
    assert client.got == sent


def test_one_clients_latency_is_not_anothers() -> None:
    clock, clients = FakeClock(), [Client(), Client()]
    out = delivery(clock, latency=(0.1, 0.1))
    out.put(clients[0], Packet("2a"))
    clock.advance(0.05)
    out.put(clients[1], Packet("2b"))
    clock.advance(0.06)
    assert [client.got for client in clients] == [["2a"], []]


def test_what_opens_or_ends_a_connection_is_never_lost() -> None:
    client = Client()
    out = delivery(FakeClock(), drop=1.0)
    for text in ('0{"sid":"x"}', '2["error",{}]', "31[{}]", "4{}", "1"):
        out.put(client, Packet(text))
    assert client.got == ['0{"sid":"x"}', "4{}", "1"]


@pytest.mark.parametrize("frame", ["", "x", "9", "{}", "bAAA", "é", "4", "4x", "4[1]", "2x", "36", "0{}"])
def test_a_frame_that_is_no_packet_is_garbage(frame: str) -> None:
    assert readable(frame) == GARBAGE


@pytest.mark.parametrize("frame", ["1", "2", "2probe", "3", "3probe", "5", "6", '42["a"]', "40", "41", "42"])
def test_a_frame_that_is_one_stays(frame: str) -> None:
    assert readable(frame) == frame
