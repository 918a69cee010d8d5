"""The server under test: what is said of one at which nothing can be looked at, and one that is started for the run."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sys
import time
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
import socketio.exceptions

from realtime_contracts.conform.running import server as running
from realtime_contracts.conform.running.minting import TokenSource
from realtime_contracts.conform.running.server import (
    SHOWN_LINES,
    Launched,
    NotStarted,
    not_clustered,
    problem_with,
    started,
)
from realtime_contracts.wire.timeouts import PATIENCE, set_patience
from realtime_contracts.wire.transport import MOST_BYTES, EndlessAnswer, handshake
from tests.unit.contracts.conform.playing import (
    DEAF_CHILD,
    OPEN,
    SECRET,
    gone,
    http,
    listening,
    nobody_at,
    polling_server,
)

SOURCE = TokenSource(SECRET)
HOST = "127.0.0.1"
#: Seconds that these tests let the probe wait. Only a server that says nothing is waited for.
SHORT = 0.5


@pytest.fixture(autouse=True)
def short(no_thread_stays: None) -> None:
    set_patience(SHORT)


def silent(connection: socket.socket) -> None:
    """A server that listens, and says nothing."""
    while connection.recv(65536):
        pass


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    """A server whose requests get these answers, one after the other, and the last for ever."""
    left = list(answers)

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return serve


def endless(head: bytes, part: bytes, every: float = 0.05) -> Callable[[socket.socket], None]:
    """A server whose answer goes on and on."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        while True:
            connection.sendall(part)
            time.sleep(every)

    return serve


URL = f"http://{HOST}:PORT"
ROOT = f"{URL}/socket.io/"
NO_HOST = "there is no host HOST: is the name right?"
IS_NO_URL = "URL is no URL of a server: it should look like http://127.0.0.1:5000"
HANGS_UP = f"{URL} hangs up when it is asked for /socket.io/: does it want https:// ?"
IS_NO_HTTP = f"{ROOT} answers with what is no HTTP: is that another service's port?"
ENDLESS = f"{ROOT} begins to answer, and the answer has no end within {2 * SHORT:g} s"
ASTRAY = f"{ROOT} answers with what cannot be followed: "
NO_SESSION = f"{URL} opens a session that no client understands: …"
OLD_SESSION = '97:0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":5000}'
REFUSAL = {"message": "Not authenticated", "data": {"code": "unauthenticated"}}
SHOWN = f"<h1>Not here</h1>{'x' * 62}"
NOT_THERE = http("<h1>Not\n here</h1>" + "x" * 200, "404 Not Found")
ONLY_WEBSOCKET = http('"Invalid transport"', "400 Bad Request")
HALF_OPEN = http(OPEN), http(OPEN), http("nobody here", "400 Bad Request")

