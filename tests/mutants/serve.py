"""Serve a wrong server: `python tests/mutants/serve.py MUTANT serve --host 127.0.0.1 --port 8000 …`.

The mutant is put into the app that this process has loaded; then the command runs as `python -m app.cli` would, with
the same arguments and the same settings. `--list` names all mutants. A mutant that finds nothing to change ends the
process: the real server must never pass for a wrong one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

# First of all, as in `python -m app.cli serve`, because it patches the standard library for gevent.
import app.serve  # noqa: F401 - for what it does to the standard library

#: Where `tests` is found; this script's own folder is no place to import from.
sys.path[0] = str(Path(__file__).parents[2])

from app.cli import server_commands  # noqa: E402 - after the patch
from tests.mutants.catalogue import MUTANTS  # noqa: E402 - after the path
from tests.mutants.mutation import NothingToReplaceError, Patches  # noqa: E402 - as above

#: What a wrong command line ends with, and what a mutant does that is none.
WRONG_USAGE, NO_MUTANT = 2, 3


def main(arguments: list[str]) -> None:
    """Put in the mutant that is named first, and run the command with the rest."""
    if arguments == ["--list"]:
        for name, mutant in MUTANTS.items():
            click.echo(f"{name:<40} {', '.join(mutant.killed_by)}")
        return
    name, *rest = arguments or [""]
    if name not in MUTANTS:
        end(WRONG_USAGE, f"there is no mutant {name!r}; `--list` names them all")
    try:
        MUTANTS[name].apply(Patches())
    except NothingToReplaceError as error:
        end(NO_MUTANT, f"{name} cannot be made, the server is not what it was: {error}")
    click.echo(f"MUTANT {name}", err=True)
    server_commands(rest, prog_name="app.cli")


def end(status: int, why: str) -> None:
    """Say why there is no server, and end."""
    click.echo(f"tests/mutants/serve.py: {why}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
