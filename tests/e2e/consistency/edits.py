"""What the judge says of edits: their log, their order, what was merged, what was refused. Pure.

The rules of the contract are written here once more, from its words: nothing is taken from the server.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonpatch import JsonPatch, JsonPatchException
from jsonpointer import JsonPointerException

from tests.e2e.consistency.history import Connection, History, events
from tests.e2e.consistency.places import Changes, Places, conflict, named, touched

#: Edits that the server keeps in its log.
KEPT = 500
#: An edit is refused after as many edits came first, each just before it would have been committed.
RACES = 8
#: Versions a client may be behind when its answer comes: it hears of edits a little later than the server knows them.
BEHIND = 50

Edit = dict[str, Any]


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
    sent = Counter((c.user_id, event.data["edit_id"]) for c, event in events(history, "sent"))
    for connection in [history.witness, *history.connections]:
        complaints += in_order(connection, sent)
    if log.edits:
        complaints += as_logged(history, log) + answered(history, log) + only_what_was_sent(history, log)
        complaints += same_documents(history, log) + merges(history, log) + refusals(history, log)
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


def refusals(history: History, log: Log) -> list[str]:
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
