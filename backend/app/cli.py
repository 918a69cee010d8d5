"""The server's commands of `realtime`: `serve`, `doctor`, `capacity`, `notify`, `activity` and `revoke`."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import click

from app.publish_cli import activity, notify, revoke
from realtime_contracts.cli.dev_folder import DATA_FOLDER, DEV_SECRET

#: The users of the two tokens that `--dev` prints.
DEV_TENANT = "acme"
DEV_USERS = ("ana", "ben")

#: Seconds a development token lives: a working day.
DEV_TOKEN_SECONDS = 12 * 3600


@click.group()
def server_commands() -> None:
    """Commands that need the server's code."""


server_commands.add_command(notify)
server_commands.add_command(activity)
server_commands.add_command(revoke)


@server_commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--redis-url", envvar="REDIS_URL", help="Redis of the cluster. Without it, the server starts an embedded Valkey."
)
@click.option(
    "--data",
    default=DATA_FOLDER,
    envvar="REALTIME_DATA",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the embedded Valkey and the development secret.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes that share the port, at most one for each core. Each is a node.",
)
@click.option("--dev", is_flag=True, help="Create a secret, print the URL and two tokens, and log for people.")
def serve(host: str, port: int, redis_url: str | None, data: Path, workers: int, *, dev: bool) -> None:
    """Run a node of the server until Ctrl-C or SIGTERM.

    Settings are environment variables; docs/settings.md lists them. Nodes on the same Redis form one
    cluster. Without a Redis URL this node starts its own Valkey.
    """
    if workers == 1:
        import app.serve  # noqa: F401 - first of all: it patches the standard library, but not for a parent of workers
    from app.embedded import EmbeddedValkey
    from app.settings import DevSettings, Settings, SettingsError, load_settings
    from app.supervisor import supervise

    overrides: dict[str, object] = {}
    if dev:
        overrides["jwt_secret_key"] = os.environ.get("JWT_SECRET_KEY") or _dev_secret(data)
        overrides["log_format"] = os.environ.get("LOG_FORMAT", "console")
    try:
        with contextlib.ExitStack() as stack:
            # Before Valkey starts: report a wrong setting at once.
            load_settings(DevSettings if dev else Settings, **overrides, redis_url=redis_url or "redis://")
            url = redis_url or stack.enter_context(EmbeddedValkey(data)).url
            settings = load_settings(DevSettings if dev else Settings, **overrides, redis_url=url)

            def announce(address: str) -> None:
                if dev:
                    _introduce(address, url, settings.jwt_secret_key.get_secret_value())

            if workers == 1:
                from app.serve import serve as serve_alone

                serve_alone(settings, host, port, announce)
            else:
                given = {name.upper(): str(value) for name, value in {**overrides, "redis_url": url}.items()}
                supervise(settings, host, port, workers, given, announce, dev=dev)
    except SettingsError as error:
        click.echo(f"realtime serve: {error}", err=True)
        sys.exit(2)


@server_commands.command()
@click.option("--redis-url", envvar="REDIS_URL", help="Redis to check.")
@click.option("--acl", is_flag=True, help="Print the line that makes a Redis user with the server's rights.")
def doctor(redis_url: str | None, *, acl: bool) -> None:
    """Check the settings and Redis, and report what is wrong and how to fix it.

    Exit status: 0 ready to serve, 1 something must be fixed.
    """
    from app.doctor import access_lines, examine, print_findings
    from app.settings import SettingsError

    if acl:
        try:
            lines = access_lines(redis_url)
        except SettingsError as error:
            click.echo(f"realtime doctor: {error}", err=True)
            sys.exit(2)
        for where, line in lines.items():
            click.echo(f"Run on {where}, with a password of yours in place of PASSWORD:", err=True)
            click.echo(line)
        return
    findings = examine(redis_url)
    print_findings(findings)
    sys.exit(any(finding.verdict == "bad" for finding in findings))


@server_commands.command()
@click.option(
    "--connections", default=10_000, show_default=True, type=click.IntRange(1), help="Users online, a tab each."
)
@click.option("--tenant", default=50, show_default=True, type=click.IntRange(1), help="Users online in one tenant.")
@click.option("--room", default=5, show_default=True, type=click.IntRange(1), help="Users in one room.")
@click.option("--heartbeats", default=1 / 30, show_default="one in 30 s", help="Per user and second.")
@click.option("--updates", default=1 / 60, show_default="one a minute", help="Changes of page or status, the same.")
@click.option("--moves", default=0.1, show_default=True, help="Cursor moves, the same.")
@click.option("--edits", default=0.02, show_default=True, help="Edits of documents, the same.")
@click.option("--churn", default=1 / 1800, show_default="one in 30 min", help="Connections that begin, the same.")
def capacity(**load: Any) -> None:
    """Estimate the nodes, the Redis masters and the memory that a load takes, and say what saturates first."""
    from app.capacity import Load, print_needs

    print_needs(Load(**load))


def _dev_secret(data: Path) -> str:
    """Return the development secret of a data folder, creating it if needed, so that tokens outlive a restart."""
    path = data / DEV_SECRET
    if not path.exists():
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48) + "\n", "utf-8")
    return path.read_text("utf-8").strip()


def _introduce(address: str, redis_url: str, secret: str) -> None:
    from realtime_contracts.wire.tokens import mint

    lines = [
        f"LogiAccounting Pro Realtime  {address}",
        f"state in                     {redis_url}",
        f"the contract                 {address}/contract",
        "",
    ]
    for user in DEV_USERS:
        token = mint(secret, user, DEV_TENANT, name=user.capitalize(), ttl=DEV_TOKEN_SECONDS)
        lines += [f"{user.capitalize()} of {DEV_TENANT}:", token, ""]
    lines += [
        "Watch the tenant from a second terminal:",
        f"  realtime watch {address} --token $(realtime token --user {DEV_USERS[0]} --tenant {DEV_TENANT})",
        "Ctrl-C ends the server.",
        "",
    ]
    click.echo("\n".join(lines))


if __name__ == "__main__":
    server_commands()
