"""What a run writes: the reports that were asked for, refused before the run if they cannot be written after it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from realtime_contracts.conform.results import EXIT_STATUS, Run, Verdict
from realtime_contracts.conform.steps import DEFINITIONS

#: The reports that can be asked for, in the order they are written.
REPORTS = ("html", "junit", "json", "messages")
#: The name of no file.
STDOUT = "-"


class Output(Console):
    """As rich's, whose exit status is another one where nobody reads on: 1 is a MUST that is not met."""

    def on_broken_pipe(self) -> None:
        try:
            super().on_broken_pipe()
        except SystemExit:
            sys.exit(EXIT_STATUS[Verdict.INCONCLUSIVE])


def to_stdout(options: dict[str, Any]) -> bool:
    """Whether a report is to be printed: whoever wants that wants nothing else there."""
    return STDOUT in [str(options[name]) for name in REPORTS]


def read_compared(files: tuple[Path, ...]) -> tuple[Run, ...]:
    """The runs to compare with. Refuses what is no report."""
    from realtime_contracts.conform.reports.json_report import read  # noqa: PLC0415 - as in `write`

    runs = []
    for file in files:
        try:
            runs.append(read(file.read_bytes()))
        except ValueError as error:
            raise click.UsageError(f"--compare {file}: {error}") from error
    return tuple(runs)


def check_files(options: dict[str, Any]) -> None:
    """Refuse what cannot be written."""
    for name in REPORTS:
        file = options[name]
        if file is None or str(file) == STDOUT:
            continue
        if not file.parent.is_dir():
            raise click.UsageError(f"{file} cannot be written: there is no folder {file.parent}")
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            raise click.UsageError(f"{file} cannot be written: that is not allowed here")


def write(run: Run, features: Path, options: dict[str, Any], compared: tuple[Run, ...]) -> None:
    """Write the reports that were asked for, all that can be. Raises UsageError for those that cannot."""
    problems = []
    for name in REPORTS:
        if options[name] is None:
            continue
        try:
            with click.open_file(str(options[name]), "wb") as file:
                file.write(_rendered(name, run, features, compared))
        except OSError as error:
            problems.append(f"{options[name]} cannot be written: {error.strerror}")
    if problems:
        raise click.UsageError("\n".join(problems))


def _rendered(name: str, run: Run, features: Path, compared: tuple[Run, ...]) -> bytes:
    """A report, by the option that asks for it. Few runs need the templates: each is imported when it is wanted."""
    match name:
        case "html":
            from realtime_contracts.conform.reports.html import html  # noqa: PLC0415 - as above

            return html(run, *compared).encode()
        case "junit":
            from realtime_contracts.conform.reports.junit import junit  # noqa: PLC0415 - as above

            return junit(run).encode()
        case "json":
            from realtime_contracts.conform.reports.json_report import json_report  # noqa: PLC0415 - as above

            return json_report(run)
        case _:
            from realtime_contracts.conform.reports.messages import messages  # noqa: PLC0415 - as above

            patterns = [(step.kind, step.pattern.pattern) for step in DEFINITIONS]
            return "".join(messages(run, features, patterns)).encode()
