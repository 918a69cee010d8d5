"""Requirements, examples and outcomes made by hand, steps that are a test's own, and a server of a few lines."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from realtime_contracts.conform.coverage import Coverage
from realtime_contracts.conform.requirements import Example, Sentence, Suite
from realtime_contracts.conform.results import Breach, Failure, Requirement, Result, Verdict
from realtime_contracts.conform.scenario import Outcome

#: What signs the tokens of these tests; no server takes it.
SECRET = "a-secret-of-thirty-two-bytes-or-more"
#: How Engine.IO opens a session.
OPEN = '0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'

#: Starts a child that is deaf to SIGTERM, says who that is, and goes on.
DEAF_CHILD = """\
import os, signal, sys, time
if not (child := os.fork()):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
open(sys.argv[1], "w").write(str(child))
"""


def requirement(id_: str, level: Literal["must", "should", "may"] = "must", **more: Any) -> Requirement:
    """A requirement of the id's family; its tags are that, its level and `tagged`."""
    family = id_.partition("/")[0]
    told: dict[str, Any] = {
        "feature": f"All of {family}",
        "rule": f"Rule {id_.partition('.')[0]}",
        "name": f"What {id_} says",
        "sentence": "",
        "sources": ("seed_4_2",),
        "needs": (),
        **more,
    }
    tags = (family, id_, level, *told["sources"], *told["needs"], *told.pop("tagged", ()))
    return Requirement(id=id_, family=family, level=level, tags=tags, **told)


def example(of: Requirement, row: int = 0, *sentences: Sentence, needs: tuple[str, ...] = ()) -> Example:
    """An example of it."""
    return Example(of, row, f"{of.name} ({row})" if row else of.name, (*of.needs, *needs), sentences, of.rulings)


def suite_of(*examples: Example) -> Suite:
    """The suite that these examples are."""
    return Suite(Path(), tuple(dict.fromkeys(each.requirement for each in examples)), examples)


def outcome(
    of: Example,
    verdict: Verdict = Verdict.PASS,
    *breaches: Breach,
    transport: Literal["websocket", "polling"] = "websocket",
    started: float = 0.0,
    seconds: float = 0.0,
    came: dict[tuple[str, str], int] | None = None,
    coverage: Coverage | None = None,
) -> Outcome:
    """What came of it."""
    failure = None if verdict is Verdict.PASS else Failure("something", "nothing")
    result = Result(of.requirement.id, of.row, of.name, transport, verdict, failure, started=started, seconds=seconds)
    return Outcome(result, breaches, came or {}, coverage or Coverage())


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port of this machine; whoever connects is served in a thread, and hung up on."""
    threads: list[threading.Thread] = []
    open_: list[socket.socket] = []

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            serve(connection)

    def accept(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            open_.append(connection)
            threads.append(threading.Thread(target=one, args=(connection,)))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        acceptor = threading.Thread(target=accept, args=(server,))
        acceptor.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for connection in open_:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


@contextlib.contextmanager
def nobody_at() -> Iterator[int]:
    """A port at which nobody listens, and nobody else can begin to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def http(body: str, status: str = "200 OK", *headers: str) -> bytes:
    """An answer over HTTP, after which the connection ends."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", "Connection: close", *headers, "", body]
    return "\r\n".join(lines).encode()


def polling_server(body: str) -> Callable[[socket.socket], None]:
    """A server of Socket.IO over long-polling that says this to whoever comes: `40…` lets in, `44…` does not."""
    ok = http("ok")

    def serve(connection: socket.socket) -> None:
        with contextlib.closing(connection.makefile("rb")) as lines:
            asked = lines.readline()
            length = 0
            while (line := lines.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            lines.read(length)
        if asked.startswith(b"POST"):
            connection.sendall(ok)
        elif b"sid=" in asked:
            connection.sendall(http(body))
        else:
            connection.sendall(http(OPEN))

    return serve


def gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked for its status."""
    for _ in range(100):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False
