"""Logs: one JSON object a line, from us and from the libraries, and nothing of what a client has sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import engineio
import pytest
import socketio
import structlog

from app.logs import configure_logging
from app.settings import Settings

#: The libraries that print what passes through them, at INFO.
PRINT_PAYLOADS = ["socketio", "engineio", "socketio.server", "engineio.server", "werkzeug"]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Leave the process's logging as it was."""
    root = logging.getLogger()
    loggers = [logging.getLogger(name) for name in PRINT_PAYLOADS]
    handlers, levels = root.handlers[:], [(logger, logger.level) for logger in [root, *loggers]]
    configuration = structlog.get_config()
    yield
    structlog.configure(**configuration)
    root.handlers[:] = handlers
    for logger, level in levels:
        logger.setLevel(level)


def configure(**settings: Any) -> None:
    configure_logging(Settings(jwt_secret_key="x" * 32, **settings))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_what_we_log_is_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    structlog.get_logger("a.module").info("connected", user_id="ana")
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "connected", "user_id": "ana", "logger": "a.module", "level": "info"}


def test_what_a_library_logs_has_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    logging.getLogger("a.library").warning("retry %d", 3)
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "retry 3", "logger": "a.library", "level": "warning"}


@pytest.mark.parametrize("text", ["two\nlines", 'a "quote"', "\x1b[31mred", "\x00", "ö😀"])
def test_no_text_makes_a_second_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    structlog.get_logger("a.text").info(text, value=text)
    (line,) = lines(capsys)
    assert (line["event"], line["value"]) == (text, text)


def test_a_trace_is_in_the_line_of_its_event(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    try:
        int("a defect")
    except ValueError:
        structlog.get_logger("a.trace").exception("event_failed")
        logging.getLogger("another.library").exception("failed")
    for line in lines(capsys):
        assert "ValueError: invalid literal" in line["exception"]
        assert line["level"] == "error"


def test_less_than_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure(log_level="WARNING")
    structlog.get_logger("quiet").info("not this")
    logging.getLogger("quiet.library").info("nor this")
    structlog.get_logger("quiet").warning("this")
    assert [line["event"] for line in lines(capsys)] == ["this"]


def test_debug_shows_debug(capsys: pytest.CaptureFixture[str]) -> None:
    configure(log_level="DEBUG")
    structlog.get_logger("loud").debug("this")
    assert [line["event"] for line in lines(capsys)] == ["this"]


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
@pytest.mark.parametrize("name", PRINT_PAYLOADS)
def test_a_talkative_library_says_only_what_is_wrong(name: str, level: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(log_level=level)
    logging.getLogger(name).debug("received %s", "a-token")
    logging.getLogger(name).info("received %s", "a-token")
    logging.getLogger(name).warning("this")
    assert [line["event"] for line in lines(capsys)] == ["this"]


def test_the_libraries_loggers_as_the_server_gives_them_print_no_payload(capsys: pytest.CaptureFixture[str]) -> None:
    configure(log_level="DEBUG")
    server = socketio.Server(
        async_mode="threading", logger=logging.getLogger("socketio"), engineio_logger=logging.getLogger("engineio")
    )
    server.eio.sockets["s"] = engineio.socket.Socket(server.eio, "s")
    server.eio.sockets["s"].send(engineio.packet.Packet(engineio.packet.MESSAGE, "a-token"))
    assert lines(capsys) == []


def test_a_person_gets_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure(log_format="console")
    structlog.get_logger("for.a.person").info("connected", user_id="ana")
    captured = capsys.readouterr()
    assert "connected" in captured.err
    assert not captured.err.startswith("{")


def test_configuring_twice_does_not_log_twice(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    configure()
    logging.getLogger("twice").warning("once")
    assert [line["event"] for line in lines(capsys)] == ["once"]
