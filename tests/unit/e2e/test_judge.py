"""The judge of the fire: right histories pass, and each kind of wrong is told, by what it is.

Histories are made by hand here: two users, a witness, a few versions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.realtime.utils.times import to_rfc3339
from tests.e2e.fire.broken import FAULTS, without
from tests.e2e.fire.history import Connection, Event, History
from tests.e2e.fire.judge import ALLOWANCE_MS, ANNOUNCED_WITHIN_MS, judge, overlap

START = 1_800_000_000_000.0


def at(ms: float) -> float:
    return START + ms


def put(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


class Tale:
    """A history that grows: what each user does, and what all hear of it."""

    def __init__(self) -> None:
        self.ana, self.ben, self.witness = (Connection(user_id) for user_id in ("ana", "ben", "witness"))
        self.history = History([self.ana, self.ben], self.witness, 0, {})
        for connection in (self.ana, self.ben, self.witness):
            sync = {"version": 0, "content": {}, "changes": [], "locks": []}
            connection.events.append(Event(at(0), "sync", sync))

    def edit(self, who: Connection, when: float, base: int, *changes: dict[str, Any]) -> dict[str, Any]:
        """An edit that is accepted as the next version, heard by the others and answered."""
        payload = {"base_version": base, "changes": list(changes), "edit_id": f"{who.user_id}-{when}"}
        who.events.append(Event(at(when), "sent", payload))
        self.history.version += 1
        edit = {**payload, "version": self.history.version, "user_id": who.user_id}
        for other in (self.ana, self.ben, self.witness):
            if other is not who:
                other.events.append(Event(at(when + 5), "edit", edit))
        self.answer(who, when + 6, payload["edit_id"], {"ok": True, "version": self.history.version})
        return edit

    def answer(self, who: Connection, when: float, edit_id: str, ack: dict[str, Any]) -> None:
        who.events.append(Event(at(when), "answer", {"edit_id": edit_id, "ack": ack}))

    def refuse(self, who: Connection, when: float, base: int, *changes: dict[str, Any]) -> None:
        """An edit that is answered with a conflict."""
        payload = {"base_version": base, "changes": list(changes), "edit_id": f"{who.user_id}-{when}"}
        who.events.append(Event(at(when), "sent", payload))
        details = {"version": self.history.version, "changes": []}
        error = {"code": "version_conflict", "details": details}
        self.answer(who, when + 1, payload["edit_id"], {"ok": False, "error": error})

    def lock(self, who: Connection, path: str, since: float, until: float) -> None:
        """A lock that is granted and announced; its end is announced too."""
        lock = {"path": path, "user_id": who.user_id, "acquired_at": rfc(since), "expires_at": rfc(until)}
        who.events.append(Event(at(since + 1), "lock", {"path": path, "ack": {"ok": True, "lock": lock}}))
        self.witness.events.append(Event(at(since + 1), "locks", {"locks": [lock]}))

    def announce_no_lock(self, when: float) -> None:
        self.witness.events.append(Event(at(when), "locks", {"locks": []}))

    def end(self, content: Any) -> list[str]:
        """Everybody has `content` in the end. Returns what the judge says."""
        self.history.content = content
        for connection in (self.ana, self.ben, self.witness):
            connection.document = content if connection.document is None else connection.document
        return judge(self.history)


def rfc(ms: float) -> str:
    return to_rfc3339(datetime.fromtimestamp(at(ms) / 1000, UTC))


def peace() -> Tale:
    """Two versions, the second merged onto the first; a refusal with a reason; a lock that ends in time."""
    tale = Tale()
    tale.edit(tale.ana, 10, 0, put("/a", 1))
    tale.edit(tale.ben, 20, 0, put("/b", 2))
    tale.refuse(tale.ben, 30, 0, put("/a", 3))
    tale.lock(tale.ana, "/a", 100, 5100)
    tale.announce_no_lock(5105)
    return tale


def test_a_history_as_the_contract_has_it_is_right() -> None:
    assert peace().end({"a": 1, "b": 2}) == []


def a_version_is_never_told(tale: Tale) -> None:
    tale.edit(tale.ana, 40, 2, put("/c", 1))
    tale.ben.events.pop()
    tale.edit(tale.ana, 50, 3, put("/c", 1))


def the_answer_comes_too_early(tale: Tale) -> None:
    tale.edit(tale.ana, 40, 2, put("/c", 1))
    tale.edit(tale.ben, 50, 2, put("/d", 1))
    tale.ben.events[-2:] = [tale.ben.events[-1], tale.ben.events[-2]]
    tale.ben.events[-3:] = [tale.ben.events[-2], tale.ben.events[-3], tale.ben.events[-1]]


def an_edit_is_committed_twice(tale: Tale) -> None:
    edit = tale.edit(tale.ana, 40, 2, put("/a", 1))
    tale.history.version += 1
    for one in (tale.ben, tale.witness, tale.ana):
        one.events.append(Event(at(50), "edit", {**edit, "version": 4}))


def an_edit_is_answered_with_anothers_version(tale: Tale) -> None:
    edit = tale.edit(tale.ana, 40, 2, put("/a", 1))
    tale.answer(tale.ana, 45, edit["edit_id"], {"ok": True, "version": 1})


def a_refused_edit_is_in_the_log(tale: Tale) -> None:
    tale.edit(tale.ana, 40, 2, put("/a", 1))
    error = {"code": "locked", "details": {}}
    edit_id = tale.ana.events.pop().data["edit_id"]
    tale.answer(tale.ana, 45, edit_id, {"ok": False, "error": error})


def an_edit_is_changed_on_its_way(tale: Tale) -> None:
    tale.edit(tale.ana, 40, 2, put("/a", 1))
    sent = next(event for event in reversed(tale.ana.events) if event.kind == "sent")
    sent.data["changes"] = [put("/a", 2)]


def an_edit_is_lost_from_the_document(tale: Tale) -> None:
    tale.edit(tale.ana, 40, 2, put("/lost", 1))


def a_client_has_another_document(tale: Tale) -> None:
    tale.ben.document = {"a": 1}


def overlapping_edits_are_merged(tale: Tale) -> None:
    tale.edit(tale.ben, 40, 0, put("/a", 1))


def an_edit_is_refused_without_a_reason(tale: Tale) -> None:
    tale.refuse(tale.ana, 40, 1, put("/a", 1))


def two_hold_one_place(tale: Tale) -> None:
    tale.lock(tale.ana, "/x", 6000, 11_000)
    tale.lock(tale.ben, "/x/y", 7000, 12_000)
    tale.announce_no_lock(12_001)


def an_edit_goes_through_a_lock(tale: Tale) -> None:
    tale.lock(tale.ana, "", 6000, 11_000)
    tale.edit(tale.ben, 7000, 2, put("/a", 1))
    tale.announce_no_lock(11_001)


def the_end_of_a_lock_is_announced_late(tale: Tale) -> None:
    tale.lock(tale.ana, "/x", 6000, 11_000)
    tale.announce_no_lock(11_001 + ANNOUNCED_WITHIN_MS + ALLOWANCE_MS)


def the_end_of_a_lock_is_never_announced(tale: Tale) -> None:
    tale.lock(tale.ana, "/x", 6000, 11_000)


def the_end_of_a_lock_is_announced_twice(tale: Tale) -> None:
    tale.announce_no_lock(5200)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (a_version_is_never_told, "edit 4 after 2"),
        (the_answer_comes_too_early, "answer 4 after 2"),
        (an_edit_is_committed_twice, "in the log more than once"),
        (an_edit_is_answered_with_anothers_version, "was accepted as 1 and is 3"),
        (a_refused_edit_is_in_the_log, "was refused and is 3"),
        (an_edit_is_changed_on_its_way, "version 3 was not sent like that"),
        (an_edit_is_lost_from_the_document, "the log does not make the document"),
        (a_client_has_another_document, "ben has another document"),
        (overlapping_edits_are_merged, "version 3 was merged although it overlaps with 1"),
        (an_edit_is_refused_without_a_reason, "without a reason"),
        (two_hold_one_place, "ana held '/x' and ben got '/x/y'"),
        (an_edit_goes_through_a_lock, "went through ana's lock"),
        (the_end_of_a_lock_is_announced_late, "ms late"),
        (the_end_of_a_lock_is_never_announced, "was announced never"),
        (the_end_of_a_lock_is_announced_twice, "announced twice"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_each_kind_of_wrong_is_told(wrong: Callable[[Tale], None], said: str) -> None:
    tale = peace()
    wrong(tale)
    complaints = tale.end({"a": 1, "b": 2})
    assert any(said in complaint for complaint in complaints), complaints


def test_what_may_have_been_right_is_taken_for_right() -> None:
    tale = peace()
    # A lock that was given free while an edit was under way, and one that began after it was sent.
    tale.lock(tale.ana, "/c", 6000, 11_000)
    tale.ana.events.append(Event(at(6500), "unlock", {"path": "/c", "sent_at": at(6100)}))
    tale.announce_no_lock(6101)
    tale.edit(tale.ben, 6105, 2, put("/c", 1))
    tale.edit(tale.ben, 7000, 3, put("/d", 1))
    tale.lock(tale.ana, "/d", 7002, 12_002)
    tale.announce_no_lock(12_010)
    # The same edit again is answered as the first time.
    edit_id = tale.ben.of("sent")[-1].data["edit_id"]
    tale.answer(tale.ben, 9000, edit_id, {"ok": True, "version": 4})
    assert tale.end({"a": 1, "b": 2, "c": 1, "d": 1}) == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("/a", "/a", True), ("/a", "/a/b", True), ("", "/a", True), ("/a", "/ab", False), ("/a/b", "/a/c", False)],
)
def test_places_overlap(one: str, other: str, *, expected: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is expected


def test_a_fault_takes_one_line_out_of_a_script_that_is_there() -> None:
    from app.realtime.store.script import source

    for lines in FAULTS.values():
        for name, mark in lines:
            whole = source(name)
            assert len(without(whole, mark).splitlines()) == len(whole.splitlines()) - 1
    with pytest.raises(ValueError, match="no line"):
        without("return 1", "version")
