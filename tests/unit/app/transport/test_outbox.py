"""What waits for a slow client is bounded, and the newest of what replaces each other is enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.realtime.transport import limits
from app.realtime.transport.message import Message
from app.realtime.transport.outbox import Outbox


def texts(outbox: Outbox) -> list[str]:
    return [message.text for message in outbox.take()]


def test_messages_wait_in_the_order_of_sending() -> None:
    outbox = Outbox()
    assert all(outbox.add(Message(name)) for name in "abc")
    assert texts(outbox) == ["4a", "4b", "4c"]
    assert (len(outbox), outbox.size) == (0, 0)


def test_the_newest_of_what_replaces_each_other_waits_where_it_was_sent() -> None:
    outbox = Outbox()
    for name, replaces in [("a1", "a"), ("x", None), ("a2", "a"), ("y", None)]:
        outbox.add(Message(name, replaces))
    assert texts(outbox) == ["4x", "4a2", "4y"]


def test_a_part_is_taken_by_its_size() -> None:
    outbox = Outbox()
    for _ in range(3):
        outbox.add(Message("x" * 97))
    assert [len(outbox.take(size)) for size in (1, 200)] == [1, 2]


def test_too_many_messages_do_not_wait() -> None:
    outbox = Outbox()
    assert [outbox.add(Message("x")) for _ in range(limits.WAITING_MESSAGES + 1)].index(
        False
    ) == limits.WAITING_MESSAGES


def test_too_many_bytes_do_not_wait() -> None:
    outbox = Outbox()
    half = Message("x" * (limits.WAITING_BYTES // 2))
    assert [outbox.add(half), outbox.add(half)] == [True, False]


LARGE = Message("x" * limits.WAITING_BYTES)


def test_one_message_may_be_larger_than_the_bound_whatever_waits_beside_it() -> None:
    outbox = Outbox()
    for message in (Message("a"), LARGE, Message("b")):
        assert outbox.add(message)
    assert not outbox.add(Message("another " + LARGE.text))


def test_a_large_message_leaves_room_for_the_next_when_it_is_taken() -> None:
    outbox = Outbox()
    for _ in range(3):
        assert outbox.add(LARGE)
        assert outbox.take() == [LARGE]


def test_what_waits_beside_a_large_message_is_bounded() -> None:
    outbox = Outbox()
    half = Message("x" * (limits.WAITING_BYTES // 2))
    assert [outbox.add(LARGE), outbox.add(half), outbox.add(half)] == [True, True, False]


def test_a_message_that_may_be_replaced_never_ends_a_session() -> None:
    outbox = Outbox()
    for _ in range(limits.WAITING_MESSAGES):
        outbox.add(Message("x"))
    assert outbox.add(Message("cursor", "c"))
    assert len(outbox) == limits.WAITING_MESSAGES
    assert not outbox.add(Message("y"))


def test_what_may_be_replaced_makes_room_and_is_lost_first() -> None:
    outbox = Outbox()
    for number in range(limits.WAITING_MESSAGES):
        outbox.add(Message("x", number if number in (3, 5) else None))
    assert outbox.add(Message("y"))
    assert outbox.add(Message("z"))
    assert not outbox.add(Message("no room"))


@given(st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.integers(0, 20))), st.integers(1, 40))
def test_it_is_a_list_without_what_was_replaced(sent: list[tuple[str | None, int]], piece: int) -> None:
    outbox, expected = Outbox(), []
    for replaces, size in sent:
        message = Message("x" * size, replaces)
        expected = [one for one in expected if replaces is None or one.replaces != replaces] + [message]
        assert outbox.add(message)
        assert (len(outbox), outbox.size) == (len(expected), sum(len(one.frame) for one in expected))
    taken = []
    while len(outbox):
        part = outbox.take(piece)
        assert len(part) == 1 or sum(len(one.frame) for one in part) <= piece
        taken += part
    assert taken == expected


@pytest.mark.parametrize("size", [0, 200, 70_000])
def test_a_message_is_a_packet_and_its_frame(size: int) -> None:
    message = Message("x" * size)
    assert message.text == "4" + "x" * size
    assert message.frame.endswith(message.text.encode())
