"""`realtime serve`: runs one node on gevent until it is told to stop.

Importing this module patches the standard library for gevent. So only the command imports it, before anything else.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import logging  # noqa: E402 - after the patch
import signal  # noqa: E402
from collections.abc import Callable  # noqa: E402
from types import FrameType  # noqa: E402

import gevent  # noqa: E402
import structlog  # noqa: E402
from flask import Flask  # noqa: E402
from gevent.event import Event  # noqa: E402
from gevent.pywsgi import LoggingLogAdapter, WSGIServer  # noqa: E402

from app import create_app  # noqa: E402
from app.logs import configure_logging  # noqa: E402
from app.realtime.container import get_services  # noqa: E402
from app.realtime.libraries.gevent import make_server, set_options  # noqa: E402
from app.settings import Settings, SettingsError  # noqa: E402

logger = structlog.get_logger(__name__)

#: Seconds that the announcement waits for Redis; after that the node serves, and refuses until Redis is there.
READY_SECONDS = 2.0
#: Seconds a stopping node has to end its connections; then it is cut off.
STOP_SECONDS = 1.5


def serve(settings: Settings, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `announce` gets the URL once it listens.

    Raises SettingsError if the address cannot be had, or if REDIS_URL names a server of another kind.
    """
    configure_logging(settings)
    app = create_app(settings)
    server = make_server((host, port), app, LoggingLogAdapter(logging.getLogger("gevent.pywsgi"), logging.ERROR))
    try:
        server.start()
    except OSError as error:
        raise SettingsError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    set_options(server.socket)
    get_services(app).lifecycle.start()
    told_to_stop = _stop_signal()  # Before the URL is announced: a caller may stop the node at once.
    _wait_until_ready(app)
    announce(f"http://{host}:{server.server_port}")
    logger.info("serving", host=host, port=server.server_port)
    told_to_stop.wait()
    _stop(app, server)


def _wait_until_ready(app: Flask) -> None:
    """Give the node a moment to reach Redis, so that who connects at the announcement is let in.

    Raises SettingsError if the server at REDIS_URL is of another kind.
    """
    services = get_services(app)
    lifecycle = services.lifecycle
    with gevent.Timeout(READY_SECONDS, False):  # type: ignore[arg-type]  # as documented
        while lifecycle.problem() is not None:
            if (wrong := services.commands.link.wrong_server) is not None:
                raise SettingsError(f"REDIS_URL: {wrong}")
            gevent.sleep(0.01)


def _stop_signal() -> Event:
    stop = Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop


def _stop(app: Flask, server: WSGIServer) -> None:
    server.close()  # Who comes now is refused at once, and goes elsewhere.
    gevent.with_timeout(STOP_SECONDS, get_services(app).lifecycle.stop, timeout_value=None)
    server.stop(timeout=0.1)
    logger.info("stopped")
