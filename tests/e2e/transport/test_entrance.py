"""What anybody may use of a node before they have said who they are, and how many may come from one place."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import Cluster
from tests.e2e.transport.nodes import CALM, started
from tests.e2e.transport.wire import (
    LIST,
    POLICY_VIOLATION,
    TARGET,
    TOO_BIG,
    Client,
    Http,
    Polling,
    Refused,
    Tcp,
    WebSocket,
    ask,
    connect_packet,
    ended,
    eventually,
    frame,
    new_tenant,
    request,
    sockets,
)

#: What the specification says that a session may send before its CONNECT is accepted.
PACKETS, BYTES = 8, 16 * 1024
#: What an address may have at the nodes of this module.
MOST = 5
#: Descriptors that a node of this module may have.
DESCRIPTORS = 100
#: Seconds that a node of this module keeps an idle connection.
KEPT = 2


@pytest.fixture(scope="module")
def narrow(redis_url: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Yield a node with few connections for each address, behind proxies of 127.0.0.64 to 127.0.0.127."""
    settings = {**CALM, "MAX_CONNECTIONS_PER_ADDRESS": str(MOST), "TRUSTED_PROXIES": "127.0.0.64/26"}
    yield from started(Cluster(redis_url, secret, tmp_path_factory.mktemp("narrow"), nodes=1, **settings))


@pytest.fixture
def nobody(url: str) -> WebSocket:
    """Return a WebSocket without a connection."""
    ws = WebSocket(url)
    assert ws.text().startswith("0{")
    return ws


@pytest.mark.parametrize(
    "packet",
    ["3", "5", '42["heartbeat"]'],
    ids=["pongs", "upgrades", "events"],
)
def test_who_says_too_much_before_a_connect_is_ended(url: str, nobody: WebSocket, packet: str) -> None:
    before = ended(url, "no_connect")
    nobody.send(frame(packet) * PACKETS)
    nobody.send(frame("2probe", 9))
    assert nobody.frame().payload == b"2probe", "it is still open"
    nobody.say(packet)
    assert nobody.closes() == POLICY_VIOLATION
    assert ended(url, "no_connect") == before + 1


def test_who_says_little_before_a_connect_is_let_in(nobody: WebSocket, token: str) -> None:
    nobody.send(frame('42["heartbeat"]') * (PACKETS - 1))
    nobody.say(connect_packet(token))
    nobody.until(lambda packet: packet.startswith(LIST))
    nobody.send(frame("3") * PACKETS + frame('421["presence:update",{"current_page":"' + "x" * BYTES + '"}]'))
    nobody.until(lambda packet: packet.startswith("431["))


def test_a_message_before_a_connect_is_a_small_one(nobody: WebSocket) -> None:
    nobody.say("40" + json.dumps({"token": "x" * BYTES}))
    assert nobody.closes() == TOO_BIG


