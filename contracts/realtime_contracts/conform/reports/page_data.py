r"""Results and wire logs as the page embeds them: JSON in a script element, out of which it draws what is opened.

    {
      "runs": [{"label": "A", "servers": "…", "command": "realtime conform http://127.0.0.1:5000"}],
      "requirements": {"presence/1.1": {"name": …, "sentence": …, "sources": […], …}},
      "values": ["Given", "busy", 3, null, …],            words, and whatever else has no parts, each once
      "shapes": [["user_id", "status"], …],               the names of an object's members
      "payloads": [[0, 17, 1], [-1, 5], 8, …],            an object of shape 0, a list, a value
      "results": [[run, requirement, row, name, transport, verdict, failure, skipped, seconds, nodes, known,
                   [[keyword, text, status, seconds], …],
                   [[at, who, direction, kind, name, payload], …]], …]
    }

In steps and wire logs, words are indexes into `values`, and a payload is one into `payloads`: the same message to ten
tabs is there once, and names and ids are, too. If it is too much all the same, payloads are cut, those of results that
passed first; the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from realtime_contracts.conform.reports.matrix import requirements
from realtime_contracts.conform.reports.plain import plain
from realtime_contracts.conform.reports.words import command, source, utf8
from realtime_contracts.conform.results import Requirement, Result, Run, Verdict, Wire

#: Bytes of it. A browser reads that in less than a second; the rest of the page is 1 or 2 MB.
MOST_BYTES = 13_000_000
#: Characters of a payload that are kept, of results that passed and of others, until it is small enough.
#: None leaves a wire log out.
CUTS: tuple[tuple[int | None, int | None], ...] = (
    (4000, 4000),
    (600, 4000),
    (200, 2000),
    (60, 600),
    (None, 200),
    (None, 60),
    (None, None),
)

#: What would end the script element, or a line of JavaScript. In JSON these stand in texts only.
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True)
class Embedded:
    """The JSON, and what had to be left out for it."""

    json: str
    #: A sentence for the page, "" if nothing is missing.
    missing: str


def embedded(runs: Sequence[Run], labels: Sequence[str], most: int = MOST_BYTES) -> Embedded:
    """All results of all runs, fit to stand in a script element of type `application/json`."""
    head = {
        "runs": [
            {"label": label, "servers": " ".join(run.servers), "command": command(run)}
            for run, label in zip(runs, labels, strict=True)
        ],
        "requirements": {requirement.id: _requirement(requirement) for requirement in requirements(runs)},
    }
    text, cut = "", CUTS[0]
    for cut in CUTS:
        values = _Values()
        results = [_result(n, result, values, cut) for n, run in enumerate(runs) for result in run.results]
        document = {**plain(head), **values.told(), "results": results}
        text = orjson.dumps(document).decode().translate(_ESCAPES)
        if len(text.encode()) <= most:
            break
    return Embedded(text, "" if cut == CUTS[0] else _missing(cut))


class _Values:
    """Words, shapes and payloads, each once, as JSON can carry them."""

    def __init__(self) -> None:
        self._values: dict[tuple[type, Any], int] = {}
        self._shapes: dict[tuple[str, ...], int] = {}
        self._payloads: dict[str | bytes, int] = {}
        self._packed: list[Any] = []

    def told(self) -> dict[str, Any]:
        """The three tables."""
        values = [value for _, value in self._values]
        return {"values": values, "shapes": list(self._shapes), "payloads": self._packed}

    def word(self, value: Any) -> int:
        """The place of a text, or of anything else that has no parts."""
        value = plain(value)
        return self._values.setdefault((type(value), value), len(self._values))

    def payload(self, payload: Any, most: int) -> int:
        """The place of a payload; of as many characters of it as are kept."""
        if not isinstance(payload, str):
            payload, key = _as_json(payload)
            if len(key) <= most:
                return self._place(key, payload)
            payload = key.decode()
        kept = payload if len(payload) <= most + 1 else payload[:most] + "…"
        return self._place(kept, kept)

    def _place(self, key: str | bytes, payload: Any) -> int:
        place = self._payloads.setdefault(key, len(self._packed))
        if place == len(self._packed):
            self._packed.append(self._pack(payload))
        return place

    def _pack(self, value: Any) -> Any:
        if isinstance(value, dict):
            shape = tuple(utf8(str(name)) for name in value)
            place = self._shapes.setdefault(shape, len(self._shapes))
            return [place, *map(self._pack, value.values())]
        if isinstance(value, list | tuple):
            return [-1, *map(self._pack, value)]
        return self.word(value)


def _as_json(payload: Any) -> tuple[Any, bytes]:
    """A payload and its JSON; what is no JSON, however it came there, is made so."""
    try:
        key = orjson.dumps(payload)
    except TypeError:
        key = b"null"
    if b"null" in key:  # orjson writes NaN so
        payload = plain(payload)
        key = orjson.dumps(payload)
    return payload, key


def _requirement(requirement: Requirement) -> dict[str, Any]:
    return {
        "name": requirement.name,
        "sentence": requirement.sentence,
        "level": requirement.level,
        "family": requirement.family,
        "rule": requirement.rule,
        "sources": [source(tag) for tag in requirement.sources],
        "needs": requirement.needs,
        "tags": requirement.tags,
        "rulings": requirement.rulings,
    }


def _result(run: int, result: Result, values: _Values, cut: tuple[int | None, int | None]) -> list[Any]:
    most = cut[0] if result.verdict in (Verdict.PASS, Verdict.SKIP) else cut[1]
    failure = result.failure
    told = [
        run,
        result.requirement,
        result.row,
        result.name,
        result.transport,
        result.verdict,
        failure and [failure.expected, failure.actual, failure.hint],
        result.skipped,
        round(result.seconds, 3),
        result.nodes,
        int(result.known),
    ]
    word = values.word
    steps = [[word(s.keyword), word(s.text), word(s.status), round(s.seconds, 3)] for s in result.steps]
    return [*plain(told), steps, [] if most is None else [_line(line, values, most) for line in result.wire]]


def _line(line: Wire, values: _Values, most: int) -> list[Any]:
    payload = None if line.payload is None else values.payload(line.payload, most)
    words = [values.word(word) for word in (line.who, line.direction, line.kind, line.name)]
    return [round(line.at, 4), *words, payload]


def _missing(cut: tuple[int | None, int | None]) -> str:
    passing, other = cut
    told = []
    if passing is None:
        told.append("the wire logs of what passed are left out")
    if other is None:
        told = ["all wire logs are left out"]
    if other is not None:
        which = "of what failed" if passing is None else "of wire logs"
        told.append(f"payloads {which} are cut to {other if passing is None else passing} characters")
    return f"To keep this page usable, {' and '.join(told)}; the JSON report has all of it."
