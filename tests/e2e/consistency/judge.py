"""Whether a history is one that the contract allows. Pure, and independent of the server.

The rules of documents and locks are written here once more, from the words of the contract. No complaint means that
nothing wrong can be proved. When a lock begins and runs out is known by Redis' own clock. When it was released, or an
edit was made, is only known to lie between sending and answer: whatever could have been right counts as right.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

from jsonpatch import JsonPatch, JsonPatchException
from jsonpointer import JsonPointer, JsonPointerException

from tests.e2e.consistency.history import Connection, Event, History, events

#: Edits that the server keeps in its log.
KEPT = 500
#: An edit is refused after as many edits came first, each just before it would have been committed.
RACES = 8
#: Versions a client may be behind when its answer comes: it hears of edits a little later than the server knows them.
BEHIND = 50
#: An expired lock must be announced within a second; a busy machine of two cores may add so much (ms).
ANNOUNCED_WITHIN_MS, ALLOWANCE_MS = 1000, 1500
NEVER = float("inf")

Edit = dict[str, Any]
Changes = list[dict[str, Any]]
Places = tuple[set[str], set[str]]
#: A lock: its holder, its place and its beginning.
Key = tuple[str, str, float]


def judge(history: History) -> list[str]:
    """Everything that is wrong."""
    log = the_log(history)
    return history.stopped + edit_complaints(history, log) + lock_complaints(history, log)


@dataclass
class Log:
    """All edits from version 1 on. `complaints` if there is no such thing; then it is empty."""

    edits: list[Edit]
    complaints: list[str]

    @cached_property
    def documents(self) -> list[Any]:
        """The document of each version, from 0 on."""
        documents: list[Any] = [{}]
        for edit in self.edits:
            documents.append(JsonPatch(edit["changes"]).apply(documents[-1]))
        return documents

    @cached_property
    def places(self) -> list[Places]:
        """What each edit has read and written; that of version 1 comes first."""
        return [touched(before, edit["changes"]) for before, edit in zip(self.documents, self.edits, strict=False)]

    @cached_property
    def versions(self) -> dict[tuple[str, str], int]:
        """The version of each edit, by user and edit_id."""
        return {(edit["user_id"], edit["edit_id"]): edit["version"] for edit in self.edits}


def the_log(history: History) -> Log:
    """The log as the server gave it to the witness, piece by piece, while it had it."""
    edits: dict[int, Edit] = {}
    complaints = []
    for event in history.witness.of("sync"):
        complaints += [
            f"the log has two edits of version {edit['version']}"
            for edit in event.data["changes"]
            if edits.setdefault(edit["version"], edit) != edit
        ]
    log = [edits[version] for version in sorted(edits)]
    if [edit["version"] for edit in log] != list(range(1, history.version + 1)):
        complaints.append(f"the log has {len(log)} edits up to version {history.version}")
    ids = Counter((edit["user_id"], edit["edit_id"]) for edit in log)
    twice = [f"in the log more than once: {one}" for one, number in ids.items() if number > 1]
    if not complaints:
        try:
            found = Log(log, twice)
            _ = found.documents
        except (JsonPatchException, JsonPointerException, TypeError) as error:
            complaints.append(f"the log cannot be replayed: {error!r}")
        else:
            return found
    return Log([], complaints + twice)


def edit_complaints(history: History, log: Log) -> list[str]:
    """Everything that is wrong with edits."""
    complaints = [*log.complaints]
    epochs = {event.data.get("epoch") for _, event in events(history, "sync", "edit")}
    if len(epochs) > 1:
        complaints.append(f"the document has the epochs {sorted(epochs)}, and nothing was lost")
    sent = Counter((c.user_id, event.data["edit_id"]) for c, event in events(history, "sent"))
    for connection in [history.witness, *history.connections]:
        complaints += in_order(connection, sent)
    if log.edits:
        complaints += as_logged(history, log) + answered(history, log) + only_what_was_sent(history, log)
        complaints += same_documents(history, log) + merges(history, log) + refused_edits(history, log)
    return complaints


def in_order(connection: Connection, sent: Counter[tuple[str, str]]) -> list[str]:
    """On one connection versions follow each other, from the first document on, own edits among them.

    `sent`: how often each edit was, on any connection: only an edit that was sent again may be answered late.
    """
    known: int | None = None
    complaints = []
    sent_here: set[str] = set()
    for event in connection.of("sync", "edit", "sent", "answer"):
        data = event.data
        if event.kind == "sent":
            sent_here.add(data["edit_id"])
        elif event.kind == "sync":
            if known is not None and data["version"] < known:
                complaints.append(f"{connection.user_id}: a sync of {data['version']} after {known}")
            known = data["version"]
        elif event.kind == "edit":
            if known is not None and data["version"] != known + 1:
                complaints.append(f"{connection.user_id}: edit {data['version']} after {known}")
            known = data["version"]
            only_here = sent[connection.user_id, data["edit_id"]] == 1 and data["edit_id"] in sent_here
            if data["user_id"] == connection.user_id and only_here:
                complaints.append(f"{connection.user_id} was told of its own edit {data['version']}")
        elif data["ack"]["ok"]:
            version = data["ack"]["version"]
            again = sent[connection.user_id, data["edit_id"]] > 1 and version <= (known or 0)
            if known is not None and version != known + 1 and not again:
                complaints.append(f"{connection.user_id}: answer {version} after {known}")
            known = max(version, known or 0)
    return complaints


def as_logged(history: History, log: Log) -> list[str]:
    """What anybody was told of an edit is what the log has; what a sync gives is what was missed, or all."""
    complaints = []
    for connection in [history.witness, *history.connections]:
        since = None
        for event in connection.of("asked", "edit", "sync"):
            data = event.data
            if event.kind == "asked":
                since = data.get("since_version")
            elif event.kind == "edit":
                if [data] != log.edits[data["version"] - 1 : data["version"]]:
                    complaints.append(f"{connection.user_id} was told of version {data['version']} as it was not made")
            else:
                version = data["version"]
                within = since is not None and 0 <= version - since <= KEPT
                content = None if within else log.documents[min(version, len(log.edits))]
                if data["content"] != content or data["changes"] != (log.edits[since:version] if within else []):
                    complaints.append(f"{connection.user_id}: a sync since {since} is not what was missed by {version}")
    return complaints


def answered(history: History, log: Log) -> list[str]:
    """Every accepted edit is in the log, as the version that was said each time; a refused one is not.

    Of two that are on their way at once, one may be refused before the other is accepted, and answered after it.
    """
    complaints, accepted = list[str](), dict[tuple[str, str], float]()
    for connection, event in events(history, "answer"):
        key, ack = (connection.user_id, event.data["edit_id"]), event.data["ack"]
        if ack["ok"]:
            accepted.setdefault(key, event.at)
            if log.versions.get(key) != ack["version"]:
                complaints.append(f"{key} was accepted as {ack['version']} and is {log.versions.get(key)} in the log")
        elif accepted.get(key, event.at) < event.data["sent_at"]:
            complaints.append(f"{key} was refused after it had been accepted")
    for connection, event in events(history, "answer"):
        key = (connection.user_id, event.data["edit_id"])
        if not event.data["ack"]["ok"] and key not in accepted and key in log.versions:
            complaints.append(f"{key} was refused and is {log.versions[key]} in the log")
    return complaints


def only_what_was_sent(history: History, log: Log) -> list[str]:
    """Nothing is in the log that nobody has sent, and nothing was changed on its way."""
    sent = {
        (c.user_id, event.data["edit_id"]): (c.user_name, event.data["changes"]) for c, event in events(history, "sent")
    }
    return [
        f"version {edit['version']} was not sent like that"
        for edit in log.edits
        if sent.get((edit["user_id"], edit["edit_id"])) != (edit["user_name"], edit["changes"])
    ]


def same_documents(history: History, log: Log) -> list[str]:
    """The log makes the server's document, and every client has the same."""
    made = log.documents[-1] == history.content
    return [*([] if made else ["the log does not make the document that the server has"])] + [
        f"{connection.user_id} has another document than the server"
        for connection in [history.witness, *history.connections]
        if connection.document is not None and connection.document != history.content
    ]


