"""`realtime mock`: the options of the mock server."""

from __future__ import annotations

import asyncio
import importlib.util
import random
import re
import sys
from pathlib import Path
from typing import Any

import click

from realtime_contracts.cli.dev_folder import DATA_FOLDER, dev_secret
from realtime_contracts.cli.timeouts import parsed_timeouts
from realtime_contracts.wire.timeouts import NodeTimeouts

#: The command's additional dependency.
NEEDED = "aiohttp"
INSTALL = "pip install 'logiaccounting-realtime[mock]'"

_LATENCY = re.compile(r"(\d+)(?:-(\d+))?")


def _latency(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[float, float]:
    """Parse milliseconds, `100` or `50-200`, into minimum and maximum seconds."""
    match = _LATENCY.fullmatch(value)
    if match is None or (match[2] and int(match[2]) < int(match[1])):
        raise click.BadParameter(f"expected milliseconds, such as 100 or 50-200, got {value!r}")
    return int(match[1]) / 1000, int(match[2] or match[1]) / 1000


def _timeouts(_ctx: click.Context, _param: click.Parameter, value: str) -> dict[str, float]:
    """Parse `away=300,offline=60`."""
    return parsed_timeouts(value, NodeTimeouts) if value else {}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
@click.option(
    "--latency",
    default="0",
    callback=_latency,
    metavar="MS",
    help="Delay of every message to a client: 100, or 50-200 at random.",
)
@click.option(
    "--drop", default=0.0, type=click.FloatRange(0, 1), help="Probability that a message to a client is lost."
)
@click.option("--seed", type=int, help="Seed of the random numbers: the same one, the same run.")
@click.option(
    "--scenario",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A YAML file of events to send, delay, refuse or drop: see docs/mock.md.",
)
@click.option("--secret", envvar="JWT_SECRET_KEY", help="HS256 secret; JWT_SECRET_KEY, else the development server's.")
@click.option(
    "--any-token", is_flag=True, help="Accept any token with `sub` and `tenant_id`, and clients without a token."
)
@click.option(
    "--timeouts",
    default="",
    callback=_timeouts,
    metavar="NAME=S,…",
    help="Timeouts in seconds: away=300,offline=60,typing=6,…",
)
@click.option("--colleagues", default=0, type=click.IntRange(0, 100), help="Number of fictional users who are online.")
@click.option(
    "--examples",
    multiple=True,
    default=("acme",),
    show_default=True,
    metavar="TENANT",
    help="Tenant with notifications and activity from the contract's examples; may be repeated. '' for none.",
)
def mock(host: str, port: int, scenario: Path | None, secret: str | None, **asked: Any) -> None:
    """Run a mock server: it answers and emits by the contract, from memory, for front-end work.

    Without a secret (no option, no JWT_SECRET_KEY, no development server in this folder) it does not check the
    signatures of tokens, but everything else. Ctrl-C ends it.
    """
    if importlib.util.find_spec(NEEDED) is None:
        raise click.ClickException(f"`realtime mock` needs {NEEDED}: {INSTALL}")
    # Imported late, to keep `realtime --help` fast.
    from realtime_contracts.mock.access import Access  # noqa: PLC0415
    from realtime_contracts.mock.delivery import Faults  # noqa: PLC0415
    from realtime_contracts.mock.scenario import ScenarioError, read  # noqa: PLC0415
    from realtime_contracts.mock.server import Config, serve  # noqa: PLC0415

    try:
        steps = read(scenario) if scenario is not None else ()
    except ScenarioError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    access = Access(secret or dev_secret(), asked["any_token"])
    config = Config(
        access,
        Faults(asked["latency"], asked["drop"], random.Random(asked["seed"])),  # noqa: S311 - nothing secret
        NodeTimeouts(**asked["timeouts"]),
        steps,
        asked["colleagues"],
        asked["examples"],
    )
    try:
        asyncio.run(serve(config, host, port, lambda url: click.echo(f"{url} - {_words(access)}")))
    except OSError as error:
        raise click.ClickException(f"{host}:{port}: {error.strerror}") from error


def _words(access: Any) -> str:
    """Describe the accepted tokens."""
    if access.any_token:
        return "any token is accepted, and clients without one"
    if access.secret is None:
        return f"no secret (none in {DATA_FOLDER}/ either): signatures are not checked"
    return "signatures are checked"


if __name__ == "__main__":
    mock(prog_name="realtime mock")
