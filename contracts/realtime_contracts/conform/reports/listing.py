"""`realtime conform --list`: the requirements as text, and the same as docs/conformance.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from realtime_contracts.conform.reports.terminal import Headings
from realtime_contracts.conform.requirements import Example, Suite
from realtime_contracts.conform.results import Requirement
from realtime_contracts.conform.tags import source_of
from realtime_contracts.reports.text import say

PAGE_HEAD = """\
# The requirements

`realtime conform` tests a server against {requirements} requirements, with {examples} examples.
`realtime conform --list` prints them, and [conforming](conforming.md) says how to use it. An id is permanent and
selects its scenario (`realtime conform URL --select presence/3.2`). Every message, ack and REST response is also
checked against its schema, in all scenarios (`contract/server/presence:list` and so on).
"""


def listing(console: Console, examples: Sequence[Example]) -> None:
    counts = Counter(example.requirement for example in examples)
    headings = Headings(console)
    for requirement in dict.fromkeys(example.requirement for example in examples):
        headings.print(requirement)
        rows = f"  ({counts[requirement]} rows)" if counts[requirement] > 1 else ""
        say(console, f"    {requirement.id:<18} {requirement.level.upper():<7} {requirement.name}{rows}")
        say(console, f"{'':<31}{proof(requirement)}", "dim")


def proof(requirement: Requirement) -> str:
    """Return the sentence that a requirement proves, and its source."""
    where = "; ".join(map(source_of, requirement.sources))
    return f"“{requirement.sentence}” ({where})" if requirement.sentence else where


def page(suite: Suite) -> str:
    """Return the page of all requirements."""
    lines = [PAGE_HEAD.format(requirements=len(suite.requirements), examples=len(suite.examples))]
    family = rule = ""
    for requirement in suite.requirements:
        if requirement.family != family:
            family = requirement.family
            lines += ["", f"## {requirement.feature}"]
        if requirement.rule != rule:
            rule = requirement.rule
            lines += ["", f"### {rule}", "", "| id | level | requirement | proves | needs |", "|---|---|---|---|---|"]
        cells = (requirement.name, proof(requirement), ", ".join(requirement.needs))
        told = " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells)
        lines.append(f"| `{requirement.id}` | {requirement.level} | {told} |")
    return "\n".join(lines) + "\n"