#: What a server does, what is said of it (`…` for anything), and how it was asked.
PROBLEMS: dict[str, tuple[Callable[[socket.socket], None], str, str]] = {
    "silence": (silent, f"{URL} takes connections, and then says nothing for {SHORT:g} s", ""),
    "silence to TLS": (silent, f"{HOST}:PORT did not answer within {SHORT:g} s: is something in between?", "https"),
    "an end at once": (answering(b""), HANGS_UP, ""),
    "an end in an answer": (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), HANGS_UP, ""),
    "an end in a chunk": (answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), HANGS_UP, ""),
    "ssh": (answering(b"SSH-2.0-OpenSSH_9.6\r\n"), IS_NO_HTTP, ""),
    "mail": (answering(b"+OK ready\r\n"), IS_NO_HTTP, ""),
    "no status": (answering(b"HTTP/1.1 yes\r\n\r\n"), IS_NO_HTTP, ""),
    "an alert of TLS": (answering(b"\x15\x03\x01\x00\x02\x02\x16\n"), IS_NO_HTTP, ""),
    "a header without end": (answering(b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000), IS_NO_HTTP, ""),
    "headers without end": (endless(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"), ENDLESS, ""),
    "a body without end": (endless(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"), ENDLESS, ""),
    "no Socket.IO": (
        answering(NOT_THERE),
        f"{ROOT} answers 404 Not Found, {SHOWN!r}: an HTTP server without Socket.IO. Is the URL the server's root?",
        "",
    ),
    "an older Engine.IO": (
        answering(http(OLD_SESSION)),
        "…:PORT/socket.io/ answers 200 OK, …: no Engine.IO 4. Is the URL the server's root?",
        "",
    ),
    "a circle": (answering(http("", "302 Found", "Location: /socket.io/")), f"{ASTRAY}TooManyRedirects: …", ""),
    "no HTTP further on": (answering(http("", "302 Found", "Location: ftp://x/")), f"{ASTRAY}InvalidSchema: …", ""),
    "nowhere further on": (answering(http("", "302 Found", "Location: http://[::1")), f"{ASTRAY}ValueError: …", ""),
    "what cannot be unpacked": (
        answering(http("abc", "200 OK", "Content-Encoding: gzip")),
        f"{ASTRAY}ContentDecodingError: …",
        "",
    ),
    "nobody further on": (
        answering(http("", "302 Found", f"Location: https://{HOST}:1/")),
        f"{ROOT} leads to https://{HOST}:1/, and nobody answers there: is that the URL to give?",
        "",
    ),
    "plain HTTP to TLS": (
        answering(http("Bad request", "400 Bad Request")),
        f"{HOST}:PORT does not speak TLS (…): should the URL begin with http:// ?",
        "https",
    ),
    "nothing behind Engine.IO": (
        answering(*HALF_OPEN),
        f"{URL} speaks Engine.IO, and no Socket.IO over websocket: …",
        "",
    ),
    "nothing behind polling": (
        answering(*HALF_OPEN),
        f"{URL} speaks Engine.IO, and no Socket.IO over polling: …",
        "polling",
    ),
    "no long-polling": (answering(ONLY_WEBSOCKET), "…speaks Engine.IO, and no Socket.IO over websocket: …", ""),
    "no long-polling to who wants it": (answering(ONLY_WEBSOCKET), "…an HTTP server without Socket.IO…", "polling"),
    "no upgrades": (answering(http('0{"sid":"abc"}')), NO_SESSION, "polling"),
    "half a session": (answering(http('0{"sid":')), NO_SESSION, "polling"),
    "no intervals": (
        answering(http('0{"sid":"abc","upgrades":[],"pingInterval":"soon","pingTimeout":1}')),
        NO_SESSION,
        "polling",
    ),
    "an empty session": (answering(http("0{}")), NO_SESSION, "polling"),
    # Engine.IO's NOOP for ever: it is not waited for until its pings are overdue.
    "neither in nor out": (
        polling_server("6"),
        f"{URL} opens a session over polling, and neither lets in nor refuses within {SHORT:g} s",
        "polling",
    ),
    "a refusal": (
        polling_server(f"44{json.dumps(REFUSAL)}"),
        f"{URL} refuses a token made by the secret: {REFUSAL}. Is that what the server takes?",
        "polling",
    ),
    "a welcome": (polling_server('40{"sid":"def"}'), "", "polling"),
}


def fits(told: str, expected: str) -> bool:
    """Whether it is what is expected, with anything where that has `…`."""
    return re.fullmatch(".*".join(map(re.escape, expected.split("…"))), told, re.DOTALL) is not None


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_is_said_of_a_server_and_as_soon_as_it_says(name: str) -> None:
    serve, expected, how = PROBLEMS[name]
    if expected.startswith(ASTRAY):  # thirty redirects take longer than SHORT on a busy machine
        set_patience(PATIENCE)
    began = time.monotonic()
    with listening(serve) as port:
        scheme, transport = ("https", "websocket") if how == "https" else ("http", how or "websocket")
        told = problem_with(f"{scheme}://{HOST}:{port}", SOURCE, transport).replace(str(port), "PORT")
    assert fits(told, expected), told
    if re.search(r" [0-9.]+ s$| [0-9.]+ s:", expected):
        assert time.monotonic() - began < 10 * SHORT
    assert SECRET not in told


def test_hanging_up_where_tls_is_asked_for() -> None:
    with listening(lambda _: None) as port:
        told = problem_with(f"https://{HOST}:{port}", SOURCE, "websocket")
    assert told.startswith(f"{HOST}:{port} ")
    assert "does not speak TLS" in told or "cannot be reached" in told


def test_nobody_listens() -> None:
    with nobody_at() as port:
        for scheme in ("http", "https"):
            told = problem_with(f"{scheme}://{HOST}:{port}", SOURCE, "websocket")
            assert told == f"nobody listens at {HOST}:{port}: is the server running, and is that its port?"


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        (("", *["127.0.0.1:5000", "localhost:5000", "localhost", "ftp://127.0.0.1", "ws://127.0.0.1"]), IS_NO_URL),
        (["http://", "http://:80", "http:/127.0.0.1", "http://[::1", "http://[x]:80", "file:///etc/passwd"], IS_NO_URL),
        ((f"http://{HOST}:1/?a=b", f"http://{HOST}:1#here", f"http://{HOST}:1/a?b=c#d"), IS_NO_URL),
        ([f"http://{HOST}:{port}" for port in ("99999", "x", "-1", "80.5")], "URL has a port that is no port"),
        # Two are too long for a name, so that no resolver finds them, whatever it makes of others.
        (["http://a..b", "http://.", f"http://{'a' * 70}.com", f"http://{'x' * 64}.invalid"], NO_HOST),
    ],
    ids=["no URL", "a torn URL", "more than the root", "no port", "no host"],
)
def test_a_url_at_which_no_server_can_be(urls: Sequence[str], expected: str) -> None:
    for url in urls:
        said = expected.replace("URL", url, 1).replace("HOST", url.removeprefix("http://"))
        assert problem_with(url, SOURCE, "websocket") == said


def test_no_token_is_the_last_that_is_told() -> None:
    source = TokenSource(command="/no/such/command")
    with listening(polling_server('40{"sid":"def"}')) as port:
        told = problem_with(f"http://{HOST}:{port}", source, "polling")
    assert told.startswith("there is no token: `/no/such/command` gives no token: ")
    with nobody_at() as port:
        assert problem_with(f"http://{HOST}:{port}", source, "polling").startswith("nobody listens")


def test_of_an_answer_of_any_size_only_the_beginning_is_read() -> None:
    with listening(endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, every=0)) as port:
        assert len(handshake(f"http://{HOST}:{port}").content) == MOST_BYTES


