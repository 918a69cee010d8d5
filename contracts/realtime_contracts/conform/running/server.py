"""The server under test: checks that it can be tested, and starts one for the run.

The check goes from the outside in: address, connection, TLS, HTTP, Engine.IO, Socket.IO, an accepted token. It reports
the first step that fails, and what to do.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shlex
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import requests
import socketio.exceptions

from realtime_contracts.conform.running.minting import NoToken, TokenSource
from realtime_contracts.wire.timeouts import patience
from realtime_contracts.wire.transport import SOCKETIO_PATH, Client, EndlessAnswer, handshake

#: Characters shown of an unexpected answer.
SHOWN_CHARACTERS = 80
#: Engine.IO's answer to a request for an unknown transport.
NO_SUCH_TRANSPORT = 400
#: What the client raises for a handshake without session id or intervals.
NOT_UNDERSTOOD = (LookupError, TypeError, ValueError, AttributeError)
#: Seconds for a server to accept its first connection, and to end after SIGTERM.
START_SECONDS = 30.0
STOP_SECONDS = 10.0
#: Seconds that child processes may outlive the server.
REST_SECONDS = 1.0
#: Lines and bytes of output shown when the server ends or does not start.
SHOWN_LINES = 15
SHOWN_BYTES = 8000
#: Not a signal: checks whether the process exists.
_NOTHING = 0


def problem_with(url: str, source: TokenSource, transport: str) -> str:
    """Return why the server at `url` cannot be tested, or "". Takes a few seconds at most."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:  # Brackets without a valid address.
        parts = urllib.parse.SplitResult("", "", "", "", "")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        return f"{url} is no URL of a server: it should look like http://127.0.0.1:5000"
    return _unreachable(parts) or _no_engine(url, transport) or _not_let_in(url, source, transport)


def not_clustered(urls: Sequence[str], source: TokenSource, transport: str) -> str:
    """Return which URLs are not nodes of the first one's cluster, as a sentence, or "".

    A user on the first node should receive the join of a user on another. If that join is missing and the next join on
    her own node arrives, the nodes are separate clusters. A server that announces no joins has another fault.
    """
    first, *others = urls
    tenant = f"nodes-{uuid.uuid4().hex}"
    announced = {f"{tenant}-{n}": threading.Event() for n in range(len(urls))}

    def listen(*said: Any) -> None:
        user_id = said[0].get("user_id") if said and isinstance(said[0], dict) else None
        if isinstance(user_id, str) and user_id in announced:
            announced[user_id].set()

    with contextlib.ExitStack() as stack:

        def come(user_id: str, url: str, hear: Callable[..., None] = lambda *_: None) -> None:
            token = source.mint(user_id, tenant, name=user_id)
            client = Client()
            stack.callback(client.cut)
            client.on("presence:user_joined", hear)
            client.connect(url, auth={"token": token}, transports=[transport], wait_timeout=patience())

        own, *theirs = announced
        try:
            come(tenant, first, listen)
            for user_id, url in zip(theirs, others, strict=True):
                come(user_id, url)
            deadline = time.monotonic() + patience()
            unseen = [
                url
                for user_id, url in zip(theirs, others, strict=True)
                if not announced[user_id].wait(max(0.0, deadline - time.monotonic()))
            ]
            if not unseen:
                return ""
            come(own, first)
            if not announced[own].wait(patience()):
                return ""
        except (NoToken, socketio.exceptions.ConnectionError, *NOT_UNDERSTOOD):
            return ""  # It was accepted a moment ago; the requirements will show what is wrong.
    return (
        f"{first} and {' and '.join(unseen)} seem to be no nodes of one cluster: "
        f"who connects to {' or '.join(unseen)} is not seen at {first}"
    )


def _unreachable(parts: urllib.parse.SplitResult) -> str:  # noqa: PLR0911 - a sentence for each reason
    host, tls = str(parts.hostname), parts.scheme == "https"
    try:
        port = parts.port or (443 if tls else 80)
    except ValueError:
        return f"{parts.geturl()} has a port that is no port"
    try:
        with socket.create_connection((host, port), timeout=patience()) as plain:
            if tls:
                with ssl.create_default_context().wrap_socket(plain, server_hostname=host):
                    pass
    except (socket.gaierror, UnicodeError):  # Not found, or not a valid host name.
        return f"there is no host {host}: is the name right?"
    except ConnectionRefusedError:
        return f"nobody listens at {host}:{port}: is the server running, and is that its port?"
    except ssl.SSLCertVerificationError as error:
        return f"the certificate of {host}:{port} is not trusted: {error.verify_message}"
    except ssl.SSLError as error:
        return f"{host}:{port} does not speak TLS ({error.reason}): should the URL begin with http:// ?"
    except TimeoutError:
        return f"{host}:{port} did not answer within {patience():g} s: is something in between?"
    except OSError as error:
        return f"{host}:{port} cannot be reached: {error}"
    return ""


