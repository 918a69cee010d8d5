"""The matrix of requirements and mutants, printed when the mutants have been run."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.mutants.catalogue import MUTANTS, family_of_mutant
from tests.mutants.grid import grid

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIED, KILLED = "tried", "killed_by"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-killers",
        action="store_true",
        help="try each mutant on every requirement that kills another one of its family, too: an hour, a full matrix",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a grid for each family: which requirement was tried on which mutant, and has killed it."""
    found: dict[str, dict[str, dict[str, bool]]] = defaultdict(dict)
    for report in _reports(terminalreporter):
        properties = dict(report.user_properties)
        if TRIED in properties:
            name = str(properties["mutant"])
            killed = str(properties[KILLED]).split()
            found[family_of_mutant(name)][name] = {id_: id_ in killed for id_ in str(properties[TRIED]).split()}
    for family, mutants in found.items():
        terminalreporter.section(f"{family}: requirement x mutant", sep="-")
        terminalreporter.write_line(grid(mutants))
    killed = [name for mutants in found.values() for name, tried in mutants.items() if any(tried.values())]
    if found:
        terminalreporter.write_line(f"\n{len(killed)} of {len(MUTANTS)} mutants are killed.")


def _reports(terminalreporter: pytest.TerminalReporter) -> Iterator[pytest.TestReport]:
    for outcome in ("passed", "failed"):
        yield from (report for report in terminalreporter.stats.get(outcome, []) if report.when == "call")
