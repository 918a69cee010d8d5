"""`realtime serve`: runs one node on gevent until it is told to stop, alone or as one worker of several.

Importing this module patches the standard library for gevent. So only the command imports it, before anything else.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import gc  # noqa: E402 - after the patch
import logging  # noqa: E402
import os  # noqa: E402
import shutil  # noqa: E402
import signal  # noqa: E402
from collections.abc import Callable  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from types import FrameType  # noqa: E402

import gevent  # noqa: E402
import structlog  # noqa: E402
from flask import Flask  # noqa: E402
from gevent.event import Event  # noqa: E402
from gevent.pywsgi import LoggingLogAdapter, WSGIServer  # noqa: E402

from app import create_app  # noqa: E402
from app.logs import configure_logging  # noqa: E402
from app.place import BEAT_SECONDS, SERVING, Place  # noqa: E402
from app.realtime.container import get_services  # noqa: E402
from app.realtime.libraries.gevent import adopt, make_server, raise_descriptors, set_options  # noqa: E402
from app.realtime.transport.addresses import Proxies  # noqa: E402
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
    server = _server(settings, (host, port), app)
    _listen(server, host, port)
    get_services(app).lifecycle.start()
    told_to_stop = _stop_signal()  # Before the URL is announced: a caller may stop the node at once.
    _wait_until_ready(app)
    _keep_what_is_there()
    announce(f"http://{host}:{server.server_port}")
    logger.info("serving", host=host, port=server.server_port)
    told_to_stop.wait()
    _stop(app, server)


def serve_as_worker(settings: Settings, place: Place) -> None:
    """Serve as one worker of several until SIGTERM, or until the parent is gone. Raises SettingsError.

    It listens once it is ready, because the kernel gives it its share of the connections from then on.
    """
    configure_logging(settings, place.number)
    app = create_app(settings)
    server = _server(settings, (place.host, place.port), app, shared=True)
    services = get_services(app)
    told_to_stop = _stop_signal()
    services.lifecycle.start()
    _wait_until_ready(app)
    _keep_what_is_there()
    services.workers.siblings.join(Path(place.folder), place.number, place.count, partial(adopt, server))
    _listen(server, place.host, place.port)
    beats = gevent.spawn(_beat, place, told_to_stop)
    told_to_stop.wait()
    _stop(app, server)
    if beats.ready():  # The parent has died, and cannot tidy up.
        shutil.rmtree(place.folder, ignore_errors=True)


def _beat(place: Place, parent_is_gone: Event) -> None:
    """Tell the parent that this worker serves, again and again; it kills one that it does not hear."""
    try:
        while True:
            os.write(place.pipe, SERVING)
            gevent.sleep(BEAT_SECONDS)
    except BrokenPipeError:
        logger.warning("parent_lost")
        parent_is_gone.set()


def _server(settings: Settings, address: tuple[str, int], app: Flask, *, shared: bool = False) -> WSGIServer:
    raise_descriptors()
    errors = LoggingLogAdapter(logging.getLogger("gevent.pywsgi"), logging.ERROR)
    return make_server(
        address, app, errors, shared=shared, entrance=settings.entrance, proxies=Proxies(settings.proxies)
    )


def _listen(server: WSGIServer, host: str, port: int) -> None:
    try:
        server.start()
    except OSError as error:
        raise SettingsError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    set_options(server.socket)


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


def _keep_what_is_there() -> None:
    """Take the modules and the contract out of the garbage collector's sight, for good.

    To look through their 110,000 objects would stop the node for 40 to 80 ms again and again.
    """
    gc.collect()
    gc.freeze()


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
