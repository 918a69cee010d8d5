"""The report for people: a line for each finding, and what there was in each file."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from realtime_contracts.check.reports import words
from realtime_contracts.check.result import Finding, Result, Verdict
from realtime_contracts.reports.text import say

_STYLES = {
    Verdict.CONFORMS: "bold green",
    Verdict.VIOLATIONS: "bold red",
    Verdict.UNREADABLE: "bold red",
    Verdict.NOTHING: "bold yellow",
}


def write(results: list[Result], console: Console, most: int) -> None:
    """Print all results, with at most `most` findings in each file."""
    for result in results:
        name = result.redactor.clean(result.file)
        several = len({finding.connection for finding in result.findings}) > 1
        for finding in result.findings[:most]:
            say(console, _line(name, result, finding, several=several))
        if result.found > most:
            more = result.found - min(most, len(result.findings))
            say(console, f"{name}: … and {more:,} more", "dim")
        if result.checked or result.connections:
            say(console, f"{name}: {words.seen(result)}")
        unchecked = "; ".join(words.not_checked(result))
        if unchecked:
            say(console, f"{name}: not checked: {unchecked}")
        say(console, Text(f"{name}: ").append(words.verdict(result), _STYLES[result.verdict]))


def _line(name: str, result: Result, finding: Finding, *, several: bool) -> Text:
    line = Text(f"{name}: {words.place(finding)}")
    seconds = result.seconds(finding.place)
    if seconds is not None:
        line.append(f", {seconds:,.1f} s")
    if several and finding.connection:
        line.append(f", connection {result.redactor.name(finding.connection)}")
    return line.append(", ").append(words.message(result, finding), "red")
