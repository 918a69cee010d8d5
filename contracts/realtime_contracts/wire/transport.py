"""The official python-socketio client, made to keep order, to lose its transport, and to say anything.

It differs from what everybody installs in six ways. It handles messages in the order they came, where the
original starts a thread for each. It can be cut: the sockets close without a word, as when a cable is pulled
or a process killed. Its goodbye is sent before anything closes, which the original leaves to chance. It takes
any number of packets in one answer to a poll, where the original gives up above 16. Where nobody lets it in it
leaves at once, where the original waits until the server's pings are overdue. And it says which packets it cannot
read, where the original prints a traceback, and may take whatever follows for their attachments.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakSet

import engineio
import engineio.payload
import requests
import socketio
import socketio.packet
import websocket
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from realtime_contracts.wire import packets
from realtime_contracts.wire.journal import Journal
from realtime_contracts.wire.timeouts import patience

#: Where Socket.IO answers, below a server's root.
SOCKETIO_PATH = "/socket.io/"
#: What the library says of a server is said by the harness, and better.
_SILENT = logging.getLogger(f"{__name__}.library")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
#: What the library calls its own listeners by. No server can call them.
_RESERVED = frozenset({"connect", "connect_error", "disconnect", "__disconnect_final", "*"})
#: First character of Socket.IO's DISCONNECT. Handling it ends the connection, which the reading thread cannot.
_DISCONNECT = str(socketio.packet.DISCONNECT)

#: Seconds in which a server closes that does so at the packet, and at most for one to answer a WebSocket's close frame.
CLOSES = 0.25
ANSWERS_CLOSE = 2.0

#: Packets in one answer to a poll. The library's limit is the process's, and protects servers, not clients.
engineio.payload.Payload.max_decode_packets = 100_000


#: Bytes of an answer that are read where only its beginning is looked at.
MOST_BYTES = 1 << 20


class EngineIO(engineio.Client):  # type: ignore[misc]  # the library is untyped
    """Engine.IO that hands on its messages one after the other."""

    #: False: the server's pings stay unanswered, as when a machine has gone to sleep.
    answers_pings = True

    def _receive_packet(self, packet: Any) -> None:
        if self.answers_pings or packet.packet_type != engineio.packet.PING:
            super()._receive_packet(packet)

    def _trigger_event(self, event: str, *args: Any, **kwargs: Any) -> Any:
        if event == "message" and not (isinstance(args[0], str) and args[0].startswith(_DISCONNECT)):
            kwargs["run_async"] = False
        return super()._trigger_event(event, *args, **kwargs)


class Client(socketio.Client):  # type: ignore[misc]  # the library is untyped
    """One Socket.IO connection. It never comes back by itself."""

    def __init__(self) -> None:
        self._cuttable = CuttableSession()
        #: Hears of every packet that no client can read, and why.
        self.unreadable: Callable[[str | bytes, str], None] = lambda _packet, _why: None
        #: Whether Engine.IO has opened a session.
        self.opened = False
        #: What those who listen to this connection have raised.
        self.defects: list[Exception] = []
        super().__init__(
            reconnection=False,
            handle_sigint=False,
            http_session=self._cuttable,
            request_timeout=patience(),
            logger=_SILENT,
            engineio_logger=_SILENT,
        )

    def _engineio_client_class(self) -> type[engineio.Client]:
        return EngineIO

    def send_text(self, packet: str | bytes) -> None:
        """Send a Socket.IO packet as it is, however wrong."""
        self.eio.send(packet)

    def send_frame(self, frame: str) -> None:
        """Send an Engine.IO packet as it is: a WebSocket message, or the body of a POST."""
        if self.transport() == "websocket":
            self.eio.ws.send(frame)
            return
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Content-Type": "text/plain;charset=UTF-8"}
            session.post(self.eio.base_url, data=frame.encode(), headers=headers, timeout=patience())

    def expect_ack(self, callback: Any) -> int:
        """The id that a packet sent by `send_text` may carry to have its ack handed to `callback`."""
        ack_id: int = self._generate_ack_id("/", callback)
        return ack_id

    def goodbye(self, *, heard: bool = False) -> None:
        """Leave as a page does that closes the socket: Socket.IO's DISCONNECT, then the transport."""
        self._send_packet(self.packet_class(socketio.packet.DISCONNECT, namespace="/"))
        self._flush()
        self.leave_transport(heard=heard)

    def leave_transport(self, *, heard: bool = False) -> None:
        """Close the transport in good order, without a Socket.IO goodbye: Engine.IO's CLOSE.

        `heard`: do not return before the server has heard it, if it says so by closing, too.
        """
        self.eio._send_packet(engineio.packet.Packet(engineio.packet.CLOSE))  # noqa: SLF001 - no public way
        self._flush()
        if heard and self.transport() == "websocket":
            self._await_close()
        self.cut()

    def _await_close(self) -> None:
        """Wait for the server to close the WebSocket: some do at the packet, others at the frame only."""
        reading = self.eio.read_loop_task
        reading.join(CLOSES)
        if reading.is_alive():
            with contextlib.suppress(OSError, websocket.WebSocketException):
                self.eio.ws.send_close()
            reading.join(ANSWERS_CLOSE)

    def _handle_eio_connect(self) -> None:
        self.opened = True
        super()._handle_eio_connect()

    _binary_packet: Any

    def _handle_eio_message(self, data: str | bytes) -> None:
        if self._binary_packet and isinstance(data, str):
            self._binary_packet = None
            self.unreadable(data, "a text comes where an attachment was announced")
        try:
            super()._handle_eio_message(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, the library cannot read this
            self._binary_packet = None
            self.unreadable(data, f"{type(error).__name__}: {error}")

    def _handle_event(self, namespace: str | None, id: int | None, data: Any) -> None:  # noqa: A002 - the library's
        if not (isinstance(data, list) and data and isinstance(data[0], str)):
            raise ValueError("an event without a name")
        if data[0] in _RESERVED:
            raise ValueError(f"no event can be called {data[0]}")
        super()._handle_event(namespace, id, data)

    def _handle_ack(self, namespace: str | None, id: int | None, data: Any) -> None:  # noqa: A002 - the library's
        if not isinstance(data, list):
            raise ValueError("an ack without a list of what it says")  # noqa: TRY004 - it is about what came
        super()._handle_ack(namespace, id, data)

    def _trigger_event(self, event: str, namespace: str, *args: Any) -> Any:
        return self._guarded(super()._trigger_event)(event, namespace, *args)

    def _generate_ack_id(self, namespace: str, callback: Any) -> Any:
        return super()._generate_ack_id(namespace, self._guarded(callback))

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, which does not raise what would be taken for the server's fault."""

        def call(*args: Any) -> Any:
            try:
                return function(*args)
            except Exception as error:  # noqa: BLE001 - the scenario's end looks at it
                self.defects.append(error)
                return None

        return call

    def disconnect(self) -> None:
        """What the library calls when it was not let in: it would wait for a server that may never say anything."""
        self.cut()

    def cut(self) -> None:
        """Lose the transport: its sockets close, nothing more is sent."""
        threads = [self.eio.read_loop_task, self.eio.write_loop_task]
        self.eio.queue.put(None)
        if self.eio.ws is not None and self.eio.ws.sock is not None:
            shut(self.eio.ws.sock)
        self._cuttable.cut()
        for thread in threads:
            if thread is not None and thread is not threading.current_thread():
                thread.join(patience())
        if self.eio.ws is not None:
            self.eio.ws.shutdown()
        self._cuttable.close()

    def _flush(self) -> None:
        """Wait until everything is sent. Over long-polling that means: until the server has it."""
        deadline = time.monotonic() + patience()
        queue = self.eio.queue
        with queue.all_tasks_done:
            while queue.unfinished_tasks and self.eio.write_loop_task and time.monotonic() < deadline:
                queue.all_tasks_done.wait(0.05)


class BareTransport:
    """An Engine.IO session on which nobody has connected yet: whoever uses it speaks Socket.IO by hand."""

    def __init__(self, url: str, transport: str) -> None:
        self.journal = Journal("the bare transport", time.monotonic())
        self._client = Client()
        engine = self._client.eio
        engine.on("connect", lambda: None)
        engine.on("disconnect", lambda reason: self.journal.write("closed", reason))
        engine.on("message", self._on_message)
        engine.connect(url, transports=[transport], engineio_path=SOCKETIO_PATH.strip("/"))

    def _on_message(self, text: str) -> None:
        with contextlib.suppress(packets.Malformed):
            self.journal.write("event", packets.socket(text).type.name, text)

    def send(self, packet: str) -> None:
        """Send a Socket.IO packet."""
        self._client.send_text(packet)

    def close(self) -> None:
        """Lose the transport."""
        self._client.cut()


def handshake(url: str, protocol: int = 4) -> requests.Response:
    """Ask `url` for a session over long-polling in Engine.IO's `protocol`."""
    with BoundedSession() as session:
        query = {"EIO": str(protocol), "transport": "polling"}
        return session.get(url + SOCKETIO_PATH, params=query, timeout=patience())


@contextlib.contextmanager
def no_thread_left() -> Iterator[None]:
    """Fail if the block leaves a thread behind that it started."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + patience()
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0.0, deadline - time.monotonic()))
    left = [thread.name for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    if left:
        raise AssertionError(f"threads left behind: {', '.join(left)}")


# HTTP that ends when it is told to, whatever is answered, or not


class CuttableSession(requests.Session):
    """A session for HTTP whose sockets can be closed under a request."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # no proxies: the server is named by its URL
        self._adapter = _CuttableAdapter()
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    def cut(self) -> None:
        """Close all its sockets, and those that are still to be opened."""
        self._adapter.dead = True
        for connection in list(self._adapter.connections):
            if connection.sock is not None:
                shut(connection.sock)


class EndlessAnswer(requests.Timeout):
    """An answer has begun, and comes to no end."""


class BoundedSession(CuttableSession):
    """A session for one request, which ends in time whatever answers: a byte a second, or bytes without end."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send it, and read the beginning of its answer. Raises EndlessAnswer besides what requests does."""
        seconds = 2 * patience()  # beside a wait of `patience` for each of its bytes
        clock = threading.Timer(seconds, self.cut)
        clock.start()
        try:
            answer = super().send(request, **{**options, "stream": True})
            answer._content = next(answer.iter_content(MOST_BYTES), b"")  # noqa: SLF001 - no public way
        except requests.RequestException as error:
            if not self._adapter.dead or isinstance(error, requests.Timeout):
                raise
            raise EndlessAnswer(f"the answer has no end within {seconds:g} s", request=request) from error
        finally:
            clock.cancel()
            clock.join()
        if self._adapter.dead:  # the end of its sockets was taken for the end of the answer
            raise EndlessAnswer(f"the answer has no end within {seconds:g} s", request=request)
        return answer


class _CuttableAdapter(HTTPAdapter):
    def __init__(self) -> None:
        self.connections: WeakSet[HTTPConnection] = WeakSet()
        self.dead = False
        super().__init__(pool_maxsize=4)

    def opened(self, connection: HTTPConnection) -> None:
        """Note a new connection, or close it again if there should be none any more."""
        self.connections.add(connection)
        if self.dead and connection.sock is not None:
            shut(connection.sock)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        opened = self.opened

        class Http(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                opened(self)

        class Https(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                opened(self)

        class HttpPool(HTTPConnectionPool):
            ConnectionCls = Http

        class HttpsPool(HTTPSConnectionPool):
            ConnectionCls = Https

        self.poolmanager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}


def shut(sock: socket.socket) -> None:
    """End a connection under whoever reads from it or writes to it."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
