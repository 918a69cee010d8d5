"""What is said of a server at which nothing can be looked at, by servers of a few lines that are just so."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
import socketio.exceptions

from realtime_contracts.conform.running import server
from realtime_contracts.conform.running.minting import TokenSource
from realtime_contracts.conform.running.server import not_clustered, problem_with
from realtime_contracts.wire.timeouts import patience, set_patience
from tests.unit.contracts.conform.playing import OPEN, SECRET, http, listening, nobody_at, polling_server

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
    monkeypatch.setattr(server, "Client", clusters.client)
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
