"""Whether a history is one that the contract allows. Pure, and independent of the server's own rules.

Each function returns complaints; none means that nothing wrong can be proved. Where a moment is only known to lie
between sending and answer, whatever could have been right is taken for right.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from jsonpatch import JsonPatch
from jsonpointer import JsonPointer

from tests.e2e.fire.history import Connection, Event, History

#: An expired lock must be announced within a second; a busy machine of two cores may add so much (ms).
ANNOUNCED_WITHIN_MS, ALLOWANCE_MS = 1000, 1500
#: Edits that are refused because others came first every time: as many as the server tries.
RACES = 8

Edit = dict[str, Any]


def judge(history: History) -> list[str]:
    """Everything that is wrong."""
    log, complaints = the_log(history)
    complaints += [c for connection in everyone(history) for c in in_order(connection)]
    complaints += answered(history, log) + only_what_was_sent(history, log) + same_documents(history, log)
    complaints += merges(history, log) + conflicts(history, log)
    complaints += one_holder(history) + no_edit_through(history, log) + expiries(history)
    return complaints


def everyone(history: History) -> list[Connection]:
    """All connections, the witness too."""
    return [history.witness, *history.connections]


# Edits


def the_log(history: History) -> tuple[list[Edit], list[str]]:
    """The edits from version 1 on, as the witness has heard them; and whether that is all of them."""
    log = [event.data for event in history.witness.of("edit")]
    versions = [edit["version"] for edit in log]
    if versions != list(range(1, history.version + 1)):
        return [], [f"the witness heard {_gaps(versions)} of {history.version} versions"]
    ids = [(edit["user_id"], edit["edit_id"]) for edit in log]
    twice = {one for one in ids if ids.count(one) > 1}
    return log, [f"in the log more than once: {one}" for one in sorted(twice)]


def in_order(connection: Connection) -> list[str]:
    """On one connection versions follow each other, from the first document on, own edits among them."""
    known: int | None = None
    complaints = []
    for event in connection.of("sync", "edit", "answer"):
        data = event.data
        if event.kind == "sync":
            versions = [edit["version"] for edit in data["changes"]]
            missed = list(range(data["version"] - len(versions) + 1, data["version"] + 1))
            if versions != missed or (known is not None and data["version"] < known):
                complaints.append(f"{connection.user_id}: a sync of {data['version']} with {versions} after {known}")
            known = data["version"]
        elif event.kind == "answer" and not data["ack"]["ok"]:
            continue
        else:
            version = data["version"] if event.kind == "edit" else data["ack"]["version"]
            again = event.kind == "answer" and known is not None and version <= known
            if known is not None and version != known + 1 and not again:
                complaints.append(f"{connection.user_id}: {event.kind} {version} after {known}")
            known = max(version, known or 0)
    return complaints


def answered(history: History, log: list[Edit]) -> list[str]:
    """Every accepted edit is in the log once, as the version that was said; a refused one is not."""
    where = {(edit["user_id"], edit["edit_id"]): edit["version"] for edit in log}
    complaints, accepted = [], set()
    for connection, event in _events(history, "answer"):
        key, ack = (connection.user_id, event.data["edit_id"]), event.data["ack"]
        if ack["ok"]:
            accepted.add(key)
            if log and where.get(key) != ack["version"]:
                complaints.append(f"{key} was accepted as {ack['version']} and is {where.get(key)} in the log")
    for connection, event in _events(history, "answer"):
        key = (connection.user_id, event.data["edit_id"])
        if not event.data["ack"]["ok"] and key not in accepted and key in where:
            complaints.append(f"{key} was refused and is {where[key]} in the log")
    return complaints


def only_what_was_sent(history: History, log: list[Edit]) -> list[str]:
    """Nothing is in the log that nobody has sent, and nothing was changed on its way."""
    sent = {(c.user_id, event.data["edit_id"]): event.data["changes"] for c, event in _events(history, "sent")}
    return [
        f"version {edit['version']} was not sent like that"
        for edit in log
        if sent.get((edit["user_id"], edit["edit_id"])) != edit["changes"]
    ]


def same_documents(history: History, log: list[Edit]) -> list[str]:
    """The log makes the server's document, and every client has the same."""
    made = not log or states(log)[-1] == history.content
    return [*([] if made else ["the log does not make the document that the server has"])] + [
        f"{connection.user_id} has another document than the server"
        for connection in everyone(history)
        if connection.document is not None and connection.document != history.content
    ]


