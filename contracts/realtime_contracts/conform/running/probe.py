"""Whether there is a server that can be looked at at all, and if not, why, in a sentence that helps.

From the outside in: an address, a connection, TLS, HTTP, Engine.IO, Socket.IO, a token that is taken. The first that
fails is what is said.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import requests
import socketio.exceptions

from realtime_contracts.conform.running.minting import NoToken, TokenSource
from realtime_contracts.wire.sessions import NoEnd
from realtime_contracts.wire.timeouts import patience
from realtime_contracts.wire.transport import SOCKETIO_PATH, Client, handshake

#: Characters of a foreign answer that are shown.
SHOWN = 80
#: How Engine.IO answers whoever asks for a transport that it does not have.
NO_SUCH_TRANSPORT = 400
#: What the client raises at a session without its ids and intervals.
NOT_UNDERSTOOD = (LookupError, TypeError, ValueError, AttributeError)


def problem_with(url: str, source: TokenSource, transport: str) -> str:
    """Why nothing can be said of the server at `url`; nothing if something can. Takes a few seconds at most."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:  # of brackets that hold no address
        parts = urllib.parse.SplitResult("", "", "", "", "")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        return f"{url} is no URL of a server: it should look like http://127.0.0.1:5000"
    return _unreachable(parts) or _no_engine(url, transport) or _not_let_in(url, source, transport)


def strangers(urls: Sequence[str], source: TokenSource, transport: str) -> str:
    """Which of some URLs seem to be no nodes of the first one's cluster, in a sentence; nothing if all seem to be.

    Somebody at the first node should hear of whoever comes to another. Where she does not, and hears of the next who
    comes to her own, these are two clusters: a server that announces nobody has another fault.
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
            return ""  # who was let in a moment ago: the requirements will say
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
    except (socket.gaierror, UnicodeError):  # not found, or nothing that a host can be called
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
    except NoEnd as error:
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
        return ""  # Engine.IO without long-polling: whether it may be is for the requirements
    said = " ".join(answer.text[:SHOWN].split())
    kind = "an HTTP server without Socket.IO" if "sid" not in answer.text else "no Engine.IO 4"
    return f"{where} answers {answer.status_code} {answer.reason}, {said!r}: {kind}. Is the URL the server's root?"


def _is_no_http(error: requests.RequestException) -> bool:
    """Whether something was said that is no HTTP, and not just nothing, or less than there should be."""
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
        if client.eio.sid is not None:  # else nobody was there to refuse
            refusals.append(said[0] if len(said) == 1 else said)

    client.on("connect_error", refused)
    try:
        client.connect(url, auth={"token": token}, transports=[transport], wait_timeout=patience())
    except socketio.exceptions.ConnectionError as error:
        if refusals:
            return f"{url} refuses a token made by {source}: {refusals[0]!r}. Is that what the server takes?"
        if error.__cause__ is None:  # the session is there, and nothing was said in it
            return f"{url} opens a session over {transport}, and neither lets in nor refuses within {patience():g} s"
        other = ". If it has long-polling only, say --transport polling" if transport == "websocket" else ""
        return f"{url} speaks Engine.IO, and no Socket.IO over {transport}: {error}{other}"
    except NOT_UNDERSTOOD as error:
        return f"{url} opens a session that no client understands: {type(error).__name__}: {error}"
    finally:
        client.cut()
    return ""
