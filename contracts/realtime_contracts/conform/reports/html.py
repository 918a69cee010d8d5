r"""The run as one HTML page: a matrix, and the details of each requirement down to the last message.

The page loads nothing. Its policy allows only its own style and script, by their hashes. The server's text is always
escaped, and the script writes only text, so none of it can become markup. Details are drawn from the page's JSON when
they are opened, so that a long run does not make a slow page.

The page's matrix has requirements as rows.

A column is a transport of a run, or one of its nodes if there are several. A further run, given for comparison, has
columns of its own. A cell shows the worst of its results.

Results and wire logs are embedded as JSON in a script element:

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

In steps and wire logs, words are indexes into `values`, and payloads are indexes into `payloads`. So a message to ten
tabs is stored once. If the data is still too large, payloads are cut, those of passed results first, and the page says
so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jinja2
import orjson
from markupsafe import Markup

from realtime_contracts.conform.reports.words import MEANINGS, SIGNS, command, payload_text, source
from realtime_contracts.conform.results import Cell, Requirement, Result, Run, Verdict, Wire, worst
from realtime_contracts.contract.page import content_security_policy
from realtime_contracts.reports.json import plain
from realtime_contracts.reports.text import duration, moment
from realtime_contracts.wire.redaction import utf8, visible

_SCRIPTS = ("diagram.js", "page.js")


@dataclass(frozen=True)
class Covered:
    """The coverage of one message's keywords."""

    direction: str
    message: str
    cells: tuple[Cell, ...]

    @property
    def refused(self) -> int:
        """Return how many keywords were refused at least once."""
        return sum(cell.refused > 0 for cell in self.cells)

    @property
    def accepted(self) -> int:
        """Return how many keywords were accepted at least once."""
        return sum(cell.accepted > 0 for cell in self.cells)


def html(run: Run, *others: Run) -> str:
    """Return the page of a run; the matrix compares it with `others`."""
    runs = (run, *others)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("realtime_contracts.conform.reports", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_seen,
    )
    environment.filters |= {
        "moment": moment,
        "duration": duration,
        "payload": payload_text,
        "quoted": lambda text: quote(utf8(text)),
    }
    style = _file(environment, "page.css")
    script = "".join(_file(environment, name) for name in _SCRIPTS)
    labels = _labels(runs)
    data = embedded(runs, labels)
    return environment.get_template("page.html").render(
        run=run,
        runs=runs,
        labels=labels,
        meaning=f"{MEANINGS[run.verdict][:1].upper()}{MEANINGS[run.verdict][1:]}.",
        verdicts=list(Verdict),
        signs=SIGNS,
        counts=[Counter(result.verdict for result in one.results) for one in runs],
        checks=Counter(check.verdict for check in run.contract_checks),
        known=sum(result.known for result in run.results),
        families=[(family, _bars(counts)) for family, counts in by_family(run)],
        columns=columns(runs),
        groups=groups(runs),
        keywords=_covered(run),
        data=Markup(data.json),  # noqa: S704 - escaped for where it stands
        missing=data.missing,
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - as above
        policy=content_security_policy(style, script),
    )


def _seen(value: Any) -> Any:
    """Escape text for a template, so that it cannot affect the text around it."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _labels(runs: tuple[Run, ...]) -> list[str]:
    """Return each run's label in the matrix: a letter, unless there is only one run."""
    return [chr(ord("A") + n) if n < 26 else f"run {n + 1}" for n in range(len(runs))] if len(runs) > 1 else [""]


def _bars(counts: Counter[Verdict]) -> list[dict[str, Any]]:
    """Return a family's verdicts as the parts of a bar of 100."""
    total = counts.total()
    made = []
    begin = 0.0
    for verdict in reversed(Verdict):
        width = 100 * counts[verdict] / total
        made.append({"verdict": verdict, "count": counts[verdict], "begin": round(begin, 2), "width": round(width, 2)})
        begin += width
    return [part for part in made if part["count"]]


def _covered(run: Run) -> list[Covered]:
    of_message: defaultdict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in run.keywords:
        of_message[cell.direction, cell.message].append(cell)
    return [Covered(direction, message, tuple(cells)) for (direction, message), cells in of_message.items()]