def states(log: list[Edit]) -> list[Any]:
    """The document of each version, from 0 on."""
    documents: list[Any] = [{}]
    for edit in log:
        documents.append(JsonPatch(edit["changes"]).apply(documents[-1]))
    return documents


def touched(document: Any, changes: list[dict[str, Any]]) -> tuple[set[str], set[str]]:
    """What an edit reads and what it writes, in the document that it was applied to."""
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


def _shifted(document: Any, path: str) -> str:
    above = path.rpartition("/")[0]
    return above if path and isinstance(JsonPointer(above).resolve(document, None), list) else path


def overlap(one: str, other: str) -> bool:
    """Whether two places are one, or one is above the other."""
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")


def _any_overlap(ones: set[str], others: set[str]) -> bool:
    return any(overlap(one, other) for one in ones for other in others)


def merges(history: History, log: list[Edit]) -> list[str]:
    """An edit that was made on an older version overlaps with nothing that was made since."""
    if not log:
        return []
    bases = {(c.user_id, event.data["edit_id"]): event.data["base_version"] for c, event in _events(history, "sent")}
    documents = states(log)
    places = [touched(documents[edit["version"] - 1], edit["changes"]) for edit in log]

    def disjoint(one: int, other: int) -> bool:
        (reads, writes), (others_reads, others_writes) = places[one], places[other]
        return not _any_overlap(reads | writes, others_writes) and not _any_overlap(writes, others_reads)

    return [
        f"version {index + 1} was merged although it overlaps with {other + 1}"
        for index, edit in enumerate(log)
        for other in range(bases.get((edit["user_id"], edit["edit_id"]), index), index)
        if not disjoint(index, other)
    ]


def conflicts(history: History, log: list[Edit]) -> list[str]:
    """A conflict had a reason: something was made since that the edit may touch, or too much to be merged at all."""
    if not log:
        return []
    documents = states(log)
    places = [touched(documents[edit["version"] - 1], edit["changes"]) for edit in log]
    payloads = {(c.user_id, event.data["edit_id"]): event.data for c, event in _events(history, "sent")}
    complaints = []
    for connection, event in _events(history, "answer"):
        error = event.data["ack"].get("error")
        if not error or error["code"] != "version_conflict":
            continue
        payload, version = payloads[connection.user_id, event.data["edit_id"]], error["details"]["version"]
        base, named = payload["base_version"], _named(payload["changes"])
        since = set().union(*(reads | writes for reads, writes in places[base:version]), set())
        lost = version - base >= RACES or error["details"]["changes"] is None
        if not lost and not _any_overlap(named, since):
            complaints.append(f"{connection.user_id} was refused on {base} at {version} for {named} without a reason")
    return complaints


def _named(changes: list[dict[str, Any]]) -> set[str]:
    """Every place that an edit may touch, by its words: what lies in an array may be the array."""
    paths = {operation[name] for operation in changes for name in ("path", "from") if name in operation}
    return paths | {path.rpartition("/")[0] for path in paths if path[-1:].isdigit() or path.endswith("/-")}


# Locks


