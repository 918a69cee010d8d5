"""The mock server as a process: Socket.IO and REST on one port, until somebody ends it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable

from aiohttp import web

from realtime_contracts.mock import rest
from realtime_contracts.mock.server import MAX_MESSAGE_BYTES, Config, Server

#: Seconds that open requests have when the server ends.
SHUTDOWN_SECONDS = 0.2


def make_app(config: Config) -> web.Application:
    """The web application of a mock server."""
    app = web.Application(client_max_size=MAX_MESSAGE_BYTES, middlewares=[rest.answered])
    server = Server(config)
    server.attach(app)
    rest.add_routes(app, server.companies, config.access, config.faults)

    async def stop(_app: web.Application) -> None:
        await server.shutdown()

    app.on_shutdown.append(stop)
    return app


async def serve(config: Config, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. `started` is told the URL. Raises OSError if the port cannot be had."""
    runner = web.AppRunner(make_app(config), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C is an exception there
                asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        address = runner.addresses[0]
        started(f"http://{f'[{address[0]}]' if ':' in address[0] else address[0]}:{address[1]}")
        await stopped.wait()
    finally:
        await runner.cleanup()