def merges(history: History, log: Log) -> list[str]:
    """An edit that was made on an older version conflicts with nothing that was made since."""
    bases = {(c.user_id, event.data["edit_id"]): event.data["base_version"] for c, event in events(history, "sent")}
    return [
        f"version {edit['version']} was merged although it overlaps with {other + 1}"
        for index, edit in enumerate(log.edits)
        for other in range(bases.get((edit["user_id"], edit["edit_id"]), index), index)
        if conflict(log.places[index], log.places[other])
    ]


def refused_edits(history: History, log: Log) -> list[str]:
    """A conflict had a reason and names what was missed; an edit that did not fit did not."""
    payloads = {(c.user_id, event.data["edit_id"]): event.data for c, event in events(history, "sent")}
    complaints = []
    for connection in history.connections:
        #: Version that the client had when it sent an edit, by edit_id and time; and the one that it has now.
        had: dict[float, int] = {}
        known = 0
        for event in connection.of("sync", "edit", "sent", "answer"):
            data = event.data
            if event.kind == "sent":
                had.setdefault(event.at, known)
            elif event.kind in ("sync", "edit"):
                known = data["version"]
            elif data["ack"]["ok"]:
                known = max(known, data["ack"]["version"])
            else:
                payload, error = payloads[connection.user_id, data["edit_id"]], data["ack"]["error"]
                first = had.get(data["sent_at"], 0)
                wrong = None
                if error["code"] == "version_conflict":
                    wrong = _unfounded(log, payload, error["details"], first)
                elif error["code"] == "invalid_payload":
                    wrong = _fits(log, payload["changes"], first, known)
                elif error["code"] != "locked":
                    wrong = f"got {error['code']}"
                if wrong:
                    complaints.append(f"{connection.user_id} {wrong}: {payload}")
    return complaints