def test_who_says_nothing_is_not_called_endless() -> None:
    with listening(silent) as port, pytest.raises(requests.Timeout) as caught:
        handshake(f"http://{HOST}:{port}")
    assert not isinstance(caught.value, EndlessAnswer)


# Several URLs


@dataclass
class Clusters:
    """Some servers of which only this is known: who is where, and who hears of whom."""

    #: The URLs of each cluster, by its name.
    of: dict[str, str]
    #: How a server announces somebody; one that says nothing announces nobody.
    says: Callable[[str], list[Any]] = lambda user_id: [{"user_id": user_id}]
    there: list[Client] = field(default_factory=list)
    came: list[tuple[str, str]] = field(default_factory=list)
    cut: int = 0

    def client(self) -> Client:
        return Client(self)


class Client:
    """As much of a client as is asked for."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters
        self._hear: Callable[..., None] = lambda *_: None
        self.where: tuple[str, str] | None = None

    def on(self, event: str, hear: Callable[..., None]) -> None:
        assert event == "presence:user_joined"
        self._hear = hear

    def connect(self, url: str, auth: dict[str, str], **_: Any) -> None:
        if url not in self._clusters.of:
            raise socketio.exceptions.ConnectionError("nobody there")
        claims = jwt.decode(auth["token"], SECRET, algorithms=["HS256"])
        self.where = self._clusters.of[url], claims["tenant_id"]
        for other in self._clusters.there:
            if other.where == self.where:
                other._hear(*self._clusters.says(claims["sub"]))
        self._clusters.there.append(self)
        self._clusters.came.append((url, claims["tenant_id"]))

    def cut(self) -> None:
        self._clusters.cut += 1


def told_of(clusters: Clusters, urls: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(running, "Client", clusters.client)
    return not_clustered(urls.split(), SOURCE, "websocket")


def test_nodes_of_one_cluster_are_nothing_to_tell_and_everybody_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    clusters = Clusters({"a": "one", "b": "one", "c": "one"})
    assert told_of(clusters, "a b c", monkeypatch) == ""
    assert [url for url, _ in clusters.came] == ["a", "b", "c"]
    assert clusters.cut == 3
    told_of(clusters, "a b", monkeypatch)
    assert len({tenant for _, tenant in clusters.came}) == 2, "each time a company of its own"


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("one two", "a and c seem to be no nodes of one cluster: who connects to c is not seen at a"),
        ("two one", "a and b seem to be no nodes of one cluster: who connects to b is not seen at a"),
        ("two two", "a and b and c seem to be no nodes of one cluster: who connects to b or c is not seen at a"),
        ("two three", "a and b and c seem to be no nodes of one cluster: who connects to b or c is not seen at a"),
    ],
)
def test_who_is_not_heard_of_at_the_first_node_is_no_node_of_it(
    other: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clusters = Clusters(dict(zip("abc", ["one", *other.split()], strict=True)))
    assert told_of(clusters, "a b c", monkeypatch) == told
    assert clusters.cut == len(clusters.came) == 4


@pytest.mark.parametrize("says", [[], ["x"], [None], [{}], [{"user_id": ["x"]}], [{"user_id": "x"}]])
def test_where_nobody_is_ever_announced_nothing_is_known_of_nodes(
    says: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    clusters = Clusters({"a": "one", "b": "two"}, lambda _: says)
    assert told_of(clusters, "a b", monkeypatch) == ""
    assert clusters.cut == 3


def test_where_somebody_is_not_let_in_nothing_is_known_of_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    clusters = Clusters({"a": "one"})
    assert told_of(clusters, "a b", monkeypatch) == ""
    assert clusters.cut == 2


# A server that is started for the run

#: Listens, and says so; `{port}` is what `started` puts in, the rest is Python.
LISTENS = """\
import os, socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    server.accept()[0].close()
"""
#: As above, as the child of a process that does not care, deaf to SIGTERM.
DEAF_FAMILY = (
    """\
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():
    os.wait()
