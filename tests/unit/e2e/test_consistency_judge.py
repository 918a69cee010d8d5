"""The judge of the consistency run: it accepts right histories and says what is wrong with each wrong one.

Histories are made by hand here: two users, a witness, a few versions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from realtime_contracts.rules.times import to_rfc3339
from tests.e2e.consistency.history import Connection, Event, History
from tests.e2e.consistency.judge import ALLOWANCE_MS, ANNOUNCED_WITHIN_MS, judge, named, overlap, touched

START = 1_800_000_000_000.0


def at(ms: float) -> float:
    return START + ms


def put(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


class HistoryBuilder:
    """Makes a history: what each user does, and what everybody receives."""

    def __init__(self) -> None:
        users = [("ana", "Ana"), ("ben", "Ben"), ("witness", "Witness")]
        self.ana, self.ben, self.witness = (Connection(*user) for user in users)
        self.all = [self.ana, self.ben, self.witness]
        self.history = History([self.ana, self.ben], self.witness, 0, {})
        #: As the server keeps it; what it gives out may be something else.
        self.log: list[dict[str, Any]] = []
        for connection in self.all:
            connection.events.append(Event(at(0), "asked", {}))
            connection.events.append(Event(at(0), "sync", synced(0, {})))

    def edit(self, who: Connection, when: float, base: int, *changes: dict[str, Any]) -> dict[str, Any]:
        """An edit that is accepted as the next version, heard by the others and answered."""
        payload = self.send(who, when, base, *changes)
        edit = self.commit(who, payload)
        self.tell(when + 5, edit, *(one for one in self.all if one is not who))
        self.answer(who, when + 6, payload["edit_id"], {"ok": True, "version": edit["version"]})
        return edit

    def send(self, who: Connection, when: float, base: int, *changes: dict[str, Any]) -> dict[str, Any]:
        """An edit that is sent, and nothing more."""
        payload = {"base_version": base, "changes": list(changes), "edit_id": f"{who.user_id}-{when}"}
        who.events.append(Event(at(when), "sent", payload))
        return payload

    def commit(self, who: Connection, payload: dict[str, Any]) -> dict[str, Any]:
        """An edit gets into the log, and nobody is told."""
        what = {"changes": payload["changes"], "edit_id": payload["edit_id"]}
        self.log.append({**what, "version": len(self.log) + 1, "user_id": who.user_id, "user_name": who.user_name})
        return self.log[-1]

    def tell(self, when: float, edit: dict[str, Any], *whom: Connection) -> None:
        for one in whom:
            one.events.append(Event(at(when), "edit", edit))

    def answer(self, who: Connection, when: float, edit_id: str, ack: dict[str, Any]) -> None:
        sent = next(event.at for event in reversed(who.of("sent")) if event.data["edit_id"] == edit_id)
        who.events.append(Event(at(when), "answer", {"edit_id": edit_id, "sent_at": sent, "ack": ack}))

    def refuse(self, who: Connection, when: float, base: int, *changes: dict[str, Any]) -> dict[str, Any]:
        """An edit that is answered with a conflict. Returns its details."""
        details = {"version": len(self.log), "changes": self.log[base:]}
        self.fail(who, when, base, "version_conflict", details, *changes)
        return details

    def fail(self, who: Connection, when: float, base: int, code: str, details: Any, *changes: dict[str, Any]) -> None:
        """An edit that is answered with an error."""
        payload = self.send(who, when, base, *changes)
        error = {"code": code, "details": details}
        self.answer(who, when + 1, payload["edit_id"], {"ok": False, "error": error})

    def lock(self, who: Connection, path: str, since: float, until: float) -> dict[str, Any]:
        """A lock that is granted and announced."""
        lock = {"path": path, "user_id": who.user_id, "user_name": who.user_name}
        lock |= {"acquired_at": rfc(since), "expires_at": rfc(until)}
        ack = {"ok": True, "lock": lock}
        asked = {"path": path, "ttl": (until - since) / 1000}
        who.events.append(Event(at(since + 1), "lock", {**asked, "sent_at": at(since - 1), "ack": ack}))
        self.announce(since + 1, lock)
        return lock

    def unlock(self, who: Connection, path: str, sent: float, answered: float) -> None:
        ack = {"ok": True, "locks": []}
        who.events.append(Event(at(answered), "unlock", {"path": path, "sent_at": at(sent), "ack": ack}))

    def announce(self, when: float, *locks: dict[str, Any]) -> None:
        self.witness.events.append(Event(at(when), "locks", {"locks": list(locks)}))

    def come_again(self, who: Connection, when: float, since: int, changes: list[dict[str, Any]]) -> Connection:
        """A new connection of a user, who asks for what was missed and gets that."""
        again = Connection(who.user_id, who.user_name)
        self.history.connections.append(again)
        self.all[self.all.index(who)] = again
        again.events.append(Event(at(when), "asked", {"since_version": since}))
        again.events.append(Event(at(when + 1), "sync", synced(len(self.log), None, changes)))
        return again

    def end(self, content: Any) -> list[str]:
        """Everybody has `content` in the end, and the log is read. Returns what the judge says."""
        self.history.version, self.history.content = len(self.log), content
        for connection in self.all:
            connection.document = content if connection.document is None else connection.document
        self.witness.events.append(Event(at(90_000), "asked", {"since_version": 0}))
        self.witness.events.append(Event(at(90_001), "sync", synced(len(self.log), None, self.log)))
        return judge(self.history)


def synced(version: int, content: Any, changes: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"version": version, "content": content, "changes": list(changes or []), "locks": []}


def rfc(ms: float) -> str:
    return to_rfc3339(datetime.fromtimestamp(at(ms) / 1000, UTC))


def right_history() -> HistoryBuilder:
    """Two versions, the second merged onto the first; a refusal with a reason; a lock that ends in time."""
    made = HistoryBuilder()
    made.edit(made.ana, 10, 0, put("/a", 1))
    made.edit(made.ben, 20, 0, put("/b", 2))
    made.refuse(made.ben, 30, 0, put("/a", 3))
    made.lock(made.ana, "/a", 100, 5100)
    made.announce(5105)
    return made


def test_a_history_as_the_contract_has_it_is_right() -> None:
    assert right_history().end({"a": 1, "b": 2}) == []


def a_version_is_never_told(made: HistoryBuilder) -> None:
    made.edit(made.ana, 40, 2, put("/c", 1))
    made.ben.events.pop()
    made.edit(made.ana, 50, 3, put("/c", 1))


def the_answer_comes_too_early(made: HistoryBuilder) -> None:
    made.edit(made.ana, 40, 2, put("/c", 1))
    made.edit(made.ben, 50, 2, put("/d", 1))
    edit, sent, answer = made.ben.events[-3:]
    made.ben.events[-3:] = [sent, answer, edit]


def the_answer_comes_too_late(made: HistoryBuilder) -> None:
    payload = made.send(made.ben, 40, 2, put("/c", 1))
    made.tell(45, made.commit(made.ben, payload), made.ana, made.witness)
    made.edit(made.ana, 50, 3, put("/d", 1))
    made.answer(made.ben, 60, payload["edit_id"], {"ok": True, "version": 3})


def somebody_is_told_of_their_own_edit(made: HistoryBuilder) -> None:
    edit = made.edit(made.ana, 40, 2, put("/c", 1))
    made.ana.events.insert(-1, Event(at(45), "edit", edit))


def an_edit_is_committed_twice(made: HistoryBuilder) -> None:
    made.edit(made.ana, 40, 2, put("/a", 1))
    made.tell(50, made.commit(made.ana, made.ana.of("sent")[-1].data), *made.all)


def a_version_is_given_twice(made: HistoryBuilder) -> None:
    made.edit(made.ana, 40, 2, put("/a", 1))
    made.log.append({**made.log[-1], "edit_id": "another"})


def a_version_is_not_in_the_log(made: HistoryBuilder) -> None:
    made.edit(made.ana, 40, 2, put("/a", 1))
    made.edit(made.ana, 50, 3, put("/a", 1))
    del made.log[2]


def an_edit_is_answered_with_anothers_version(made: HistoryBuilder) -> None:
    edit = made.edit(made.ana, 40, 2, put("/a", 1))
    made.answer(made.ana, 45, edit["edit_id"], {"ok": True, "version": 1})


def an_accepted_edit_is_refused_when_sent_again(made: HistoryBuilder) -> None:
    made.edit(made.ana, 40, 2, put("/a", 1))
    payload = made.ana.of("sent")[-1].data
    made.ana.events.append(Event(at(50), "sent", payload))
    error = {"code": "version_conflict", "details": {"version": 3, "changes": made.log[2:]}}
    made.answer(made.ana, 51, payload["edit_id"], {"ok": False, "error": error})


def a_refused_edit_is_in_the_log(made: HistoryBuilder) -> None:
    edit = made.edit(made.ana, 40, 2, put("/a", 1))
    made.ana.events.pop()
    details = {"version": 3, "changes": made.log[2:]}
    made.answer(made.ana, 45, edit["edit_id"], {"ok": False, "error": {"code": "version_conflict", "details": details}})


def an_edit_is_changed_on_its_way(made: HistoryBuilder) -> None:
    made.edit(made.ana, 40, 2, put("/a", 1))
    made.ana.of("sent")[-1].data["changes"] = [put("/a", 2)]


def an_edit_gets_another_author(made: HistoryBuilder) -> None:
    made.edit(made.ana, 40, 2, put("/a", 1))["user_name"] = "Ben"


def an_edit_is_told_as_another(made: HistoryBuilder) -> None:
    edit = made.edit(made.ana, 40, 2, put("/a", 1))
    made.ben.events[-1] = Event(at(45), "edit", {**edit, "changes": [put("/a", 2)]})


def a_sync_leaves_out_what_was_missed(made: HistoryBuilder) -> None:
    made.come_again(made.ben, 40, 0, made.log[1:])


def a_sync_gives_more_than_was_missed(made: HistoryBuilder) -> None:
    made.come_again(made.ben, 40, 1, made.log)


def a_sync_gives_all_though_the_log_has_the_rest(made: HistoryBuilder) -> None:
    again = made.come_again(made.ben, 40, 1, [])
    again.events[-1].data["content"] = {"a": 1, "b": 2}


def a_sync_gives_a_document_of_another_version(made: HistoryBuilder) -> None:
    made.ben.events.append(Event(at(40), "asked", {}))
    made.ben.events.append(Event(at(41), "sync", synced(2, {"a": 1})))


def an_edit_is_lost_from_the_document(made: HistoryBuilder) -> None:
    made.edit(made.ana, 40, 2, put("/lost", 1))


def a_client_has_another_document(made: HistoryBuilder) -> None:
    made.ben.document = {"a": 1}


def overlapping_edits_are_merged(made: HistoryBuilder) -> None:
    made.edit(made.ben, 40, 0, put("/a", 1))


def a_read_is_merged_with_a_write(made: HistoryBuilder) -> None:
    made.edit(made.ben, 40, 0, {"op": "test", "path": "/a", "value": 1}, put("/b", 2))


def an_edit_is_refused_without_a_reason(made: HistoryBuilder) -> None:
    made.refuse(made.ana, 40, 1, put("/a", 1))


def an_edit_on_an_old_base_is_refused_without_a_reason(made: HistoryBuilder) -> None:
    for number in range(20):
        made.edit(made.ana, 40 + 10 * number, 2 + number, put("/a", 1))
    made.refuse(made.ben, 900, 2, put("/b", 2))


def an_edit_that_only_reads_what_was_read_is_refused(made: HistoryBuilder) -> None:
    test = {"op": "test", "path": "/a", "value": 1}
    made.edit(made.ana, 40, 2, test)
    made.refuse(made.ben, 50, 2, test)


def a_conflict_does_not_name_what_was_missed(made: HistoryBuilder) -> None:
    made.refuse(made.ana, 40, 0, put("/b", 1))["changes"] = made.log[:1]


def a_conflict_says_that_the_log_has_not_what_it_has(made: HistoryBuilder) -> None:
    made.refuse(made.ana, 40, 0, put("/b", 1))["changes"] = None


def a_conflict_on_a_base_to_come_names_edits(made: HistoryBuilder) -> None:
    made.refuse(made.ana, 40, 7, put("/b", 1))


def an_edit_that_fits_does_not(made: HistoryBuilder) -> None:
    made.fail(made.ana, 40, 2, "invalid_payload", {"path": "/changes/0/path"}, put("/b", 1))


def two_hold_one_place(made: HistoryBuilder) -> None:
    one = made.lock(made.ana, "/x", 6000, 11_000)
    other = made.lock(made.ben, "/x/y", 7000, 12_000)
    made.witness.events[-1] = Event(at(7001), "locks", {"locks": [one, other]})
    made.announce(11_001, other)
    made.announce(12_001)


def an_edit_goes_through_a_lock(made: HistoryBuilder) -> None:
    made.lock(made.ana, "", 6000, 11_000)
    made.edit(made.ben, 7000, 2, put("/a", 1))
    made.announce(11_001)


def an_edit_without_an_answer_goes_through_a_lock(made: HistoryBuilder) -> None:
    an_edit_goes_through_a_lock(made)
    made.ben.events.pop()


def an_edit_is_refused_for_nobodys_lock(made: HistoryBuilder) -> None:
    lock = {"path": "/a", "user_id": "ben", "acquired_at": rfc(6000), "expires_at": rfc(11_000)}
    made.fail(made.ana, 7000, 2, "locked", lock, put("/a", 1))


def an_edit_is_refused_for_a_lock_that_is_over(made: HistoryBuilder) -> None:
    made.lock(made.ana, "/a", 6000, 11_000)
    lock = made.ana.of("lock")[-1].data["ack"]["lock"]
    made.unlock(made.ana, "/a", 6500, 6600)
    made.announce(6550)
    made.fail(made.ben, 6700, 2, "locked", lock, put("/a", 1))


def an_edit_that_looks_at_a_locked_place_is_refused(made: HistoryBuilder) -> None:
    lock = made.lock(made.ana, "/a", 6000, 11_000)
    made.announce(11_001)
    made.fail(made.ben, 7000, 2, "locked", lock, {"op": "copy", "from": "/a", "path": "/b"})


def somebody_is_refused_for_their_own_lock(made: HistoryBuilder) -> None:
    lock = made.lock(made.ana, "/a", 6000, 11_000)
    made.announce(11_001)
    made.fail(made.ana, 7000, 2, "locked", lock, put("/a", 1))


def a_lock_is_refused_for_a_lock_elsewhere(made: HistoryBuilder) -> None:
    lock = made.lock(made.ana, "/a", 6000, 11_000)
    made.announce(11_001)
    ack = {"ok": False, "error": {"code": "locked", "details": lock}}
    made.ben.events.append(Event(at(7000), "lock", {"path": "/b", "sent_at": at(6999), "ack": ack}))


def an_unlock_is_refused_for_a_lock_above(made: HistoryBuilder) -> None:
    lock = made.lock(made.ana, "/a", 6000, 11_000)
    made.announce(11_001)
    ack = {"ok": False, "error": {"code": "locked", "details": lock}}
    made.ben.events.append(Event(at(7000), "unlock", {"path": "/a/b", "sent_at": at(6999), "ack": ack}))


def a_lock_that_is_held_is_not_found(made: HistoryBuilder) -> None:
    made.lock(made.ana, "/a", 6000, 11_000)
    made.announce(11_001)
    ack = {"ok": False, "error": {"code": "not_found", "details": None}}
    made.ana.events.append(Event(at(7000), "unlock", {"path": "/a", "sent_at": at(6999), "ack": ack}))


def another_lock_is_given_than_was_asked_for(made: HistoryBuilder) -> None:
    made.lock(made.ana, "/a", 6000, 11_000)
    made.announce(11_001)
    made.ana.events[-1].data["path"] = "/b"


def a_lock_is_given_for_too_long(made: HistoryBuilder) -> None:
    made.lock(made.ana, "/a", 6000, 11_000)
    made.announce(11_001)
    made.ana.events[-1].data["ttl"] = 4


def a_holder_gets_the_lock_anew(made: HistoryBuilder) -> None:
    made.lock(made.ana, "/a", 6000, 11_000)
    made.lock(made.ana, "/a", 7000, 12_000)
    made.announce(12_001)


def a_client_stops(made: HistoryBuilder) -> None:
    made.history.stopped.append("Ana stopped: TimeoutError()")


def a_lock_ends_before_its_time(made: HistoryBuilder) -> None:
    made.lock(made.ana, "/x", 6000, 11_000)
    made.announce(9000)


def a_lock_is_never_announced(made: HistoryBuilder) -> None:
    made.lock(made.ana, "/x", 6000, 11_000)
    made.witness.events.pop()


def a_lock_is_announced_that_nobody_got(made: HistoryBuilder) -> None:
    made.lock(made.ana, "/x", 6000, 11_000)
    made.ana.events.pop()
    made.announce(11_001)


def the_end_of_a_lock_is_announced_late(made: HistoryBuilder) -> None:
    made.lock(made.ana, "/x", 6000, 11_000)
    made.announce(11_001 + ANNOUNCED_WITHIN_MS + ALLOWANCE_MS)


def the_end_of_a_lock_is_never_announced(made: HistoryBuilder) -> None:
    made.lock(made.ana, "/x", 6000, 11_000)


def the_end_of_a_lock_is_announced_again(made: HistoryBuilder) -> None:
    made.announce(5200)


def a_lock_ends_twice(made: HistoryBuilder) -> None:
    lock = made.lock(made.ana, "/x", 6000, 11_000)
    made.announce(11_001)
    made.announce(11_100, lock)
    made.announce(11_200)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (a_version_is_never_told, "ben: edit 4 after 2"),
        (the_answer_comes_too_early, "ben: answer 4 after 2"),
        (the_answer_comes_too_late, "ben: edit 4 after 2"),
        (somebody_is_told_of_their_own_edit, "ana was told of its own edit 3"),
        (an_edit_is_committed_twice, "in the log more than once"),
        (a_version_is_given_twice, "two edits of version 3"),
        (a_version_is_not_in_the_log, "the log has 3 edits up to version 3"),
        (an_edit_is_answered_with_anothers_version, "was accepted as 1 and is 3"),
        (an_accepted_edit_is_refused_when_sent_again, "was refused after it had been accepted"),
        (a_refused_edit_is_in_the_log, "was refused and is 3"),
        (an_edit_is_changed_on_its_way, "version 3 was not sent like that"),
        (an_edit_gets_another_author, "version 3 was not sent like that"),
        (an_edit_is_told_as_another, "ben was told of version 3 as it was not made"),
        (a_sync_leaves_out_what_was_missed, "ben: a sync since 0 is not"),
        (a_sync_gives_more_than_was_missed, "ben: a sync since 1 is not"),
        (a_sync_gives_all_though_the_log_has_the_rest, "ben: a sync since 1 is not"),
        (a_sync_gives_a_document_of_another_version, "ben: a sync since None is not"),
        (an_edit_is_lost_from_the_document, "the log does not make the document"),
        (a_client_has_another_document, "ben has another document"),
        (overlapping_edits_are_merged, "version 3 was merged although it overlaps with 1"),
        (a_read_is_merged_with_a_write, "version 3 was merged although it overlaps with 1"),
        (an_edit_is_refused_without_a_reason, "was refused on 1 at 2 without a reason"),
        (an_edit_on_an_old_base_is_refused_without_a_reason, "was refused on 2 at 22 without a reason"),
        (an_edit_that_only_reads_what_was_read_is_refused, "was refused on 2 at 3 without a reason"),
        (a_conflict_does_not_name_what_was_missed, "was not told what was made from 0 to 2"),
        (a_conflict_says_that_the_log_has_not_what_it_has, "was told no edits since 0 at 2"),
        (a_conflict_on_a_base_to_come_names_edits, "was told edits since 7 at 2"),
        (an_edit_that_fits_does_not, "an edit does not fit that does"),
        (two_hold_one_place, "ana held '/x' and ben got '/x/y'"),
        (an_edit_goes_through_a_lock, "went through ana's lock"),
        (an_edit_without_an_answer_goes_through_a_lock, "went through ana's lock"),
        (an_edit_is_refused_for_nobodys_lock, "ana was refused for a lock that is not in the way"),
        (an_edit_is_refused_for_a_lock_that_is_over, "ben was refused for a lock that is not in the way"),
        (an_edit_that_looks_at_a_locked_place_is_refused, "ben was refused for a lock that is not in the way"),
        (somebody_is_refused_for_their_own_lock, "ana was refused for a lock that is not in the way"),
        (a_lock_is_refused_for_a_lock_elsewhere, "ben was refused for a lock that is not in the way"),
        (an_unlock_is_refused_for_a_lock_above, "ben was refused for a lock that is not in the way"),
        (a_lock_that_is_held_is_not_found, "ana did not find ana's lock on '/a'"),
        (another_lock_is_given_than_was_asked_for, "ana asked for '/b'"),
        (a_lock_is_given_for_too_long, "ana asked for '/a' for 4000 ms"),
        (a_holder_gets_the_lock_anew, "ana still had '/a' and got it anew"),
        (a_client_stops, "Ana stopped"),
        (a_lock_ends_before_its_time, "2000 ms before its time"),
        (a_lock_is_never_announced, "ana's lock on '/x' was never announced"),
        (a_lock_is_announced_that_nobody_got, "announced that nobody got"),
        (the_end_of_a_lock_is_announced_late, "ms late"),
        (the_end_of_a_lock_is_never_announced, "was announced never"),
        (the_end_of_a_lock_is_announced_again, "the same locks were announced twice"),
        (a_lock_ends_twice, "the end of ana's lock on '/x' was announced twice"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_each_kind_of_wrong_is_told(wrong: Callable[[HistoryBuilder], None], said: str) -> None:
    made = right_history()
    wrong(made)
    complaints = made.end({"a": 1, "b": 2})
    assert any(said in complaint for complaint in complaints), complaints


def test_what_may_have_been_right_is_taken_for_right() -> None:
    made = right_history()
    # A lock that was given free while an edit was under way, and one that began after it was sent.
    made.lock(made.ana, "/c", 6000, 11_000)
    made.unlock(made.ana, "/c", 6100, 6500)
    made.announce(6101)
    made.edit(made.ben, 6105, 2, put("/c", 1))
    made.edit(made.ben, 7000, 3, put("/d", 1))
    made.lock(made.ana, "/d", 7002, 12_002)
    # Renewed: the same lock, for longer; and then lost with the wire, so that it runs out.
    lock = made.lock(made.ana, "/d", 7002, 14_000)
    # Refused for that lock; and for one that may still have been there.
    made.fail(made.ben, 8000, 4, "locked", lock, put("/d/x", 1))
    made.announce(14_010)
    made.fail(made.ben, 14_000, 4, "locked", lock, put("/d", 1))
    # The same edit again, after the wire was lost, is answered as the first time.
    payload = made.ben.of("sent")[1].data
    again = made.come_again(made.ben, 15_000, 1, made.log[1:])
    again.events.append(Event(at(15_100), "sent", made.ben.of("sent")[2].data))
    edit_id = made.ben.of("sent")[2].data["edit_id"]
    made.answer(again, 15_200, edit_id, {"ok": True, "version": 3})
    assert payload["base_version"] == 0
    # On a base that is not there yet; and one that does not fit.
    made.refuse(again, 15_300, 9, put("/c", 1))["changes"] = None
    made.fail(again, 15_400, 4, "invalid_payload", {"path": "/changes/0/path"}, {"op": "remove", "path": "/none"})
    assert made.end({"a": 1, "b": 2, "c": 1, "d": 1}) == []


def test_an_edit_may_lose_against_others_that_come_first_each_time() -> None:
    made = right_history()
    payload = made.send(made.ben, 40, 2, put("/b", 1))
    for number in range(8):
        made.edit(made.ana, 41 + number, 2 + number, put("/a", 1))
    details = {"version": len(made.log), "changes": made.log[2:]}
    made.answer(
        made.ben, 60, payload["edit_id"], {"ok": False, "error": {"code": "version_conflict", "details": details}}
    )
    assert made.end({"a": 1, "b": 2}) == []


def test_a_time_that_may_be_wrong_is_no_proof() -> None:
    made = right_history()
    made.history.blur_ms = 3.0
    made.lock(made.ana, "", 6000, 11_000)
    made.edit(made.ben, 6001, 2, put("/a", 1))
    made.announce(10_998)
    assert made.end({"a": 1, "b": 2}) == []


DOCUMENT = {"list": [1, 2], "by_id": {"0": 1}}


@pytest.mark.parametrize(
    ("operation", "reads", "writes", "words"),
    [
        (put("/list/0", 1), [], ["/list"], ["/list/0", "/list"]),
        (put("/by_id/0", 1), [], ["/by_id/0"], ["/by_id/0", "/by_id"]),
        (put("/list/-", 1), [], ["/list"], ["/list/-", "/list"]),
        ({"op": "remove", "path": "/list/0"}, [], ["/list"], ["/list/0", "/list"]),
        ({"op": "replace", "path": "/list/0", "value": 1}, [], ["/list/0"], ["/list/0"]),
        ({"op": "test", "path": "/list/0", "value": 1}, ["/list/0"], [], []),
        ({"op": "copy", "from": "/list/0", "path": "/x"}, ["/list/0"], ["/x"], ["/x"]),
        ({"op": "move", "from": "/list/0", "path": "/x"}, [], ["/list", "/x"], ["/list/0", "/list", "/x"]),
        ({"op": "replace", "path": "", "value": {}}, [], [""], [""]),
    ],
    ids=str,
)
def test_an_edit_touches_what_it_reads_and_writes(
    operation: dict[str, Any], reads: list[str], writes: list[str], words: list[str]
) -> None:
    assert touched(DOCUMENT, [operation]) == (set(reads), set(writes))
    assert named([operation]) == (set(reads), set(words))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("/a", "/a", True), ("/a", "/a/b", True), ("", "/a", True), ("/a", "/ab", False), ("/a/b", "/a/c", False)],
)
def test_places_overlap(one: str, other: str, *, expected: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is expected
