"""The server under test: what is said of one at which nothing can be looked at, and one that is started for the run."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
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
from realtime_contracts.wire.timeouts import PATIENCE, patience, set_patience
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
def short() -> Iterator[None]:
    before = patience()
    threads = threading.active_count()
    set_patience(SHORT)
    yield
    set_patience(before)
    assert threading.active_count() == threads


def saying(data: bytes) -> Callable[[socket.socket], None]:
    """A server that says this, whatever it is asked."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return serve


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


def problem(
    serve: Callable[[socket.socket], None], scheme: str = "http", transport: str = "websocket"
) -> tuple[str, int]:
    """What is said of a server, and its port."""
    with listening(serve) as port:
        return problem_with(f"{scheme}://{HOST}:{port}", SOURCE, transport), port


def test_nobody_listens() -> None:
    with nobody_at() as port:
        for scheme in ("http", "https"):
            told = problem_with(f"{scheme}://{HOST}:{port}", SOURCE, "websocket")
            assert told == f"nobody listens at {HOST}:{port}: is the server running, and is that its port?"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:5000",
        "localhost:5000",
        "localhost",
        "ftp://127.0.0.1",
        "ws://127.0.0.1",
        "http://",
        "http://:80",
        "http:/127.0.0.1",
        "http://[::1",
        "http://[x]:80",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_url_of_a_server(url: str) -> None:
    told = problem_with(url, SOURCE, "websocket")
    assert told == f"{url} is no URL of a server: it should look like http://127.0.0.1:5000"


@pytest.mark.parametrize("port", ["99999", "x", "-1", "80.5"])
def test_a_port_that_is_none(port: str) -> None:
    url = f"http://{HOST}:{port}"
    assert problem_with(url, SOURCE, "websocket") == f"{url} has a port that is no port"


@pytest.mark.parametrize("host", ["a..b", ".", "a" * 70 + ".com"], ids=["two dots", "a dot", "too long"])
def test_what_no_host_can_be_called(host: str) -> None:
    told = problem_with(f"http://{host}:80", SOURCE, "websocket")
    assert told == f"there is no host {host}: is the name right?"


def test_a_host_that_is_not_there() -> None:
    host = f"{'x' * 64}.invalid"  # too long for a name, so that no resolver finds it, whatever it makes of others
    assert problem_with(f"http://{host}", SOURCE, "websocket") == f"there is no host {host}: is the name right?"


def test_a_server_that_says_nothing() -> None:
    told, port = problem(silent)
    assert told == f"http://{HOST}:{port} takes connections, and then says nothing for {SHORT:g} s"


def test_a_server_that_says_nothing_to_tls() -> None:
    told, port = problem(silent, "https")
    assert told == f"{HOST}:{port} did not answer within {SHORT:g} s: is something in between?"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["at once", "in an answer", "in a chunk"],
)
def test_a_server_that_hangs_up(data: bytes) -> None:
    told, port = problem(saying(data))
    assert told == f"http://{HOST}:{port} hangs up when it is asked for /socket.io/: does it want https:// ?"


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"+OK ready\r\n",
        b"HTTP/1.1 yes\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000,
    ],
    ids=["ssh", "mail", "no status", "an alert of TLS", "a header without end"],
)
def test_a_server_that_speaks_no_http(data: bytes) -> None:
    told, port = problem(saying(data))
    where = f"http://{HOST}:{port}/socket.io/"
    assert told == f"{where} answers with what is no HTTP: is that another service's port?"


def test_an_http_server_without_socket_io() -> None:
    told, port = problem(answering(http("<h1>Not\n here</h1>" + "x" * 200, "404 Not Found")))
    where = f"http://{HOST}:{port}/socket.io/"
    shown = f"<h1>Not here</h1>{'x' * 62}"
    assert told == (
        f"{where} answers 404 Not Found, {shown!r}: an HTTP server without Socket.IO. Is the URL the server's root?"
    )


def test_a_server_of_an_older_engine_io() -> None:
    told, port = problem(answering(http('97:0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":5000}')))
    assert told.endswith(": no Engine.IO 4. Is the URL the server's root?")
    assert f":{port}/socket.io/ answers 200 OK, " in told


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (("302 Found", "Location: /socket.io/"), "TooManyRedirects: "),
        (("302 Found", "Location: ftp://127.0.0.1/"), "InvalidSchema: "),
        (("302 Found", "Location: http://[::1"), "ValueError: "),
        (("200 OK", "Content-Encoding: gzip"), "ContentDecodingError: "),
    ],
    ids=["in a circle", "away from HTTP", "nowhere", "to what cannot be unpacked"],
)
def test_an_answer_that_leads_astray(headers: tuple[str, str], words: str) -> None:
    set_patience(PATIENCE)  # thirty redirects take longer than SHORT on a busy machine; nothing here is waited for
    told, port = problem(answering(http("abc", *headers)))
    assert told.startswith(f"http://{HOST}:{port}/socket.io/ answers with what cannot be followed: {words}")


def test_plain_http_where_tls_is_asked_for() -> None:
    told, port = problem(answering(http("Bad request", "400 Bad Request")), "https")
    assert told.startswith(f"{HOST}:{port} does not speak TLS (")
    assert told.endswith("): should the URL begin with http:// ?")


def test_hanging_up_where_tls_is_asked_for() -> None:
    told, port = problem(lambda _: None, "https")
    assert told.startswith(f"{HOST}:{port} ")
    assert "does not speak TLS" in told or "cannot be reached" in told


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_engine_io_behind_which_nothing_answers(transport: str) -> None:
    told, port = problem(answering(http(OPEN), http(OPEN), http("nobody here", "400 Bad Request")), "http", transport)
    assert told.startswith(f"http://{HOST}:{port} speaks Engine.IO, and no Socket.IO over {transport}: ")


