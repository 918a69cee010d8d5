"""The `realtime` command.

Most commands need only this package. `serve`, `doctor`, `capacity`, `notify`, `activity` and `revoke` are in the
package `app`, which is in the repository and in the image, never in the wheel. `conform` and `mock` need an extra of
the wheel. Each command is imported when used. One that cannot be imported is still listed, and says what it needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from realtime_contracts.cli.dev_folder import DATA_FOLDER, dev_secret

_NEEDS_SERVER = (
    "`realtime {name}` needs the server, which is not in the wheel. Run it from a checkout of the repository "
    "(`make serve`, or `pip install -e .[server]`) or from the image."
)
_NEEDS_EXTRA = "`realtime {name}` needs {module}: pip install 'logiaccounting-realtime[%s]'"

#: Optional commands: their help, and what they need.
MAY_BE_MISSING = {
    "serve": ("Run a node of the server.", _NEEDS_SERVER),
    "doctor": ("Check settings and Redis, and say in plain words what is wrong.", _NEEDS_SERVER),
    "capacity": ("Estimate the nodes, Redis masters and memory that a load takes.", _NEEDS_SERVER),
    "notify": ("Notify a user of a tenant.", _NEEDS_SERVER),
    "activity": ("Record what happened in a tenant, or read its feed.", _NEEDS_SERVER),
    "revoke": ("Revoke access tokens of a tenant.", _NEEDS_SERVER),
    "conform": ("Test whether a server keeps the contract.", _NEEDS_EXTRA % "conformance"),
    "mock": ("Run a server that answers by the contract, with example data.", _NEEDS_EXTRA % "mock"),
}

#: The commands of `realtime contract`, in the order of first use.
CONTRACT_COMMANDS = ("list", "show", "example", "page", "check", "diff", "bundle")


def _command(name: str) -> click.Command:
    """Import an optional command."""
    try:
        match name:
            case "conform":
                from realtime_contracts.cli.conform import conform_command

                return conform_command
            case "mock":
                from realtime_contracts.cli.mock import mock

                return mock
            case _:
                from app.cli import server_commands

                return server_commands.commands[name]
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("realtime_contracts"):
            raise
        return _missing(name, str(error.name))


def _missing(name: str, module: str) -> click.Command:
    """Return a command that only says what must be installed."""
    summary, needs = MAY_BE_MISSING[name]

    def tell(**_: Any) -> None:
        raise click.ClickException(needs.format(name=name, module=module))

    return click.Command(
        name,
        callback=tell,
        help=f"{summary} (Not installed.)",
        context_settings={"ignore_unknown_options": True},
        params=[click.Argument(["args"], nargs=-1, type=click.UNPROCESSED)],
    )


def _contract_command(name: str) -> click.Command:
    match name:
        case "check":
            from realtime_contracts.cli.check import check

            return check
        case "diff" | "bundle":
            from realtime_contracts.cli.diff import bundle, diff

            return diff if name == "diff" else bundle
        case _:
            from realtime_contracts.cli.contract import example, list_, page, show

            return {"list": list_, "show": show, "example": example, "page": page}[name]


class LazyGroup(click.Group):
    """A group of its own commands and those that `load` imports on demand, sorted."""

    def __init__(self, *args: Any, names: Iterable[str], load: Callable[[str], click.Command], **options: Any) -> None:
        super().__init__(*args, **options)
        self._names = tuple(names)
        self._load = load

    def list_commands(self, ctx: click.Context) -> list[str]:
        own = super().list_commands(ctx)
        return sorted([*own, *self._names]) if own else list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._load(cmd_name) if cmd_name in self._names else super().get_command(ctx, cmd_name)


@click.group(
    cls=LazyGroup, names=MAY_BE_MISSING, load=_command, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="logiaccounting-realtime")
def main() -> None:
    """LogiAccounting Pro Realtime: its server, its contract, and tools that test servers and clients against it."""


@main.group(cls=LazyGroup, names=CONTRACT_COMMANDS, load=_contract_command)
def contract() -> None:
    """Read the contract, check captures of a client against it, and compare versions of it."""


@main.command()
@click.option("--user", required=True, help="The user's id (`sub`).")
@click.option("--tenant", required=True, help="The tenant's id (`tenant_id`).")
@click.option("--name", help="The name that others see. Default: the id, capitalised.")
@click.option("--role", default="user", show_default=True, help="`service` for a back end, which may publish.")
@click.option("--ttl", default=3600.0, show_default=True, type=float, help="Seconds the token lives.")
@click.option(
    "--secret", envvar="JWT_SECRET_KEY", help="HS256 secret. Default: JWT_SECRET_KEY, else the development server's."
)
def token(user: str, tenant: str, name: str | None, role: str, ttl: float, secret: str | None) -> None:
    """Print an access token for a user of a tenant, signed with HS256."""
    from realtime_contracts.wire.tokens import mint  # late: it opens ssl, which gevent must patch first

    secret = secret or dev_secret()
    if not secret:
        raise click.UsageError(
            f"no secret: set JWT_SECRET_KEY, or run this where `realtime serve --dev` keeps its data ({DATA_FOLDER}/)"
        )
    click.echo(mint(secret, user, tenant, name=name or user.capitalize(), role=role, ttl=ttl))


@main.command()
@click.argument("url")
@click.option("--token", "token_", required=True, envvar="REALTIME_TOKEN", help="An access token of the tenant.")
@click.option("--room", "rooms", multiple=True, metavar="TYPE:ID", help="Join this room too. May be repeated.")
@click.option("--polling", is_flag=True, help="Use long-polling instead of WebSocket.")
@click.option(
    "--plain/--live", default=None, help="One line for each message, or a live view. Default: live on a terminal."
)
def watch(url: str, token_: str, rooms: tuple[str, ...], *, polling: bool, plain: bool | None) -> None:
    """Watch a tenant: who is online, and every message as it comes.

    Messages that break the contract or come out of order are marked. You are online yourself while you watch. Ctrl-C
    ends it. Exit status: 0 nothing was marked, 1 something was.
    """
    from realtime_contracts.cli.watch import Watch  # Imported late, to keep `realtime --help` fast.

    if plain is None:
        plain = not sys.stdout.isatty()
    watcher = Watch(url, token_, rooms=rooms, transport="polling" if polling else "websocket", plain=plain)
    sys.exit(watcher.run())


if __name__ == "__main__":
    main()
