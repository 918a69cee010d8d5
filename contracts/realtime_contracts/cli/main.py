"""The `realtime` command.

Its client half needs only this package: `token`, `watch`, and all of `realtime contract`. Its server half (`serve`,
`doctor`, `notify`, `activity`) is in the package `app`, which is in the repository and in the image, never in the
wheel; where `app` is not there, those commands are listed, and say so.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

import click

from realtime_contracts.cli.dev_folder import DATA_FOLDER, dev_secret

#: The commands of the server half, with their first line of help for where it is not installed.
SERVER_COMMANDS = {
    "serve": "Run a node of the server.",
    "doctor": "Check settings and Redis, and say in plain words what is wrong.",
    "notify": "Notify a user of a company.",
    "activity": "Record what happened in a company, or read its feed.",
}


#: The commands of the client half that need an extra, and which; their modules are imported when they are wanted.
EXTRA_COMMANDS = {
    "conform": (
        "realtime_contracts.cli.conform:conform_command",
        "conformance",
        "Hold a server against the contract.",
    ),
    "mock": (
        "realtime_contracts.cli.mock:mock",
        "mock",
        "Run a server that answers by the contract, with example data.",
    ),
}

#: The commands of `realtime contract`: each in the module that it is about, imported when it is wanted.
CONTRACT_COMMANDS = {
    "list": "realtime_contracts.cli.contract:list_",
    "show": "realtime_contracts.cli.contract:show",
    "example": "realtime_contracts.cli.contract:example",
    "page": "realtime_contracts.cli.contract:page",
    "check": "realtime_contracts.cli.check:check",
    "diff": "realtime_contracts.cli.diff:diff",
    "bundle": "realtime_contracts.cli.diff:bundle",
}


class _ContractCommands(click.Group):
    """The commands about the contract, in the order in which one comes to want them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(CONTRACT_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in CONTRACT_COMMANDS:
            return None
        module, _, name = CONTRACT_COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


class _Commands(click.Group):
    """The client half's commands, and the server half's from wherever they are."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *SERVER_COMMANDS, *EXTRA_COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in EXTRA_COMMANDS:
            return _extra(cmd_name)
        if cmd_name not in SERVER_COMMANDS:
            return super().get_command(ctx, cmd_name)
        if importlib.util.find_spec("app") is None:
            return _absent(cmd_name)
        from app.cli import server_commands  # noqa: PLC0415 - only where it is, and only if it is wanted

        return server_commands.get_command(ctx, cmd_name)


def _extra(name: str) -> click.Command:
    where, extra, summary = EXTRA_COMMANDS[name]
    module, _, function = where.partition(":")
    try:
        command: click.Command = getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("realtime_contracts"):
            raise
        return _telling(
            name,
            f"{summary} (Needs the extra `{extra}`.)",
            f"`realtime {name}` needs {error.name}: pip install 'logiaccounting-realtime[{extra}]'",
        )
    return command


def _absent(name: str) -> click.Command:
    return _telling(
        name,
        SERVER_COMMANDS[name] + " (Not in the wheel: needs the server.)",
        f"`realtime {name}` needs the server, which is not in the wheel. Run it from a checkout of the repository "
        "(`make serve`, or `pip install -e .[server]`) or from the image.",
    )


def _telling(name: str, summary: str, words: str) -> click.Command:
    """A command that is not there, and says why."""

    def tell(**_: Any) -> None:
        raise click.ClickException(words)

    return click.Command(
        name,
        callback=tell,
        help=summary,
        context_settings={"ignore_unknown_options": True},
        params=[click.Argument(["args"], nargs=-1, type=click.UNPROCESSED)],
    )


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="logiaccounting-realtime")
def main() -> None:
    """LogiAccounting Pro Realtime: the server, its contract, and what to hold a client against."""


@main.group(cls=_ContractCommands)
def contract() -> None:
    """Look at the contract, hold captures of a client against it, and tell what has changed in it."""


@main.command()
@click.option("--user", required=True, help="The user's id (`sub`).")
@click.option("--tenant", required=True, help="The company's id (`tenant_id`).")
@click.option("--name", help="The name that others see; the id, capitalised, if absent.")
@click.option("--role", default="user", show_default=True, help="`service` may publish.")
@click.option("--ttl", default=3600.0, show_default=True, type=float, help="Seconds the token lives.")
@click.option("--secret", envvar="JWT_SECRET_KEY", help="HS256 secret; JWT_SECRET_KEY, else the development server's.")
def token(user: str, tenant: str, name: str | None, role: str, ttl: float, secret: str | None) -> None:
    """Print an access token for a user of a company, signed with HS256."""
    from realtime_contracts.wire.tokens import mint  # noqa: PLC0415 - it opens ssl, which gevent must patch first

    secret = secret or dev_secret()
    if not secret:
        raise click.UsageError(
            f"no secret: set JWT_SECRET_KEY, or run this where `realtime serve --dev` keeps its data ({DATA_FOLDER}/)"
        )
    click.echo(mint(secret, user, tenant, name=name or user.capitalize(), role=role, ttl=ttl))


@main.command()
@click.argument("url")
@click.option("--token", "token_", required=True, envvar="REALTIME_TOKEN", help="An access token of the company.")
@click.option("--room", "rooms", multiple=True, metavar="TYPE:ID", help="Join this room as well; may be repeated.")
@click.option("--polling", is_flag=True, help="Use long-polling instead of WebSocket.")
@click.option("--plain/--live", default=None, help="One line a message, or a live view. Live on a terminal.")
def watch(url: str, token_: str, rooms: tuple[str, ...], *, polling: bool, plain: bool | None) -> None:
    """Watch a company: who is online, and every message as it comes.

    What breaks the contract, or the order of presence messages, is marked. You are online yourself
    while you watch. Ctrl-C ends it. The exit status is 1 if something was marked.
    """
    from realtime_contracts.cli.watch import Watch  # noqa: PLC0415 - `realtime --help` should not wait for it

    if plain is None:
        plain = not sys.stdout.isatty()
    watcher = Watch(url, token_, rooms=rooms, transport="polling" if polling else "websocket", plain=plain)
    sys.exit(watcher.run())


if __name__ == "__main__":
    main()
