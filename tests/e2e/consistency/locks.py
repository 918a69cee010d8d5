"""What the judge says of locks: who holds, what went through, what was refused, what was announced. Pure.

When a lock begins and runs out is known by Redis' own time. When it was given free, or when an edit was made, is only
known to lie between sending and answer: whatever could have been right is taken for right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.e2e.consistency.edits import Log
from tests.e2e.consistency.history import Event, History, events
from tests.e2e.consistency.places import any_overlap, named, overlap

#: An expired lock must be announced within a second; a busy machine of two cores may add so much (ms).
ANNOUNCED_WITHIN_MS, ALLOWANCE_MS = 1000, 1500
NEVER = float("inf")

Key = tuple[str, str, float]


@dataclass
class Holding:
    """A lock from its first grant on, renewals included. Times in ms."""

    user: str
    path: str
    since: float
    expires: float = 0.0
    #: From when on it may have been given free, and from when on it certainly was.
    may_end: float = NEVER
    has_ended: float = NEVER

    @property
    def until(self) -> float:
        """It certainly was held until then."""
        return min(self.expires, self.may_end)


def lock_complaints(history: History, log: Log) -> list[str]:
    """Everything that is wrong with locks."""
    held = holdings(history)
    complaints = one_holder(held.values()) + announcements(history, held)
    complaints += granted(history, held.values()) + refusals(history, held) + not_found(history, held.values())
    return complaints + (no_edit_through(history, log, held.values()) if log.edits else [])


def holdings(history: History) -> dict[Key, Holding]:
    """Who held which place, from when to when."""
    held: dict[Key, Holding] = {}
    for connection, event in events(history, "lock"):
        if event.data["ack"]["ok"]:
            lock = event.data["ack"]["lock"]
            key = key_of(lock)
            one = held.setdefault(key, Holding(connection.user_id, lock["path"], key[2]))
            one.expires = max(one.expires, ms(lock["expires_at"]))
    for connection, event in events(history, "unlock", "left"):
        if event.kind == "unlock" and not event.data["ack"]["ok"]:
            continue
        sent = event.data.get("sent_at", event.at) - history.blur_ms
        done = event.at + history.blur_ms if event.kind == "unlock" else NEVER
        for one in held.values():
            mine = one.user == connection.user_id and event.data.get("path", one.path) == one.path
            if mine and sent >= one.since and sent < one.expires:
                one.may_end, one.has_ended = min(one.may_end, sent), min(one.has_ended, done)
    return held


def granted(history: History, held: Iterable[Holding]) -> list[str]:
    """Whoever gets a lock gets the one that was asked for, for the time that was asked for; a holder gets no second."""
    complaints = []
    for connection, event in events(history, "lock"):
        if not event.data["ack"]["ok"]:
            continue
        lock, path, ttl = event.data["ack"]["lock"], event.data["path"], event.data["ttl"] * 1000
        early, late = event.data["sent_at"] + ttl - history.blur_ms, event.at + ttl + history.blur_ms
        right = (connection.user_id, connection.user_name, path) == (lock["user_id"], lock["user_name"], lock["path"])
        if not right or not early <= ms(lock["expires_at"]) <= late:
            complaints.append(f"{connection.user_id} asked for {path!r} for {ttl} ms and was given {lock}")
    inorder = sorted(held, key=lambda one: (one.user, one.path, one.since))
    return complaints + [
        f"{one.user} still had {one.path!r} and got it anew"
        for one, other in pairwise(inorder)
        if (one.user, one.path) == (other.user, other.path) and other.since < one.until
    ]


def one_holder(held: Iterable[Holding]) -> list[str]:
    """Nobody holds a place that overlaps with what another holds at the same moment."""
    inorder = sorted(held, key=lambda one: one.since)
    return [
        f"{one.user} held {one.path!r} and {other.user} got {other.path!r}"
        for index, one in enumerate(inorder)
        for other in inorder[index + 1 :]
        if other.since < one.until and other.user != one.user and overlap(one.path, other.path)
    ]


def no_edit_through(history: History, log: Log, held: Iterable[Holding]) -> list[str]:
    """No edit was accepted that wrote where another held a lock from before it was sent until after its answer."""
    sent, told = dict[int, float](), dict[int, float]()
    for connection, event in events(history, "sent", "answer"):
        version = log.versions.get((connection.user_id, event.data["edit_id"]))
        if version is not None and (event.kind == "sent" or event.data["ack"]["ok"]):
            times = sent if event.kind == "sent" else told
            times[version] = min(times.get(version, NEVER), event.at)
    # An edit whose answer was lost was made before anybody heard of it.
    for connection in [history.witness, *history.connections]:
        for event in connection.of("edit"):
            told[event.data["version"]] = min(told.get(event.data["version"], NEVER), event.at)
    complaints = []
    for edit in log.edits:
        version, writes = edit["version"], log.places[edit["version"] - 1][1]
        first, last = sent.get(version, 0.0) - history.blur_ms, told.get(version, NEVER) + history.blur_ms
        for one in held:
            over = one.since < first and last < one.until and one.user != edit["user_id"]
            if over and any_overlap({one.path}, writes):
                complaints.append(f"version {version} by {edit['user_id']} went through {one.user}'s lock")
    return complaints


def refusals(history: History, held: dict[Key, Holding]) -> list[str]:
    """Whoever was refused for a lock wanted to write where another really held it."""
    payloads = {(c.user_id, event.data["edit_id"]): event.data for c, event in events(history, "sent")}
    complaints = []
    for connection, event in events(history, "answer", "lock", "unlock"):
        error = event.data["ack"].get("error")
        if not error or error["code"] != "locked":
            continue
        lock, user = error["details"], connection.user_id
        one = held.get(key_of(lock))
        if event.kind == "answer":
            wanted = named(payloads[user, event.data["edit_id"]]["changes"])[1]
        else:
            wanted = {event.data["path"]}
        there = lock["path"] in wanted if event.kind == "unlock" else any_overlap({lock["path"]}, wanted)
        sent = event.data["sent_at"] - history.blur_ms
        over = one is None or one.since > event.at + history.blur_ms or min(one.expires, one.has_ended) < sent
        if over or lock["user_id"] == user or not there:
            complaints.append(f"{user} was refused for a lock that is not in the way of {sorted(wanted)}: {lock}")
    return complaints


def not_found(history: History, held: Iterable[Holding]) -> list[str]:
    """Nobody is told that a lock is not there which was held from before the question until after its answer."""
    return [
        f"{connection.user_id} did not find {one.user}'s lock on {one.path!r}"
        for connection, event in events(history, "unlock")
        if event.data["ack"].get("error", {}).get("code") == "not_found"
        for one in held
        if one.path == event.data["path"]
        and one.since < event.data["sent_at"] - history.blur_ms
        and event.at + history.blur_ms < one.until
    ]


def announcements(history: History, held: dict[Key, Holding]) -> list[str]:
    """A lock is announced from beginning to end; its end in time, and once; and nothing that is no change."""
    told = history.witness.of("locks")
    listed = [{key_of(lock) for lock in event.data["locks"]} for event in told]
    complaints = [
        f"the same locks were announced twice: {one.data['locks']}"
        for before, one in pairwise(told)
        if before.data["locks"] == one.data["locks"]
    ]
    complaints += [f"a lock was announced that nobody got: {key}" for key in set().union(*listed) - set(held)]
    for key, one in held.items():
        complaints += _announced(one, [(event, key in keys) for event, keys in zip(told, listed, strict=True)], history)
    return complaints


def _announced(one: Holding, told: list[tuple[Event, bool]], history: History) -> list[str]:
    """What is wrong with the announcements of one lock: each with whether the lock is in it."""
    whose = f"{one.user}'s lock on {one.path!r}"
    while told and not told[0][1]:
        told = told[1:]
    if not told:
        return [f"{whose} was never announced"]
    if sum(before and not now for (_, before), (_, now) in pairwise(told)) > 1:
        return [f"the end of {whose} was announced twice"]
    gone = next((event.at for event, there in told if not there), NEVER)
    if gone + history.blur_ms < one.until:
        return [f"{whose} ended {one.until - gone:.0f} ms before its time"]
    latest = one.expires + ANNOUNCED_WITHIN_MS + ALLOWANCE_MS + history.blur_ms
    if gone > latest:
        late = "never" if gone == NEVER else f"{gone - one.expires:.0f} ms late"
        return [f"the end of {whose} was announced {late}"]
    return []


def key_of(lock: dict[str, Any]) -> Key:
    """What makes a lock the same one: its holder, its place and its beginning."""
    return lock["user_id"], lock["path"], ms(lock["acquired_at"])


def ms(text: str) -> float:
    """Milliseconds of a time in a message."""
    return datetime.fromisoformat(text).timestamp() * 1000
