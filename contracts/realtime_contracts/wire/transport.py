"""The official python-socketio client, changed to keep order, to lose its transport, and to send anything.

There are six changes. It handles messages in order; the original starts a thread for each. Its transport can be lost:
the sockets close without a packet, as when a cable is pulled or a process is killed. Its goodbye is sent before
anything closes; the original leaves that to chance. It takes any number of packets in one poll; the original gives up
above 16. If refused, it leaves at once; the original waits until the server's pings are overdue. It reports unreadable
packets; the original prints a traceback and may take later packets for their attachments.
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

#: The path of Socket.IO below a server's root.
SOCKETIO_PATH = "/socket.io/"
#: The harness reports these messages of the library itself.
_SILENT = logging.getLogger(f"{__name__}.library")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
#: The library's names for its own listeners. A server cannot trigger them.
_RESERVED = frozenset({"connect", "connect_error", "disconnect", "__disconnect_final", "*"})
#: First character of Socket.IO's DISCONNECT. Handling it ends the connection, so the reading thread must not do it.
_DISCONNECT = str(socketio.packet.DISCONNECT)

#: Seconds to wait for a server that closes at the packet, and for one that answers a WebSocket's close frame.
CLOSES = 0.25
ANSWERS_CLOSE = 2.0

#: Packets in one answer to a poll. The library's limit is per process, and protects servers, not clients.
engineio.payload.Payload.max_decode_packets = 100_000


#: Bytes read of an answer when only its beginning is needed.
MOST_BYTES = 1 << 20


class EngineIO(engineio.Client):  # type: ignore[misc]  # the library is untyped
    """Engine.IO that handles its messages one after the other."""

    #: False: leave the server's pings unanswered, as a sleeping machine does.
    answers_pings = True

    def _receive_packet(self, packet: Any) -> None:
        if self.answers_pings or packet.packet_type != engineio.packet.PING:
            super()._receive_packet(packet)

    def _trigger_event(self, event: str, *args: Any, **kwargs: Any) -> Any:
        if event == "message" and not (isinstance(args[0], str) and args[0].startswith(_DISCONNECT)):
            kwargs["run_async"] = False
        return super()._trigger_event(event, *args, **kwargs)


class Client(socketio.Client):  # type: ignore[misc]  # the library is untyped
    """One Socket.IO connection. It never reconnects."""

    def __init__(self) -> None:
        self._cuttable = CuttableSession()
        #: Called with every unreadable packet, and the reason.
        self.unreadable: Callable[[str | bytes, str], None] = lambda _packet, _why: None
        #: Whether Engine.IO has opened a session.
        self.opened = False
        #: Errors raised by the listeners of this connection.
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
        """Send a raw Socket.IO packet, valid or not."""
        self.eio.send(packet)

    def send_frame(self, frame: str) -> None:
        """Send a raw Engine.IO packet: a WebSocket message, or the body of a POST."""
        if self.transport() == "websocket":
            self.eio.ws.send(frame)
            return
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Content-Type": "text/plain;charset=UTF-8"}
            session.post(self.eio.base_url, data=frame.encode(), headers=headers, timeout=patience())

    def expect_ack(self, callback: Any) -> int:
        """Return an ack id for a packet sent by `send_text`; its ack goes to `callback`."""
        ack_id: int = self._generate_ack_id("/", callback)
        return ack_id

    def goodbye(self, *, heard: bool = False) -> None:
        """Disconnect as a page does: Socket.IO's DISCONNECT, then close the transport."""
        self._send_packet(self.packet_class(socketio.packet.DISCONNECT, namespace="/"))
        self.flush()
        self.leave_transport(heard=heard)

    def leave_transport(self, *, heard: bool = False) -> None:
        """Close the transport in good order by Engine.IO's CLOSE, without a Socket.IO goodbye.

        `heard`: return when the server has received it, if it confirms by closing too.
        """
        self.eio._send_packet(engineio.packet.Packet(engineio.packet.CLOSE))  # noqa: SLF001 - no public way
        self.flush()
        if heard and self.transport() == "websocket":
            self._await_close()
        self.cut()

    def _await_close(self) -> None:
        """Wait for the server to close the WebSocket: some close at the packet, others at the frame."""
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
        """Wrap a function so that its errors are not taken for the server's."""

        def call(*args: Any) -> Any:
            try:
                return function(*args)
            except Exception as error:  # noqa: BLE001 - the scenario's end looks at it
                self.defects.append(error)
                return None

        return call

    def disconnect(self) -> None:
        """The library calls this after a refusal. The original waits for a server that may stay silent."""
        self.cut()

    def cut(self) -> None:
        """Lose the transport: close its sockets without sending anything."""
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

    def flush(self) -> None:
        """Wait until everything is sent. Over long-polling: until the server has it."""
        deadline = time.monotonic() + patience()
        queue = self.eio.queue
        with queue.all_tasks_done:
            while queue.unfinished_tasks and self.eio.write_loop_task and time.monotonic() < deadline:
                queue.all_tasks_done.wait(0.05)


class BareTransport:
    """An Engine.IO session without a connection; its user writes Socket.IO packets by hand."""

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
        self._client.send_text(packet)

    def close(self) -> None:
        self._client.cut()


def handshake(url: str, protocol: int = 4) -> requests.Response:
    """Ask `url` for a long-polling session in Engine.IO's `protocol`."""
    with BoundedSession() as session:
        query = {"EIO": str(protocol), "transport": "polling"}
        return session.get(url + SOCKETIO_PATH, params=query, timeout=patience())


@contextlib.contextmanager
def no_thread_left() -> Iterator[None]:
    """Fail if a thread that the block started is still running after it."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + patience()
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0.0, deadline - time.monotonic()))
    left = [thread.name for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    if left:
        raise AssertionError(f"threads left behind: {', '.join(left)}")


# HTTP requests that can be ended, whether answered or not


class CuttableSession(requests.Session):
    """An HTTP session whose sockets can be closed during a request."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # No proxies: the URL names the server itself.
        self._adapter = _CuttableAdapter()
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    def cut(self) -> None:
        """Close all its sockets, and any opened later."""
        self._adapter.dead = True
        for connection in list(self._adapter.connections):
            if connection.sock is not None:
                shut(connection.sock)


class EndlessAnswer(requests.Timeout):
    """An answer has begun but does not end."""


class BoundedSession(CuttableSession):
    """A session for one request that ends in time even if the answer is slow or endless."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send the request and read the beginning of its answer. Raises EndlessAnswer, and what requests raises."""
        seconds = 2 * patience()  # besides a wait of `patience` for each byte
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
        if self._adapter.dead:  # The closed sockets looked like the end of the answer.
            raise EndlessAnswer(f"the answer has no end within {seconds:g} s", request=request)
        return answer


class _CuttableAdapter(HTTPAdapter):
    def __init__(self) -> None:
        self.connections: WeakSet[HTTPConnection] = WeakSet()
        self.dead = False
        super().__init__(pool_maxsize=4)

    def opened(self, connection: HTTPConnection) -> None:
        """Register a new connection; close it at once after `cut`."""
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
    """Close a connection that another thread reads from or writes to."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