def _no_engine(url: str, transport: str) -> str:  # noqa: PLR0911 - as above
    where = f"{url}{SOCKETIO_PATH}"
    try:
        answer = handshake(url)
    except EndlessAnswer as error:
        return f"{where} begins to answer, and {error}"
    except requests.Timeout:
        return f"{url} takes connections, and then says nothing for {patience():g} s"
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        if _is_no_http(error):
            return f"{where} answers with what is no HTTP: is that another service's port?"
        asked = str(error.request.url) if error.request is not None else where
        if not asked.startswith(where):
            return f"{where} leads to {asked}, and nobody answers there: is that the URL to give?"
        return f"{url} hangs up when it is asked for {SOCKETIO_PATH}: does it want https:// ?"
    except (requests.RequestException, ValueError) as error:
        return f"{where} answers with what cannot be followed: {type(error).__name__}: {error}"
    if answer.ok and answer.text.startswith("0{"):
        return ""
    if answer.status_code == NO_SUCH_TRANSPORT and transport != "polling" and "transport" in answer.text.lower():
        return ""  # Engine.IO without long-polling. The requirements decide whether that is allowed.
    said = " ".join(answer.text[:SHOWN_CHARACTERS].split())
    kind = "an HTTP server without Socket.IO" if "sid" not in answer.text else "no Engine.IO 4"
    return f"{where} answers {answer.status_code} {answer.reason}, {said!r}: {kind}. Is the URL the server's root?"


def _is_no_http(error: requests.RequestException) -> bool:
    """Whether the answer is something other than HTTP, and not merely empty or cut short."""
    inner = error.args[0] if error.args else error
    cause = inner.args[-1] if getattr(inner, "args", ()) else inner
    over = (http.client.RemoteDisconnected, http.client.IncompleteRead)
    return isinstance(cause, http.client.HTTPException) and not isinstance(cause, over)


def _not_let_in(url: str, source: TokenSource, transport: str) -> str:
    try:
        token = source.mint("conformance", "conformance", name="Conformance")
    except NoToken as error:
        return f"there is no token: {error}"
    client = Client()
    refusals: list[object] = []

    def refused(*said: object) -> None:
        if client.eio.sid is not None:  # Otherwise nothing answered.
            refusals.append(said[0] if len(said) == 1 else said)

    client.on("connect_error", refused)
    try:
        client.connect(url, auth={"token": token}, transports=[transport], wait_timeout=patience())
    except socketio.exceptions.ConnectionError as error:
        if refusals:
            return f"{url} refuses a token made by {source}: {refusals[0]!r}. Is that what the server takes?"
        if error.__cause__ is None:  # The session is open, but nothing was sent in it.
            return f"{url} opens a session over {transport}, and neither lets in nor refuses within {patience():g} s"
        other = ". If it has long-polling only, say --transport polling" if transport == "websocket" else ""
        return f"{url} speaks Engine.IO, and no Socket.IO over {transport}: {error}{other}"
    except NOT_UNDERSTOOD as error:
        return f"{url} opens a session that no client understands: {type(error).__name__}: {error}"
    finally:
        client.cut()
    return ""


# A server that is started for the run: `--exec 'cmd {port}'`


class NotStarted(Exception):
    """The server did not start; the message has the end of its output."""


@dataclass
class Launched:
    """The nodes of a server that was started for the run."""

    commands: list[str]
    urls: list[str]
    processes: list[subprocess.Popen[bytes]]
    output: int
    #: Where each node's output since its last start begins.
    since: int = 0

    def how_it_ended(self) -> str:
        """Describe the nodes that have ended: "it ended with 1:" and their last lines of output."""
        ended = [str(process.returncode) for process in self.processes if process.poll() is not None]
        how = f"it ended with {', '.join(ended)}" if ended else "it has not ended"
        return f"{how}{_tail(self.output, self.since)}"

    def restart(self) -> None:
        """Restart the nodes that have ended. Raises NotStarted."""
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                self.since = os.fstat(self.output).st_size
                _signal(process, signal.SIGKILL)  # A child process may still hold the port.
                self.processes[number] = _start(self.commands[number], self.output)


@contextlib.contextmanager
def started(command: str, count: int, problem_with: Callable[[str], str]) -> Iterator[Launched]:
    """Start a command for each node, with a free port for `{port}`. Raises NotStarted."""
    if "{port}" not in command:
        raise NotStarted("the command has to say where the port goes: --exec 'my-server --port {port}'")
    ports = [_free_port() for _ in range(count)]
    commands = [command.replace("{port}", str(port)) for port in ports]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    with tempfile.TemporaryFile() as output:
        server = Launched(commands, urls, [], output.fileno())
        try:
            for each in commands:
                server.processes.append(_start(each, output.fileno()))
            for url, process in zip(urls, server.processes, strict=True):
                _wait(url, process, problem_with, output.fileno())
            yield server
        finally:
            _end(server.processes)


def _start(command: str, output: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - it is the caller's own command
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise NotStarted(f"`{command}` cannot be started: {error}") from error


def _wait(url: str, process: subprocess.Popen[bytes], problem_with: Callable[[str], str], output: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while problem := problem_with(url):
        if process.poll() is not None:
            raise NotStarted(f"the server ended with {process.returncode}, before it let anybody in{_tail(output)}")
        if time.monotonic() > deadline:
            raise NotStarted(f"after {START_SECONDS:g} s, {problem}{_tail(output)}")
        time.sleep(0.1)


def _tail(output: int, since: int = 0) -> str:
    start = max(since, os.fstat(output).st_size - SHOWN_BYTES)
    text = os.pread(output, SHOWN_BYTES, start).decode(errors="replace").strip()
    return ":\n" + "\n".join(text.splitlines()[-SHOWN_LINES:]) if text else "; it wrote nothing"


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """End each node with its child processes: a shell does not forward signals."""
    for process in processes:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()
    deadline = time.monotonic() + REST_SECONDS
    while time.monotonic() < deadline and any(_signal(process, _NOTHING) for process in processes):
        time.sleep(0.05)
    for process in processes:
        _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], how: int) -> bool:
    """Send a signal to a process group; return whether it exists."""
    try:
        os.killpg(process.pid, how)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
