"""The server half of the `realtime` command: `serve`, `doctor`, and the settings' page."""

from __future__ import annotations

import click


@click.group()
def server_commands() -> None:
    """Commands that need the server's code."""


@server_commands.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=9100, show_default=True, type=click.IntRange(0, 65535))
@click.option("--redis-url")
def serve(host: str, port: int, redis_url: str | None) -> None:
    """Run one node of the server."""
    from app import serve as server
    from app.settings import load_settings

    overrides = {"redis_url": redis_url} if redis_url else {}
    server.serve(load_settings(**overrides), host, port)


if __name__ == "__main__":
    server_commands()