"""
    + LISTENS
)


@pytest.fixture
def server(tmp_path: Path) -> str:
    return write(tmp_path, LISTENS)


def write(folder: Path, code: str) -> str:
    script = folder / "a server.py"
    script.write_text(code, encoding="utf-8")
    return f"{sys.executable} '{script}' {{port}}"


def nobody_there(url: str) -> str:
    """As the probe, as far as these servers go."""
    port = urllib.parse.urlsplit(url).port
    try:
        socket.create_connection(("127.0.0.1", port or 0), timeout=5).close()
    except OSError as error:
        return f"nobody listens: {error}"
    return ""


@pytest.mark.parametrize("nodes", [1, 3])
def test_each_node_is_there_in_the_run_at_a_port_of_its_own_and_gone_after_it(server: str, nodes: int) -> None:
    with started(server, nodes, nobody_there) as made:
        assert len(set(made.urls)) == len({process.pid for process in made.processes}) == nodes
        assert [nobody_there(url) for url in made.urls] == [""] * nodes
        ports = [str(urllib.parse.urlsplit(url).port) for url in made.urls]
        assert made.commands == [server.replace("{port}", port) for port in ports]
        assert {process.poll() for process in made.processes} == {None}
    assert {process.returncode for process in made.processes} == {-signal.SIGTERM}
    assert all(map(nobody_there, made.urls))


def test_it_goes_also_when_the_run_ends_badly(server: str) -> None:
    made: list[Launched] = []

    def run() -> None:
        with started(server, 1, nobody_there) as each:
            made.append(each)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert made[0].processes[0].returncode == -signal.SIGTERM


def test_one_that_is_deaf_is_killed_with_all_it_has_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "STOP_SECONDS", 0.3)
    with started(write(tmp_path, DEAF_FAMILY), 1, nobody_there) as made:
        [url] = made.urls
    assert made.processes[0].returncode == -signal.SIGKILL
    wait_until(lambda: nobody_there(url), "somebody still listens")


def wait_until(happened: Callable[[], object], otherwise: str) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline, otherwise


def why_not_started(command: str, nodes: int = 1, probe: Callable[[str], str] = nobody_there) -> str:
    with pytest.raises(NotStarted) as caught, started(command, nodes, probe):
        pass  # pragma: no cover
    return str(caught.value)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("x", r".*say where the port goes: --exec 'my-server --port \{port\}'"),
        ("/no/such/server {port}", "`/no/such/server .* cannot be started: .*No such file"),
        ("my 'server {port}", "`my 'server .* cannot be started: .*No closing quotation"),
        ("/tmp {port}", "`/tmp .* cannot be started: .*Permission"),
    ],
    ids=["no port", "nothing there", "an open quote", "a folder"],
)
def test_a_command_that_cannot_be_started_says_why(command: str, reason: str) -> None:
    assert re.match(reason, why_not_started(command))


def test_one_that_ends_before_it_is_up_says_its_how_it_ended(tmp_path: Path) -> None:
    code = """\
