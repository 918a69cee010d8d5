"""`realtime contract diff` and `realtime contract bundle`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.console import Console

from realtime_contracts.contract.schemas import Unreadable
from realtime_contracts.contract.schemas import bundle as written
from realtime_contracts.diff.versions import read

#: Exit statuses of `diff`; 2 is click's, for a wrong command line.
ENOUGH, NOT_ENOUGH, UNREADABLE = 0, 1, 3


@click.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def diff(old: str, new: str | None, format_: str) -> None:
    """Compare two versions of the contract: what has changed, what breaks clients, and the version it takes.

    OLD and NEW are each a folder (with schemas/ and VERSION, or with contracts/), a bundle file or a git revision.
    Write git:REV for a revision that is named as a path is. Without NEW: the contract that is installed here.

    Compatible: the server accepts more or sends less. Anything else breaks clients; the report shows a message that
    one version accepts and the other refuses. openapi.yaml is not compared.

    \b
    Exit status:
      0  NEW's version is high enough for what has changed
      1  it is not
      3  OLD or NEW cannot be read
    """  # noqa: D301 - \\b is how click leaves the lines of a list alone
    # Keeps `realtime --help` fast: the validators load slowly.
    from realtime_contracts.diff.judging import judged  # noqa: PLC0415
    from realtime_contracts.diff.printing import as_json, lines  # noqa: PLC0415

    try:
        (old, first), (new, second) = read(old), read(new)
        verdict = judged(first, second)
    except Unreadable as error:
        click.echo(f"realtime: {error}", err=True)
        sys.exit(UNREADABLE)
    if format_ == "json":
        click.echo(json.dumps(as_json(verdict, old, new), ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for line in lines(verdict, old, new):
            console.print(line)
    sys.exit(ENOUGH if verdict.enough else NOT_ENOUGH)


@click.command()
@click.argument("source", required=False)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file to write it to.")
def bundle(source: str | None, output: Path | None) -> None:
    """Write the whole contract of SOURCE as one JSON document.

    SOURCE is a folder, a bundle or a git revision, as for `diff`. Without it: the contract that is installed here. Keep
    the contract of each release: `realtime contract bundle -o contracts/released.json`.
    """
    try:
        text = written(read(source)[1])
    except Unreadable as error:
        click.echo(f"realtime: {error}", err=True)
        sys.exit(UNREADABLE)
    if output is None:
        click.echo(text, nl=False)
    else:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise click.FileError(str(output), error.strerror) from error
