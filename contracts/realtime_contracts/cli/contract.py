"""`realtime contract list`, `show`, `example` and `page`: the contract on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from realtime_contracts.contract.exchanges import exchanges
from realtime_contracts.contract.fields import rows
from realtime_contracts.contract.registry import Direction, Example, registry
from realtime_contracts.contract.schemas import own_schemas

#: A direction in words.
WAYS = {
    Direction.CLIENT: "client → server",
    Direction.SERVER: "server → client",
    Direction.ACK: "ack",
    Direction.REQUEST: "request",
    Direction.RESPONSE: "response",
}

#: Columns of a table that is not printed on a terminal.
OFF_TERMINAL = 160

_DIRECTION = click.Choice([direction.value for direction in Direction])


@click.command("list")
@click.option("--direction", type=_DIRECTION, help="Only messages of this direction.")
@click.option(
    "--json", "as_json", is_flag=True, help="As JSON, for scripts: an array of {direction, event, title, description}."
)
def list_(direction: str | None, *, as_json: bool) -> None:
    """List every message, its direction and what it is for. Into a pipe or a file: one line each, separated by tabs."""
    found = registry().messages(*([] if direction is None else [Direction(direction)]))
    if as_json:
        said = ({"direction": d.value, "event": event, **_words(d, event)} for d, event in found)
        click.echo(json.dumps(list(said), ensure_ascii=False, indent=2))
        return
    if not sys.stdout.isatty():
        for d, event in found:
            click.echo(f"{d.value}\t{event}\t{_words(d, event)['description']}")
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(no_wrap=True)
    table.add_column()
    for d, event in found:
        table.add_row(WAYS[d], event, _words(d, event)["description"])
    _console().print(table)


@click.command()
@click.argument("event")
@click.option("--direction", type=_DIRECTION, help="Which message, if the event has several.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts: the schemas by direction.")
def show(event: str, direction: str | None, *, as_json: bool) -> None:
    """Show a message: its fields, its ack, its error codes and what the server sends after it."""
    directions = _directions(event, direction)
    if as_json:
        schemas = {d.value: registry().schema(d, event) for d in directions}
        click.echo(json.dumps(schemas, ensure_ascii=False, indent=2))
        return
    console = _console()
    for n, d in enumerate(directions):
        if n:
            console.print()
        console.print(Text.assemble((event, "bold"), "  ", (WAYS[d], "cyan")))
        console.print(Text(str(registry().schema(d, event)["description"])))
        for name, values in _facts(d, event):
            console.print(Text.assemble((f"{name}: ", "dim"), values))
        _print_fields(console, d, event)


@click.command()
@click.argument("event")
@click.option(
    "--direction",
    type=_DIRECTION,
    help="Which message, if the event has several. Default: the first of client, server, ack.",
)
@click.option("--invalid", is_flag=True, help="An example that is refused; the reason goes to stderr.")
@click.option("--all", "every", is_flag=True, help="All examples, one on each line.")
def example(event: str, direction: str | None, *, invalid: bool, every: bool) -> None:
    """Print an example payload of a message as JSON."""
    chosen = _directions(event, direction)[0]
    found = [e for e in registry().examples(chosen, event) if e.valid != invalid]
    # A nearly valid example says more than one that is completely different.
    found.sort(key=lambda e: not isinstance(e.data, dict))
    for shown in found if every else found[:1]:
        click.echo(json.dumps(shown.data, ensure_ascii=False, indent=None if every else 2))
        if invalid:
            click.echo(_reason(chosen, event, shown), err=True)


@click.command()
@click.option(
    "--output",
    "-o",
    type=click.File("w", encoding="utf-8", atomic=True),
    default="-",
    help="The file to write. Default: stdout.",
)
def page(output: Any) -> None:
    """Write the whole contract as one HTML page that loads nothing else."""
    from realtime_contracts.contract.page import page as make  # noqa: PLC0415 - only this command needs a template engine

    output.write(make().html)


def _directions(event: str, direction: str | None) -> list[Direction]:
    """Return the directions that have this event, in the order of a conversation."""
    order = (Direction.CLIENT, Direction.SERVER, Direction.ACK, Direction.REQUEST, Direction.RESPONSE)
    there = [d for d in order if event in registry().events(d)]
    if not there:
        raise click.UsageError(f"the contract has no event {event!r}{_meant(event)}")
    if direction is not None and Direction(direction) not in there:
        raise click.UsageError(f"{event} has no {direction} message; it has: {', '.join(there)}")
    return [Direction(direction)] if direction is not None else there


def _meant(event: str) -> str:
    import difflib  # noqa: PLC0415 - for a mistake only

    names = {name for _, name in registry().messages()}
    close = difflib.get_close_matches(event, names, n=3)
    return f"; did you mean {' or '.join(close)}?" if close else "; `realtime contract list` has them all"


def _words(direction: Direction, event: str) -> dict[str, str]:
    schema = registry().schema(direction, event)
    return {"title": schema["title"], "description": schema["description"]}


def _facts(direction: Direction, event: str) -> Iterable[tuple[str, str]]:
    known = exchanges()
    if direction == Direction.CLIENT:
        exchange = known.by_event[event]
        yield "errors", ", ".join(exchange.errors)
        if exchange.to_sender:
            yield "then to this connection", ", ".join(exchange.to_sender)
        if exchange.to_others:
            yield "then to others", ", ".join(exchange.to_others)
    if direction == Direction.SERVER:
        if causes := known.causes(event):
            yield "after", ", ".join(causes)
        if event in known.by_itself:
            yield "of the server's own accord", known.by_itself[event]


def _print_fields(console: Console, direction: Direction, event: str) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("field", "type", "may be", "what it is"):
        table.add_column(column, header_style="dim")
    for row in rows(own_schemas(), direction.value, event):
        if row.is_heading:
            table.add_row(Text(row.name, style="bold"), "", "", Text(row.description, style="dim"))
        else:
            name = Text.assemble((row.name, "green"), "" if row.required else ("?", "dim"))
            table.add_row(name, Text(row.type), Text(row.limits), Text(row.description))
    if table.row_count:
        console.print(table)
    else:
        console.print(Text("no fields: {}, or nothing at all", style="dim"))


def _reason(direction: Direction, event: str, shown: Example) -> str:
    violation = registry().check(direction, event, shown.data)
    said = f"at {violation.path or '(the whole)'}: {violation.reason}" if violation is not None else "it conforms"
    return f"{shown.description}: {said}"


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else OFF_TERMINAL)
