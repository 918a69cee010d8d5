"""`realtime contract check`: the command line, and the output of the report."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console

from realtime_contracts.check.check import check as check_capture
from realtime_contracts.check.reports import WRITERS, human, verdict
from realtime_contracts.check.result import EXIT_CODES, Result, gravest
from realtime_contracts.contract.registry import Direction
from realtime_contracts.wire.redaction import Redactor

#: A width that wraps no line: when the output is not a terminal, its reader wraps it.
_UNWRAPPED = 10_000


#: The command's help. In click, a paragraph that begins with a backspace keeps its lines.
_HELP = """Check captures of a live client against the contract.

FILE is a HAR as the browser's network panel or Playwright saves it, a log of JSON lines, or one
message. It may be packed with gzip, or be a zip as Playwright makes it. `-`, or no FILE, is standard
input. The content tells which of these it is.

\b
A line of a log is a message or a frame:
  {"direction": "client", "event": "room:join", "payload": {...}, "time": 12.5}
  {"direction": "server", "frame": "42[\\"presence:update\\",{...}]", "connection": "ana"}
A single message may also be bare:
  echo '42["room:join",{"entity_type":"invoice","entity_id":"42"}]' | realtime contract check
  realtime contract check --event room:join payload.json

Access tokens of a capture are never shown.

\b
Exit status, of several files the first that applies:
  3  a file cannot be read, or not to its end
  4  a file has nothing in it that could be checked
  1  a message violates the contract
  0  all messages conform
"""


@click.command(help=_HELP)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--event", help="FILE is the bare payload of this event.")
@click.option(
    "--direction",
    type=click.Choice([direction.value for direction in Direction]),
    help="Which way a bare payload or packet goes.  [default: client]",
)
@click.option("--url", "wanted_url", metavar="TEXT", help="Only connections of a HAR whose URL contains this.")
@click.option("--format", "form", type=click.Choice(["human", *WRITERS]), default="human", show_default=True)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this file.")
@click.option("--max", "most", type=click.IntRange(0), default=100, show_default=True, help="Findings shown of a file.")
def check(
    files: tuple[str, ...],
    event: str | None,
    direction: str | None,
    wanted_url: str | None,
    form: str,
    output: Path | None,
    most: int,
) -> None:
    """Check every file, write the report, and end with the gravest verdict."""
    names = files or ("-",)
    _refuse(files, names, event, output)
    redactor = Redactor()
    results = [
        check_capture(
            name, redactor, event=event, direction=Direction(direction or Direction.CLIENT), wanted_url=wanted_url
        )
        for name in names
    ]
    with _told(output):
        if form == "human":
            _print(results, output, most)
        else:
            _write(WRITERS[form](results), output)
    if form != "human":
        for result in results:
            click.echo(f"{redactor.clean(result.file)}: {verdict(result)}", err=True)
    sys.exit(EXIT_CODES[gravest(results)])


def _refuse(files: tuple[str, ...], names: tuple[str, ...], event: str | None, output: Path | None) -> None:
    """Raise UsageError for contradicting options."""
    if not files and at_terminal():
        raise click.UsageError("expected a FILE or a capture on standard input: name a FILE, or pipe a capture in")
    if names.count("-") > 1:
        raise click.UsageError("standard input (-) can be read only once: name it once")
    if event is not None and len(names) > 1:
        raise click.UsageError(f"--event takes one payload, got {len(names)} files: name one FILE")
    if output is not None and any(output.resolve() == Path(name).resolve() for name in files):
        raise click.UsageError(f"--output {output} is one of the captures: name another file")


def _print(results: list[Result], output: Path | None, most: int) -> None:
    if output is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # `LC_ALL=C` has no arrow
        width = None if sys.stdout is not None and sys.stdout.isatty() else _UNWRAPPED
        human(results, Console(highlight=False, markup=False, emoji=False, width=width), most)
        return
    with _opened(output) as stream:
        human(
            results,
            Console(file=stream, force_terminal=False, color_system=None, width=_UNWRAPPED, highlight=False),
            most,
        )


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text.encode(), nl=False)
        return
    with _opened(output) as stream:
        stream.write(text)


def _opened(output: Path) -> TextIO:
    return output.open("w", encoding="utf-8")


@contextmanager
def _told(output: Path | None) -> Iterator[None]:
    """Report an error while writing the report, which says nothing about the captures."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if output is None:  # Python would try again at exit, and fail with its own message.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.UsageError(f"{f'--output {output}' if output else 'standard output'}: {error.strerror}") from error


def at_terminal() -> bool:
    """Whether standard input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()