def _file(environment: jinja2.Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


# The matrix


@dataclass(frozen=True)
class Column:
    """One column of a run: a transport, or a node."""

    run: int
    title: str
    #: Exactly one of the two is set.
    transport: str = ""
    node: int = 0

    def has(self, result: Result) -> bool:
        """Whether a result of its run belongs in this column."""
        return self.node in result.nodes if self.node else result.transport == self.transport


@dataclass(frozen=True)
class Mark:
    """The result of a requirement in one column."""

    verdict: Verdict | None
    #: Passed results and all results, as on the terminal.
    passed: int = 0
    total: int = 0
    #: Whether all failures in it are known.
    known: bool = False


@dataclass(frozen=True)
class Row:
    """A requirement in all columns."""

    requirement: Requirement
    cells: tuple[Mark, ...]
    #: The verdicts of its results, as words.
    verdicts: tuple[str, ...]
    #: Whether the runs differ.
    differs: bool


@dataclass(frozen=True)
class Group:
    """The requirements of one rule."""

    family: str
    feature: str
    rule: str
    rows: tuple[Row, ...]
    #: Whether it is the first of its family.
    opens: bool


def columns(runs: Sequence[Run]) -> list[Column]:
    """Return the columns of all runs, side by side."""
    made = []
    for number, run in enumerate(runs):
        tried = {result.transport for result in run.results}
        nodes = sorted({node for result in run.results for node in result.nodes})
        made += [Column(number, name, transport=name) for name in ("websocket", "polling") if name in tried]
        made += [Column(number, f"node {node}", node=node) for node in nodes if len(nodes) > 1]
    return made


def groups(runs: Sequence[Run]) -> list[Group]:
    """Return the requirements of all runs, by family and rule, in the order of the features."""
    of_run = [_by_requirement(run.results) for run in runs]
    rules: dict[tuple[str, str], list[Row]] = {}
    features: dict[str, str] = {}
    shown = columns(runs)
    for requirement in requirements(runs):
        features.setdefault(requirement.family, requirement.feature)
        row = _row(requirement, shown, [results.get(requirement.id, []) for results in of_run])
        rules.setdefault((requirement.family, requirement.rule), []).append(row)
    # A family stays together, even if a further run has more rules of it.
    order = list(features)
    made: list[Group] = []
    for (family, rule), rows in sorted(rules.items(), key=lambda item: order.index(item[0][0])):
        opens = not made or made[-1].family != family
        made.append(Group(family, features[family], rule, tuple(rows), opens))
    return made


def requirements(runs: Iterable[Run]) -> list[Requirement]:
    """Return the requirements of all runs, each once, as the first run describes it."""
    found: dict[str, Requirement] = {}
    for run in runs:
        for requirement in run.requirements:
            found.setdefault(requirement.id, requirement)
    return list(found.values())


def by_family(run: Run) -> Iterator[tuple[str, Counter[Verdict]]]:
    """Return, for each family, the number of results per verdict."""
    made: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)
    for result in run.results:
        made[result.family][result.verdict] += 1
    yield from made.items()


def _row(requirement: Requirement, shown: Sequence[Column], results: list[list[Result]]) -> Row:
    cells = tuple(_cell([result for result in results[column.run] if column.has(result)]) for column in shown)
    verdicts = {result.verdict for of_run in results for result in of_run}
    of_runs = {worst(result.verdict for result in of_run) for of_run in results}
    words = tuple(verdict.value for verdict in Verdict if verdict in verdicts)
    return Row(requirement, cells, words, len(of_runs) > 1)


def _cell(results: list[Result]) -> Mark:
    verdict = worst(result.verdict for result in results)
    having = [result for result in results if result.verdict is verdict]
    passed = sum(result.verdict is Verdict.PASS for result in results)
    return Mark(verdict, passed, len(results), bool(having) and all(result.known for result in having))


def _by_requirement(results: Iterable[Result]) -> dict[str, list[Result]]:
    made: defaultdict[str, list[Result]] = defaultdict(list)
    for result in results:
        made[result.requirement].append(result)
    return made


# The embedded data

#: Bytes of the data. A browser parses this in less than a second; the rest of the page is 1 or 2 MB.
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

#: Characters that would end the script element or a JavaScript line. In JSON only strings have them.
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True)
class Embedded:
    """The JSON, and what was left out of it."""

    json: str
    #: A sentence for the page, "" if nothing was left out.
    missing: str


def embedded(runs: Sequence[Run], labels: Sequence[str], most: int = MOST_BYTES) -> Embedded:
    """Return all results of all runs, as text for a script element of type `application/json`."""
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
    """Words, shapes and payloads, each stored once."""

    def __init__(self) -> None:
        self._values: dict[tuple[type, Any], int] = {}
        self._shapes: dict[tuple[str, ...], int] = {}
        self._payloads: dict[str | bytes, int] = {}
        self._packed: list[Any] = []

    def told(self) -> dict[str, Any]:
        """Return the three tables."""
        values = [value for _, value in self._values]
        return {"values": values, "shapes": list(self._shapes), "payloads": self._packed}

    def word(self, value: Any) -> int:
        """Return the index of a text or another scalar."""
        value = plain(value)
        return self._values.setdefault((type(value), value), len(self._values))

    def payload(self, payload: Any, most: int) -> int:
        """Return the index of a payload, cut to the characters that are kept."""
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
    """Return a payload and its JSON; a value that is not JSON is converted."""
    try:
        key = orjson.dumps(payload)
    except TypeError:
        key = b"null"
    if b"null" in key:  # orjson writes NaN as null.
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
