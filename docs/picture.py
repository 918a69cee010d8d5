"""Record docs/watch.svg: `realtime watch` beside a real server, while two others work on an invoice.

Run it with `.venv/bin/python docs/picture.py`, after `make serve` has installed the server once.
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
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, cast

import socketio
from rich.console import Console
from rich.text import Text

from realtime_contracts.wire.tokens import mint

PICTURE = Path(__file__).parent / "watch.svg"
REALTIME = Path(sys.executable).parent / "realtime"
SECRET = secrets.token_hex()
PORT = 8000
URL = f"http://127.0.0.1:{PORT}"
#: Of the terminal that is recorded.
COLUMNS, ROWS = 96, 18
#: `rich` begins each frame of a full-screen view by moving the cursor home.
HOME = "\x1b[H"
#: Seconds before each event, so that each has a time of its own.
PAUSE = 0.7

EDIT = {"changes": [{"op": "add", "path": "/total", "value": 120}], "edit_id": "6f1c1d2e-0000-4000-8000-000000000001"}
#: What Ben does while Ana watches.
EVENTS = (
    ("presence:update", {"status": "busy", "current_page": "/invoices/42"}),
    ("room:join", {"entity_type": "invoice", "entity_id": 42}),
    ("cursor:move", {"room_id": "invoice:42", "line": 3, "column": 14}),
    ("doc:edit", {"room_id": "invoice:42", "base_version": 0, **EDIT}),
)


def work() -> None:
    """Ben and Cy connect, Ben sends EVENTS, and both leave."""
    people = {name: socketio.Client(reconnection=False) for name in ("Ben", "Cy")}
    for name, client in people.items():
        client.connect(URL, auth={"token": mint(SECRET, name.lower(), "acme", name=name)}, transports=["websocket"])
    for event, payload in EVENTS:
        time.sleep(PAUSE)
        people["Ben"].call(event, payload)
    time.sleep(PAUSE)
    for client in people.values():
        client.disconnect()


def recorded() -> str:
    """The last frame that `realtime watch` draws before the others leave."""
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = [REALTIME, "watch", URL, "--token", mint(SECRET, "ana", "acme", name="Ana"), "--room", "invoice:42"]
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    drawn = bytearray()
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment) as watch:
        others = threading.Thread(target=work)
        while b"presence:user_left" not in drawn:
            drawn += os.read(screen, 65536)
            if b"room:users" in drawn and others.ident is None:
                others.start()
        watch.kill()
    frames = drawn.decode("utf-8", "ignore").split(HOME)
    return next(frame for frame in reversed(frames) if "doc:edit" in frame and "cursor:remove" not in frame)


def main() -> None:
    serve = [REALTIME, "serve", "--dev", "--port", str(PORT)]
    environment = {**os.environ, "JWT_SECRET_KEY": SECRET}
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(serve, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as server,
    ):
        next(line for line in cast(IO[str], server.stdout) if "Ctrl-C" in line)
        frame = recorded()
        server.send_signal(signal.SIGINT)
    console = Console(record=True, width=COLUMNS, file=StringIO())
    for line in Text.from_ansi(re.sub(r"\x1b\[\?\d+[hl]|\r", "", frame)).split():
        if line.plain.strip():
            console.print(line, no_wrap=True)
    console.save_svg(str(PICTURE), title="realtime watch http://127.0.0.1:8000 --room invoice:42")


if __name__ == "__main__":
    main()
