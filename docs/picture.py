"""Record docs/watch.svg: `realtime watch` beside a real server while three people work on an invoice.

Run it with `.venv/bin/python docs/picture.py` after `make serve` has set up the environment.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import secrets
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, cast

import socketio
from realtime_contracts.tokens import mint
from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parent / "watch.svg"
REALTIME = Path(sys.executable).parent / "realtime"
SECRET = secrets.token_hex()
PORT = 8000
#: Of the terminal that is recorded.
COLUMNS, ROWS = 96, 18
#: `rich` begins each picture of a full-screen view by moving the cursor home.
HOME = "\x1b[H"
#: Seconds between two things that happen, so that each has a time of its own.
PAUSE = 0.7


@contextmanager
def server(folder: str) -> Iterator[str]:
    """Run a node with an embedded Valkey, and yield its URL."""
    environment = {**os.environ, "JWT_SECRET_KEY": SECRET}
    command = [REALTIME, "serve", "--dev", "--port", str(PORT)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes) as node:
        output = cast(IO[str], node.stdout)
        next(line for line in output if "Ctrl-C" in line)
        yield f"http://127.0.0.1:{PORT}"
        node.send_signal(signal.SIGINT)
        output.read()


def person(url: str, name: str) -> socketio.Client:
    """Somebody who connects to the server."""
    client = socketio.Client(reconnection=False)
    client.connect(url, auth={"token": mint(SECRET, name.lower(), "acme", name=name)}, transports=["websocket"])
    return client


def work(url: str) -> None:
    """What happens in the picture."""
    ben = person(url, "Ben")
    time.sleep(PAUSE)
    ben.call("presence:update", {"status": "busy", "current_page": "/invoices/42"})
    time.sleep(PAUSE)
    ben.call("room:join", {"entity_type": "invoice", "entity_id": 42})
    cy = person(url, "Cy")
    time.sleep(PAUSE)
    ben.call("cursor:move", {"room_id": "invoice:42", "line": 3, "column": 14})
    time.sleep(PAUSE)
    edit = {"op": "add", "path": "/total", "value": 120}
    edit_id = "6f1c1d2e-0000-4000-8000-000000000001"
    ben.call("doc:edit", {"room_id": "invoice:42", "base_version": 0, "changes": [edit], "edit_id": edit_id})
    time.sleep(PAUSE)
    ben.disconnect()
    cy.disconnect()


def recorded(url: str) -> str:
    """The last picture that `realtime watch` draws before the others go."""
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = [REALTIME, "watch", url, "--token", mint(SECRET, "ana", "acme", name="Ana"), "--room", "invoice:42"]
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    drawn = bytearray()
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment) as watch:
        os.close(terminal)
        while b"room:users" not in drawn:
            drawn += os.read(screen, 65536)
        others = threading.Thread(target=work, args=(url,))
        others.start()
        while b"presence:user_left" not in drawn:
            drawn += os.read(screen, 65536)
        others.join()
        watch.send_signal(signal.SIGINT)
        while _read(screen):
            pass
    os.close(screen)
    frames = drawn.decode("utf-8", "ignore").split(HOME)
    return next(frame for frame in reversed(frames) if "doc:edit" in frame and "cursor:remove" not in frame)


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 65536)
    except OSError:  # the command has ended
        return b""


def main() -> None:
    with TemporaryDirectory() as folder, server(folder) as url:
        frame = recorded(url)
    lines = re.sub(r"\x1b\[\?\d+[hl]", "", frame).replace("\r\n", "\n").rstrip("\n")
    console = Console(record=True, width=COLUMNS, file=StringIO())
    for line in Text.from_ansi(lines).split():
        if line.plain.strip():
            console.print(line, no_wrap=True)
    console.save_svg(str(PICTURE), title="realtime watch http://127.0.0.1:8000 --room invoice:42")


if __name__ == "__main__":
    main()
