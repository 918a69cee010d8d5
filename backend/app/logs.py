"""Logging: one line per event by structlog, for the libraries' logs too.

The libraries under the server log payloads at INFO and below. Their loggers are set to WARNING, because a
payload may hold a token.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from app.settings import Settings

#: Loggers that would print payloads.
_PAYLOAD_LOGGERS = (
    "socketio",
    "engineio",
    "socketio.server",
    "engineio.server",
    "geventwebsocket",
    "werkzeug",
    "flask_cors",
)


def configure_logging(settings: Settings, worker: int = 0) -> None:
    """Send all logs of the process to standard error. `worker`: its number, if it is one of several."""

    def name_worker(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["worker"] = worker
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if worker:
        shared.append(name_worker)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if settings.log_format == "console" else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.processors.format_exc_info],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in _PAYLOAD_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