import sys
for n in range(99):
    print("line", n, file=sys.stderr if n % 2 else sys.stdout, flush=True)
sys.exit(7)
"""
    head, *tail = why_not_started(write(tmp_path, code)).splitlines()
    assert head == "the server ended with 7, before it let anybody in:"
    assert tail == [f"line {n}" for n in range(99 - SHOWN_LINES, 99)]


def test_one_that_does_not_come_up_in_time_is_ended(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "START_SECONDS", 0.3)
    asked: list[str] = []

    def always_wrong(url: str) -> str:
        asked.append(url)
        return "it refuses the token"

    assert why_not_started(server, 1, always_wrong).startswith("after 0.3 s, it refuses the token:\n")
    assert len(asked) > 1
    assert nobody_there(asked[0])


def test_the_others_go_when_one_does_not_come_up(tmp_path: Path) -> None:
    only_one = "import sys\nopen(sys.argv[0] + '.lock', 'x').close()\n"
    urls: list[str] = []

    def seen(url: str) -> str:
        urls.append(url)
        return nobody_there(url)

    assert why_not_started(write(tmp_path, only_one + LISTENS), 2, seen)
    assert all(map(nobody_there, set(urls)))


def test_what_has_ended_is_started_again_at_its_port(server: str) -> None:
    with started(server, 2, nobody_there) as made:
        first, second = made.processes
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        made.restart()
        assert made.processes[0] is not first
        assert made.processes[1] is second
        wait_until(lambda: not nobody_there(made.urls[0]), "it did not come back")
        revived = made.processes[0]
        made.restart()
        assert made.processes[0] is revived
    assert revived.returncode == -signal.SIGTERM
    assert all(map(nobody_there, made.urls))


def test_the_how_it_ended_are_how_it_ended_and_what_it_wrote_since_it_was_started(tmp_path: Path) -> None:
    code = LISTENS.replace('"listening"', '"listening as", os.getpid()')
    with started(write(tmp_path, code), 1, nobody_there) as made:
        assert made.how_it_ended() == f"it has not ended:\nlistening as {made.processes[0].pid}"
        made.processes[0].kill()
        made.processes[0].wait()
        first = made.processes[0].pid
        assert made.how_it_ended() == f"it ended with -9:\nlistening as {first}"
        made.restart()
        wait_until(lambda: "listening" in made.how_it_ended(), "it did not come back")
        assert made.how_it_ended() == f"it has not ended:\nlistening as {made.processes[0].pid}"


def test_what_has_not_ended_is_not_started_again_and_its_words_are_kept(server: str) -> None:
    with started(server, 1, nobody_there) as made:
        words = made.how_it_ended()
        assert words == "it has not ended:\nlistening"
        made.restart()
        assert made.how_it_ended() == words


def test_what_outlives_a_server_that_ends_in_order_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "REST_SECONDS", 0.2)
    script = tmp_path / "server.py"
    script.write_text(DEAF_CHILD + "time.sleep(600)\n")
    there = lambda _: "" if (tmp_path / "pid").exists() else "not yet"  # noqa: E731
    with started(f"{sys.executable} {script} {tmp_path / 'pid'} {{port}}", 1, there):
        child = int((tmp_path / "pid").read_text() or 0)
    assert gone(child)
