"""The run as one page of HTML, for people: a matrix, and behind each requirement what happened, to the last message.

The page stands alone: it loads nothing, and its policy lets nothing run but its own style and script, by their hashes.
So what a server says cannot become markup that does anything; and it never becomes markup, for here it is escaped, and
the script writes text only. What is opened is drawn from the JSON in the page, so that a long run is no slow page.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from realtime_contracts.conform.reports import matrix, words
from realtime_contracts.conform.reports.page_data import embedded
from realtime_contracts.conform.reports.wire_text import payload_text
from realtime_contracts.conform.results import Cell, Run, Verdict

#: What the verdict of a run means, in a sentence.
MEANINGS = {
    Verdict.PASS: "Every requirement that was tried is met.",
    Verdict.FAIL: "A MUST is not met, a message breaks the contract, or the list of known failures is out of date.",
    Verdict.WARN: "Every MUST is met; a SHOULD is not.",
    Verdict.INCONCLUSIVE: "Nothing can be said of the server: the environment failed, or the harness.",
    Verdict.SKIP: "Nothing was tried.",
}
_SCRIPTS = ("diagram.js", "page.js")


@dataclass(frozen=True)
class Covered:
    """The keywords of one message."""

    direction: str
    message: str
    cells: tuple[Cell, ...]

    @property
    def refused(self) -> int:
        """How many were refused at least once."""
        return sum(cell.refused > 0 for cell in self.cells)

    @property
    def accepted(self) -> int:
        """How many were accepted at least once."""
        return sum(cell.accepted > 0 for cell in self.cells)


def html(run: Run, *others: Run) -> str:
    """The page of a run; `others` stand beside it in the matrix, to be compared."""
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
        "moment": words.moment,
        "duration": words.duration,
        "payload": payload_text,
        "quoted": lambda text: quote(words.utf8(text)),
    }
    style = _file(environment, "page.css")
    script = "".join(_file(environment, name) for name in _SCRIPTS)
    labels = _labels(runs)
    data = embedded(runs, labels)
    return environment.get_template("page.html").render(
        run=run,
        runs=runs,
        labels=labels,
        meaning=MEANINGS[run.verdict],
        verdicts=list(Verdict),
        signs=words.SIGNS,
        counts=[Counter(result.verdict for result in one.results) for one in runs],
        checks=Counter(check.verdict for check in run.contract_checks),
        known=sum(result.known for result in run.results),
        families=[(family, _bars(counts)) for family, counts in matrix.by_family(run)],
        columns=matrix.columns(runs),
        groups=matrix.groups(runs),
        keywords=_covered(run),
        data=Markup(data.json),  # noqa: S704 - escaped for where it stands
        missing=data.missing,
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - as above
        policy=policy(style, script),
    )


def policy(style: str, script: str) -> str:
    """What the page may do: have this style and run this script."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _seen(value: Any) -> Any:
    """What a template writes: text that can do nothing to the text around it."""
    return words.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _labels(runs: tuple[Run, ...]) -> list[str]:
    """What each run is called in the matrix: a letter, unless there is one only."""
    return [chr(ord("A") + n) if n < 26 else f"run {n + 1}" for n in range(len(runs))] if len(runs) > 1 else [""]


def _bars(counts: Counter[Verdict]) -> list[dict[str, Any]]:
    """A family's verdicts as the pieces of a bar of 100."""
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


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