def holdings(history: History) -> list[dict[str, Any]]:
    """Who certainly held which place, from when to when."""
    held: dict[tuple[str, str, str], dict[str, Any]] = {}
    for connection, event in _events(history, "lock"):
        if event.data["ack"]["ok"]:
            lock = event.data["ack"]["lock"]
            key = (connection.user_id, lock["path"], lock["acquired_at"])
            known = held.setdefault(
                key, {"user": connection.user_id, "path": lock["path"], "since": _ms(lock["acquired_at"])}
            )
            known["expires"] = max(known.get("expires", 0.0), _ms(lock["expires_at"]))
    for one in held.values():
        ends = [
            event.data.get("sent_at", event.at)
            for connection, event in _events(history, "unlock", "left")
            if connection.user_id == one["user"] and event.data.get("path", one["path"]) == one["path"]
        ]
        one["ended"] = min((end for end in ends if end >= one["since"]), default=float("inf"))
        one["until"] = min(one["expires"], one["ended"])
    return list(held.values())


def one_holder(history: History) -> list[str]:
    """Nobody holds a place that overlaps with what another holds at the same moment."""
    held = sorted(holdings(history), key=lambda one: one["since"])
    complaints = []
    for index, one in enumerate(held):
        for other in held[index + 1 :]:
            if other["since"] >= one["until"]:
                break
            if other["user"] != one["user"] and overlap(one["path"], other["path"]):
                complaints.append(f"{one['user']} held {one['path']!r} and {other['user']} got {other['path']!r}")
    return complaints


def no_edit_through(history: History, log: list[Edit]) -> list[str]:
    """No edit was accepted that wrote where another held a lock from before it was sent until after its answer."""
    if not log:
        return []
    held, documents = holdings(history), states(log)
    sent, answered_at = dict[int, float](), dict[int, float]()
    versions = {(edit["user_id"], edit["edit_id"]): edit["version"] for edit in log}
    for connection, event in _events(history, "sent", "answer"):
        if event.kind == "answer" and not event.data["ack"]["ok"]:
            continue
        version = versions.get((connection.user_id, event.data["edit_id"]), 0)
        times = sent if event.kind == "sent" else answered_at
        times[version] = min(times.get(version, event.at), event.at)
    complaints = []
    for edit in log:
        version, user_id = edit["version"], edit["user_id"]
        writes = touched(documents[version - 1], edit["changes"])[1]
        for one in held:
            over = one["since"] < sent.get(version, 0.0) and answered_at.get(version, float("inf")) < one["until"]
            if over and one["user"] != user_id and _any_overlap({one["path"]}, writes):
                complaints.append(f"version {version} by {user_id} went through {one['user']}'s lock")
    return complaints


def expiries(history: History) -> list[str]:
    """A lock that ends by itself is announced as gone in time; and nothing is announced that is no change."""
    told = history.witness.of("locks")
    complaints = [
        f"the same locks were announced twice: {one.data['locks']}"
        for before, one in pairwise(told)
        if before.data["locks"] == one.data["locks"]
    ]
    for one in holdings(history):
        if one["ended"] < one["expires"] + ANNOUNCED_WITHIN_MS + ALLOWANCE_MS:
            continue
        gone = [e.at for e in told if e.at >= one["expires"] and not _listed(e, one)]
        if not gone or gone[0] > one["expires"] + ANNOUNCED_WITHIN_MS + ALLOWANCE_MS:
            late = f"{gone[0] - one['expires']:.0f} ms late" if gone else "never"
            complaints.append(f"the end of {one['user']}'s lock on {one['path']!r} was announced {late}")
    return complaints


def _listed(event: Event, holding: dict[str, Any]) -> bool:
    return any(
        lock["user_id"] == holding["user"]
        and lock["path"] == holding["path"]
        and _ms(lock["acquired_at"]) == holding["since"]
        for lock in event.data["locks"]
    )


def _ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000


def _events(history: History, *kinds: Any) -> Iterator[tuple[Connection, Event]]:
    for connection in history.connections:
        for event in connection.of(*kinds):
            yield connection, event


def _gaps(versions: list[int]) -> str:
    odd = [two for one, two in pairwise(versions) if two != one + 1]
    return f"{len(versions)}, out of order at {odd[:5]}" if odd else f"{versions[:1]} to {versions[-1:]}"