def test_the_bytes_before_a_connect_are_counted_together(nobody: WebSocket) -> None:
    nobody.send(frame('42["' + "x" * (BYTES // 2) + '"]') * 2)
    assert nobody.closes() == POLICY_VIOLATION


def test_a_body_before_a_connect_is_a_small_one(url: str, token: str) -> None:
    assert Polling(url).post("40" + json.dumps({"token": "x" * BYTES})).status == 413
    session = Polling(url, token)
    assert session.post('42["presence:update",{"current_page":"' + "x" * BYTES + '"}]').status == 200


def test_a_websocket_that_takes_over_takes_what_its_session_may_send(url: str, token: str) -> None:
    ana = Polling(url, token)
    ws = WebSocket(url, f"{TARGET}websocket&sid={ana.sid}")
    ws.say("2probe")
    assert ws.text() == "3probe"
    ws.say("5")
    ws.say('421["presence:update",{"current_page":"' + "x" * BYTES + '"}]')
    ws.until(lambda packet: packet.startswith("431["))


def test_a_connect_that_is_refused_is_the_last_word(url: str, nobody: WebSocket, token: str) -> None:
    before = ended(url, "refused")
    nobody.send(frame('40{"token":"garbage"}') + frame(connect_packet(token)))
    assert nobody.text().startswith("44{")
    assert nobody.closes() == POLICY_VIOLATION
    assert ended(url, "refused") == before + 1


def test_a_refusal_can_still_be_polled(url: str) -> None:
    session = Polling(url)
    assert session.post('40{"token":"garbage"}').status == 200
    [packet] = ask(url, session.target).packets
    assert packet.startswith("44{")
    session.ended()


def refused(greeting: str) -> bool:
    return greeting.startswith("44{") and json.loads(greeting[2:])["data"]["code"] == "limit_exceeded"


def greeting(url: str, token: str, **headers: str) -> str:
    """What the node says to a CONNECT. The connection stays open."""
    ws = WebSocket(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    ws.text()
    ws.say(connect_packet(token))
    return ws.until(lambda packet: packet[:2] in ("40", "44"))


def test_an_address_has_so_many_connections_and_may_have_another_when_one_ends(narrow: Cluster, mint: Mint) -> None:
    url, tenant = narrow.urls[0], new_tenant()
    clients = [Client(url, mint(f"user-{number}", tenant)) for number in range(MOST)]
    assert refused(greeting(url, mint("ben", tenant)))
    clients[0].goodbye()
    eventually(lambda: greeting(url, mint("ben", tenant)).startswith("40"), "one more is let in")


def test_an_address_has_so_many_sessions(narrow: Cluster) -> None:
    url = narrow.urls[0]
    eventually(lambda: ask(url, f"{TARGET}polling").status == 200, "the sessions of another test have ended")
    for _ in range(2 * MOST):
        answer = ask(url, f"{TARGET}polling")
        if answer.status != 200:
            break
    else:
        answer = ask(url, f"{TARGET}polling")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    with pytest.raises(Refused) as closed:
        WebSocket(url)
    assert closed.value.answer.status == 503


def from_proxy(url: str, target: str, forwarded_for: str, proxy: str) -> int:
    """The status of the answer to a proxy's request."""
    with Proxied(url, proxy) as http:
        return http.ask(target, headers={"X-Forwarded-For": forwarded_for, "Connection": "close"}).status


class Proxied(Http):
    """An HTTP connection from an address of this host's network 127.0.0.0/8."""

    def __init__(self, url: str, address: str) -> None:
        super().__init__(url)
        port = self.socket.getpeername()
        self.socket.close()
        self.socket = type(self.socket)()
        self.socket.bind((address, 0))
        self.socket.connect(port)


def test_behind_a_trusted_proxy_each_client_is_counted_by_itself(narrow: Cluster) -> None:
    url = narrow.urls[0]
    for number in range(3 * MOST):
        assert from_proxy(url, f"{TARGET}polling", f"198.51.100.9, 203.0.113.{number}", "127.0.0.65") == 200
    statuses = [from_proxy(url, f"{TARGET}polling", "192.0.2.1", "127.0.0.65") for _ in range(2 * MOST + 1)]
    assert statuses == [200] * 2 * MOST + [503]


def test_what_another_proxy_says_is_not_believed(narrow: Cluster) -> None:
    url = narrow.urls[0]
    statuses = [
        from_proxy(url, f"{TARGET}polling", f"203.0.113.{number}", "127.0.0.10") for number in range(2 * MOST + 1)
    ]
    assert statuses == [200] * 2 * MOST + [503]


def test_an_address_has_so_many_requests_at_a_time_and_a_proxy_any_number(narrow: Cluster) -> None:
    url = narrow.urls[0]
    idle = [Proxied(url, "127.0.0.11") for _ in range(MOST)]
    refusal = Proxied(url, "127.0.0.11").rest()
    assert refusal.startswith(b"HTTP/1.1 503 ")
    idle[0].close()
    eventually(lambda: Proxied(url, "127.0.0.11").ask("/healthz").status == 200, "one more is let in")
    proxied = [Proxied(url, "127.0.0.66") for _ in range(2 * MOST)]
    assert [http.ask("/healthz").status for http in proxied] == [200] * 2 * MOST


@pytest.fixture
def own(redis_url: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Yield a node of a test's own, which keeps idle connections for two seconds."""
    settings = {**CALM, "KEEP_ALIVE_SECONDS": str(KEPT)}
    yield from started(Cluster(redis_url, secret, tmp_path_factory.mktemp("own"), nodes=1, **settings))


def test_the_last_descriptors_are_kept_for_those_who_are_in(own: Cluster, mint: Mint) -> None:
    """A node without descriptors accepts nobody, cannot reach Redis, and tells nobody why."""
    url, process = own.urls[0], own.nodes[0].process
    assert process is not None
    soft, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    assert soft == min(hard, 1 << 20), "it has asked for all that it may have"
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    ana = Client(url, mint("ana", new_tenant()))
    idle = [Tcp(url) for _ in range(2 * DESCRIPTORS)]
    assert idle[-1].rest().startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert DESCRIPTORS // 2 < sockets(url) <= DESCRIPTORS * 0.9
    assert ana.ask("heartbeat")["ok"], "who is in stays in"
    for tcp in idle:
        tcp.close()
    eventually(lambda: ask(url, "/healthz").status == 200, "then others come in again")


def test_a_connection_is_kept_for_as_long_as_its_client_is_told(own: Cluster) -> None:
    """A client that obeys never sends a request into a connection that is being closed."""
    http = Http(own.urls[0])
    assert http.ask("/healthz").headers["keep-alive"] == f"timeout={KEPT - 1}"
    assert eventually(lambda: not http.is_open(), "it is closed") >= KEPT - 0.5
    closing = ask(own.urls[0], "/healthz", headers={"Connection": "close"}).headers
    assert (closing["connection"], "keep-alive" in closing) == ("close", False)


def chunks(body: bytes) -> bytes:
    fields = {"Host": "node", "Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    return request("/api/v1/presence/status", "PUT", fields) + body


@pytest.mark.parametrize(
    "sent",
    [
        chunks(b"2;a=b\r\n{}\r\n0\r\n\r\n"),
        chunks(b"2 \r\n{}\r\n0\r\n\r\n"),
        chunks(b"2\n{}\r\n0\r\n\r\n"),
        chunks(b"+2\r\n{}\r\n0\r\n\r\n"),
        chunks(b"0x2\r\n{}\r\n0\r\n\r\n"),
        chunks(b"2\r\n{}0\r\n\r\n"),
        chunks(b"2\r\n{}\n0\r\n\r\n"),
        chunks(b"2\r\n{}\r\n0\r\nX: 1\r\n\r\n"),
        chunks(b"2\r\n{}\r\n0\n\n"),
        chunks(b"2\r\n{}\r\n00000000000000000\r\n\r\n"),
        b"GET /healthz HTTP/1.1\nHost: node\n\n",
        b"GET /healthz HTTP/1.1\r\nHost: node\r\n X: folded\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: node\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        b"GET /healthz HTTP/1.1\r\nHost: node\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /healthz\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: node\r\n" + b"X: 1\r\n" * 64 + b"\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: node\r\nX: " + b"x" * BYTES,
    ],
)
def test_what_two_parsers_could_read_differently_ends_the_connection(url: str, token: str, sent: bytes) -> None:
    with Http(url) as http:
        sent = sent.replace(b"Host: node\r\n", b"Host: node\r\nAuthorization: Bearer " + token.encode() + b"\r\n", 1)
        http.send(sent + request("/healthz", fields={"Host": "node"}))
        answers = http.rest()
    assert answers.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 422 ", b"HTTP/1.1 431 "))
    assert answers.count(b"HTTP/1.1 ") == 1, "what follows is no request"