@pytest.mark.parametrize(
    "opened",
    ['0{"sid":"abc"}', '0{"sid":', '0{"sid":"abc","upgrades":[],"pingInterval":"soon","pingTimeout":1}', "0{}"],
    ids=["without upgrades", "cut", "without intervals", "empty"],
)
def test_a_session_that_no_client_understands(opened: str) -> None:
    told, port = problem(answering(http(opened)), "http", "polling")
    assert told.startswith(f"http://{HOST}:{port} opens a session that no client understands: ")


def test_a_token_that_is_refused_says_whose_it_was_and_what_was_said() -> None:
    told, port = problem(
        polling_server('44{"message":"Not authenticated","data":{"code":"unauthenticated"}}'), "http", "polling"
    )
    assert told == (
        f"http://{HOST}:{port} refuses a token made by the secret: "
        "{'message': 'Not authenticated', 'data': {'code': 'unauthenticated'}}. Is that what the server takes?"
    )
    assert SECRET not in told


def test_a_server_that_lets_in_has_no_problem() -> None:
    told, _ = problem(polling_server('40{"sid":"def"}'), "http", "polling")
    assert told == ""


def test_no_token_is_the_last_that_is_told() -> None:
    source = TokenSource(command="/no/such/command")
    with listening(polling_server('40{"sid":"def"}')) as port:
        told = problem_with(f"http://{HOST}:{port}", source, "polling")
    assert told.startswith("there is no token: `/no/such/command` gives no token: ")
    with nobody_at() as port:
        assert problem_with(f"http://{HOST}:{port}", source, "polling").startswith("nobody listens")


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


def test_it_is_there_in_the_run_and_gone_after_it(server: str) -> None:
    with started(server, 1, nobody_there) as made:
        [url] = made.urls
        assert nobody_there(url) == ""
        assert made.commands == [server.replace("{port}", str(urllib.parse.urlsplit(url).port))]
        [process] = made.processes
        assert process.poll() is None
    assert process.returncode == -signal.SIGTERM
    assert nobody_there(url)


def test_nodes_have_ports_of_their_own(server: str) -> None:
    with started(server, 3, nobody_there) as made:
        assert len(set(made.urls)) == 3
        assert [nobody_there(url) for url in made.urls] == ["", "", ""]
        assert len({process.pid for process in made.processes}) == 3
    assert all(process.returncode is not None for process in made.processes)
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
    wait_until_gone(url)


def wait_until_gone(url: str) -> None:
    deadline = time.monotonic() + 5
    while not nobody_there(url):
        assert time.monotonic() < deadline, "somebody still listens"


def test_a_command_without_a_port_is_refused_with_an_example() -> None:
    with (
        pytest.raises(NotStarted, match=r"say where the port goes: --exec 'my-server --port \{port\}'"),
        started("x", 1, nobody_there),
    ):
        pass  # pragma: no cover


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("/no/such/server {port}", "No such file"),
        ("my 'server {port}", "No closing quotation"),
        ("/tmp {port}", "Permission"),
    ],
    ids=["nothing there", "an open quote", "a folder"],
)
def test_a_command_that_cannot_be_started_says_why(command: str, reason: str) -> None:
    with (
        pytest.raises(NotStarted, match=f"^`{command.partition('{')[0]}.* cannot be started: .*{reason}"),
        started(command, 1, nobody_there),
    ):
        pass  # pragma: no cover


def test_one_that_ends_before_it_is_up_says_its_how_it_ended(tmp_path: Path) -> None:
    code = """\
import sys
for n in range(99):
    print("line", n, file=sys.stderr if n % 2 else sys.stdout, flush=True)
sys.exit(7)
"""
    with pytest.raises(NotStarted) as caught, started(write(tmp_path, code), 1, nobody_there):
        pass  # pragma: no cover
    head, *tail = str(caught.value).splitlines()
    assert head == "the server ended with 7, before it let anybody in:"
    assert tail == [f"line {n}" for n in range(99 - SHOWN_LINES, 99)]


def test_one_that_does_not_come_up_in_time_is_ended(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "START_SECONDS", 0.3)
    asked: list[str] = []

    def always_wrong(url: str) -> str:
        asked.append(url)
        return "it refuses the token"

    with pytest.raises(NotStarted, match=r"^after 0\.3 s, it refuses the token:\n"), started(server, 1, always_wrong):
        pass  # pragma: no cover
    assert len(asked) > 1
    assert nobody_there(asked[0])


def test_the_others_go_when_one_does_not_come_up(tmp_path: Path) -> None:
    only_one = "import sys\nopen(sys.argv[0] + '.lock', 'x').close()\n"
    urls: list[str] = []

    def seen(url: str) -> str:
        urls.append(url)
        return nobody_there(url)

    command = write(tmp_path, only_one + LISTENS)
    with pytest.raises(NotStarted), started(command, 2, seen):
        pass  # pragma: no cover
    assert all(map(nobody_there, set(urls)))


def test_what_has_ended_is_started_again_at_its_port(server: str) -> None:
    with started(server, 2, nobody_there) as made:
        first, second = made.processes
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        made.restart()
        assert made.processes[0] is not first
        assert made.processes[1] is second
        deadline = time.monotonic() + 10
        while nobody_there(made.urls[0]):
            assert time.monotonic() < deadline, "it did not come back"
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
        deadline = time.monotonic() + 10
        while nobody_there(made.urls[0]) or "listening" not in made.how_it_ended():
            assert time.monotonic() < deadline, "it did not come back"
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