def _unfounded(log: Log, payload: dict[str, Any], details: dict[str, Any], first: int) -> str | None:
    """What is wrong with a version_conflict at a version, if anything."""
    base, version, missed = payload["base_version"], details["version"], details["changes"]
    outside = base > version or version - base > KEPT
    if outside or missed is None:
        return (
            None
            if outside and missed is None
            else f"was told {'' if outside else 'no '}edits since {base} at {version}"
        )
    if missed != log.edits[base:version]:
        return f"was not told what was made from {base} to {version}"
    try:
        mine = touched(log.documents[version], payload["changes"])
    except (JsonPatchException, JsonPointerException):
        mine = named(payload["changes"])
    lost = version - first >= RACES
    if lost or any(conflict(mine, other) for other in log.places[base:version]):
        return None
    return f"was refused on {base} at {version} without a reason"


def _fits(log: Log, changes: Changes, first: int, known: int) -> str | None:
    """Whether an edit that was refused as not fitting fits every document that it may have met."""
    for document in log.documents[first : known + BEHIND]:
        try:
            touched(document, changes)
        except (JsonPatchException, JsonPointerException):
            return None
    return "was told that an edit does not fit that does"


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
    complaints += granted(history, held.values()) + refused_locks(history, held) + not_found(history, held.values())
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


def refused_locks(history: History, held: dict[Key, Holding]) -> list[str]:
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


def touched(document: Any, changes: Changes) -> Places:
    """What an edit reads and what it writes, in the document that it is applied to. Raises what jsonpatch does."""
    reads, writes = set[str](), set[str]()
    document = copy.deepcopy(document)
    for operation in changes:
        name = operation["op"]
        if name in ("test", "copy"):
            reads.add(operation["path" if name == "test" else "from"])
        if name in ("add", "remove", "move", "copy"):
            writes.add(_shifted(document, operation["path"]))
        if name == "move":
            writes.add(_shifted(document, operation["from"]))
        if name == "replace":
            writes.add(operation["path"])
        document = JsonPatch([operation]).apply(document, in_place=True)
    return reads, writes


def named(changes: Changes) -> Places:
    """Every place that an edit may touch, by its words: what may lie in an array may be the array."""
    reads, writes = set[str](), set[str]()
    for operation in changes:
        name = operation["op"]
        if name in ("test", "copy"):
            reads.add(operation["path" if name == "test" else "from"])
        if name != "test":
            for path in (operation["path"], *([operation["from"]] if name == "move" else [])):
                writes.add(path)
                above, _, last = path.rpartition("/")
                if name != "replace" and path and (last == "-" or last.isdigit()):
                    writes.add(above)
    return reads, writes


def conflict(one: Places, other: Places) -> bool:
    """Whether what one edit writes overlaps with what the other touches."""
    (reads, writes), (others_reads, others_writes) = one, other
    return any_overlap(reads | writes, others_writes) or any_overlap(writes, others_reads)


def any_overlap(ones: set[str], others: set[str]) -> bool:
    """Whether any two of them overlap."""
    return any(overlap(one, other) for one in ones for other in others)


def overlap(one: str, other: str) -> bool:
    """Whether two places are one, or one is above the other."""
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")


def _shifted(document: Any, path: str) -> str:
    above = path.rpartition("/")[0]
    return above if path and isinstance(JsonPointer(above).resolve(document, None), list) else path
