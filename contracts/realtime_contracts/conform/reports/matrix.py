"""Requirements by columns, for the page: what a cell shows, and what stands beside what.

A column is a transport of a run, or a node of it if it has several; a further run, given for comparison, has columns of
its own. A cell is the worst of the results that belong to both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from realtime_contracts.conform.results import Requirement, Result, Run, Verdict, worst


@dataclass(frozen=True)
class Column:
    """One of a run's columns: a transport, or a node."""

    run: int
    title: str
    #: One of the two.
    transport: str = ""
    node: int = 0

    def has(self, result: Result) -> bool:
        """Whether a result of its run belongs here."""
        return self.node in result.nodes if self.node else result.transport == self.transport


@dataclass(frozen=True)
class Cell:
    """What a column says of a requirement."""

    verdict: Verdict | None
    #: How many results passed, of how many: as on the terminal.
    passed: int = 0
    total: int = 0
    #: Whether all that have it were known to fail.
    known: bool = False


@dataclass(frozen=True)
class Row:
    """A requirement in all columns."""

    requirement: Requirement
    cells: tuple[Cell, ...]
    #: Every verdict that one of its results has, as words.
    verdicts: tuple[str, ...]
    #: Whether runs do not agree.
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
    """The columns of all runs, each run's side by side."""
    made = []
    for number, run in enumerate(runs):
        tried = {result.transport for result in run.results}
        nodes = sorted({node for result in run.results for node in result.nodes})
        made += [Column(number, name, transport=name) for name in ("websocket", "polling") if name in tried]
        made += [Column(number, f"node {node}", node=node) for node in nodes if len(nodes) > 1]
    return made


def groups(runs: Sequence[Run]) -> list[Group]:
    """All requirements of all runs, by family and rule, in the order of the features."""
    of_run = [_by_requirement(run.results) for run in runs]
    rules: dict[tuple[str, str], list[Row]] = {}
    features: dict[str, str] = {}
    shown = columns(runs)
    for requirement in requirements(runs):
        features.setdefault(requirement.family, requirement.feature)
        row = _row(requirement, shown, [results.get(requirement.id, []) for results in of_run])
        rules.setdefault((requirement.family, requirement.rule), []).append(row)
    # A rule's family stays in one piece, also if a further run has more rules of it.
    order = list(features)
    made: list[Group] = []
    for (family, rule), rows in sorted(rules.items(), key=lambda item: order.index(item[0][0])):
        opens = not made or made[-1].family != family
        made.append(Group(family, features[family], rule, tuple(rows), opens))
    return made


def requirements(runs: Iterable[Run]) -> list[Requirement]:
    """The requirements of all runs, each once; as the first run that has it tells it."""
    found: dict[str, Requirement] = {}
    for run in runs:
        for requirement in run.requirements:
            found.setdefault(requirement.id, requirement)
    return list(found.values())


def by_family(run: Run) -> Iterator[tuple[str, Counter[Verdict]]]:
    """Of each family, how many of its results have which verdict."""
    families = {requirement.id: requirement.family for requirement in run.requirements}
    made: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)
    for result in run.results:
        made[families.get(result.requirement, result.requirement.partition("/")[0])][result.verdict] += 1
    yield from made.items()


def _row(requirement: Requirement, shown: Sequence[Column], results: list[list[Result]]) -> Row:
    cells = tuple(_cell([result for result in results[column.run] if column.has(result)]) for column in shown)
    verdicts = {result.verdict for of_run in results for result in of_run}
    of_runs = {worst(result.verdict for result in of_run) for of_run in results}
    words = tuple(verdict.value for verdict in Verdict if verdict in verdicts)
    return Row(requirement, cells, words, len(of_runs) > 1)


def _cell(results: list[Result]) -> Cell:
    verdict = worst(result.verdict for result in results)
    having = [result for result in results if result.verdict is verdict]
    passed = sum(result.verdict is Verdict.PASS for result in results)
    return Cell(verdict, passed, len(results), bool(having) and all(result.known for result in having))


def _by_requirement(results: Iterable[Result]) -> dict[str, list[Result]]:
    made: defaultdict[str, list[Result]] = defaultdict(list)
    for result in results:
        made[result.requirement].append(result)
    return made
