"""Latency and losses: what is late keeps its order, what is lost can be said beforehand."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from realtime_contracts.mock.outbox import Faults, Outbox
from tests.unit.contracts.mock.faking import FakeClock


@dataclass(frozen=True)
class Letter:
    data: str


@dataclass(eq=False)
class Box:
    got: list[str] = field(default_factory=list)

    def hand_over(self, packet: Letter) -> None:
        self.got.append(packet.data)


def outbox(clock: FakeClock, **faults: object) -> Outbox:
    return Outbox(Faults(**faults, rng=random.Random(7)), clock.now, clock.at)  # type: ignore[arg-type]


def test_without_latency_a_message_is_there_at_once() -> None:
    box = Box()
    outbox(FakeClock()).put(box, Letter("2a"))
    assert box.got == ["2a"]


def test_a_message_is_as_late_as_it_should_be() -> None:
    clock, box = FakeClock(), Box()
    out = outbox(clock, latency=(0.1, 0.1))
    out.put(box, Letter("2a"))
    assert out.seconds_left(box) == pytest.approx(0.1)
    clock.advance(0.09)
    assert box.got == []
    clock.advance(0.02)
    assert box.got == ["2a"]
    assert out.seconds_left(box) == 0


def test_whatever_the_latency_the_order_stays() -> None:
    clock, box = FakeClock(), Box()
    out = outbox(clock, latency=(0.0, 0.2))
    sent = [f"2{n}" for n in range(200)]
    for text in sent:
        out.put(box, Letter(text))
        clock.advance(0.001)
    clock.advance(1)
    assert box.got == sent


def test_one_clients_latency_is_not_anothers() -> None:
    clock, boxes = FakeClock(), [Box(), Box()]
    out = outbox(clock, latency=(0.1, 0.1))
    out.put(boxes[0], Letter("2a"))
    clock.advance(0.05)
    out.put(boxes[1], Letter("2b"))
    clock.advance(0.06)
    assert [box.got for box in boxes] == [["2a"], []]


def test_a_seed_loses_the_same_messages_every_time() -> None:
    lost = []
    for _ in range(2):
        box = Box()
        out = outbox(FakeClock(), drop=0.5)
        for n in range(50):
            out.put(box, Letter(f"2{n}"))
        lost.append(box.got)
    assert lost[0] == lost[1]
    assert 10 < len(lost[0]) < 40


def test_what_opens_or_ends_a_connection_is_never_lost() -> None:
    box = Box()
    out = outbox(FakeClock(), drop=1.0)
    for text in ('0{"sid":"x"}', '2["error",{}]', "31[{}]", "4{}", "1"):
        out.put(box, Letter(text))
    assert box.got == ['0{"sid":"x"}', "4{}", "1"]
