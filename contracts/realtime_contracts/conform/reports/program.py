"""The shortest program that shows a failure again: what the people of a scenario sent, and nothing of the harness.

It is Python with the official client, to be read as much as to be run: whoever owns the server sees what they have to
send, in which order, from which tabs, with which tokens. What is expected and what was seen instead stand at its end,
and what it cannot do stands in it as a comment.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from realtime_contracts.conform.reports.token_program import ALTERED, MAKING, Owner, literal
from realtime_contracts.conform.reports.words import printable
from realtime_contracts.conform.results import Result, Wire

_HEAD = """\
# pip install "python-socketio[client]" requests PyJWT
import sys, time, jwt, requests, socketio

URLS = {urls}
SECRET = sys.argv[1]  # the server's JWT secret
{token}

def say(client, event, *data, wait=0.3):
    if not client.connected:
        return print(event, "is not sent: there is no connection")
    client.emit(event, *data, callback=lambda *answer: print("ack of", event, *answer))
    time.sleep(wait)


def tab(name, auth, node=1, query="", namespace="/"):
    client = socketio.Client(reconnection=False)
    client.on("*", lambda event, *data: print(f"{{name}} hears {{event}}", *data))
    client.on("connect", lambda: print(name, "is let in"), namespace=namespace)
    client.on("connect_error", lambda *why: print(name, "is refused:", *why), namespace=namespace)
    try:
        client.connect(URLS[node - 1] + query, auth=auth, transports=["{transport}"], namespaces=[namespace])
    except socketio.exceptions.ConnectionError:
        pass  # it was told above
    time.sleep(0.3)
    return client
"""
_REST = """\


def rest(method, url, headers={}, **body):
    answer = requests.request(method, url, headers=headers, **body)
    print(method, url, answer.status_code, answer.text)
"""
_TAB = re.compile(r"(?P<name>[^']+)'s tab (?P<number>\d+) \(node (?P<node>\d+)\)")
_WORKS_AT = re.compile(r'(?P<people>.+) works? at "(?P<company>[^"]+)".*')
_NAME = re.compile(r"[A-Z][a-z]+")
#: What a variable cannot have in its name.
_NO_NAME = re.compile(r"[^a-z0-9_]|^(?=[0-9])")
#: Where a header begins behind the URL of a request.
_HEADER = re.compile(r", (?=[A-Z][A-Za-z-]*: )")
#: Whatever a step does that this program has no words for.
_NOT_SHOWN = re.compile(
    r"without having connected|asks for a session|stops answering pings|moves on to WebSocket|at the same time"
    r"|node \d+ is (killed|stopped)|Redis (cannot|was|is|has)"
)
#: A text that was cut, or what was nested too deep.
_CUT = re.compile(r"(.*… \([\d,]+ characters\)|(.{4000})?…)", re.DOTALL)
_CONNECT = re.compile(r"connect(?: (?P<namespace>/\S*))?(?: (?P<query>\?.*))?")
#: Those through whom the harness proves absence; nobody has to send what they send.
_HARNESS = ("Herald", "Stranger")
#: Lines of what was sent, the last ones: they are what has failed. Equal ones in a row are one.
MOST_LINES = 30
#: Equal lines in a row from which on they become a loop.
MANY = 3
#: Characters of a line from which on its payload is left to the wire log.
_LONG = 400


def program(result: Result, servers: tuple[str, ...]) -> str:
    """The program of a result that failed."""
    wire = [line for line in result.wire if not line.who.startswith(_HARNESS)]
    lines = list(_folded(_lines(result, wire)))
    if len(lines) > MOST_LINES:
        opened = [line for line in lines[:-MOST_LINES] if " = tab(" in line]
        left = len(lines) - MOST_LINES - len(opened)
        told = [f"# … {left} lines before: see the wire log"] if left else []
        lines = [*opened, *told, *lines[-MOST_LINES:]]
    code = "\n".join(lines)
    token = MAKING + ALTERED if "altered(" in code else MAKING
    head = _HEAD.format(urls=list(servers), transport=result.transport, token=token)
    if "rest(" in code:
        head += _REST
    said = result.failure
    tail = [*_comment("expected", said.expected), *_comment("got", said.actual)] if said else []
    return "\n".join([head, "", *lines, "time.sleep(1)", *tail, ""])


def _folded(lines: Iterator[str]) -> Iterator[str]:
    """The lines, many equal ones in a row as a loop, which does not wait for what comes of each."""
    for line, group in itertools.groupby(lines):
        count = len(list(group))
        if count < MANY or line.startswith("#"):
            yield from [line] * count
        else:
            at_once = f"{line[:-1]}, wait=0)" if line.startswith("say(") else line
            yield f"for _ in range({count}):\n    {at_once}"


def _lines(result: Result, wire: list[Wire]) -> Iterator[str]:
    companies = dict(_companies(result))
    first = next(iter(companies.values()), "acme")
    not_shown = list(_not_shown(result))
    for line in wire:
        while not_shown and not_shown[0][0] <= line.at:
            yield from not_shown.pop(0)[1]
        if line.name == "left out":
            yield f"# … {printable(str(line.payload))} are left out here"
        if line.direction != "sent":
            continue
        match = _TAB.fullmatch(line.who)
        if match is None:
            yield _short(_request(line, first), line)
            continue
        owner = Owner(match["name"], companies.get(match["name"], first))
        variable = f"{_NO_NAME.sub('_', owner.name.lower())}{match['number']}"
        if line.kind == "event" and _CONNECT.fullmatch(line.name):
            yield f"{variable} = {_connect(line, owner, int(match['node']))}"
        elif line.name.startswith("("):
            yield f"{variable}.disconnect()  # {printable(line.name.strip('()'))}"
        elif line.kind == "packet" or line.name in ("packet", "frame"):
            yield _short(_packet(line, variable, result.transport), line)
        else:
            payload = "" if line.payload is None else f", {literal(line.payload)}"
            yield _short(f"say({variable}, {line.name!r}{payload})", line)
    for _, comment in not_shown:
        yield from comment


def _not_shown(result: Result) -> Iterator[tuple[float, list[str]]]:
    """Steps that the program has no words for: when they began, and the comment in their place."""
    at = 0.0
    for step in result.steps:
        if step.status in ("passed", "failed") and _NOT_SHOWN.search(step.text):
            yield at, _comment("this program cannot show it", step.text)
        at += step.seconds


def _connect(line: Wire, owner: Owner, node: int) -> str:
    arguments = [repr(owner.name), literal(line.payload, owner), f"node={node}"]
    where = _CONNECT.fullmatch(line.name)
    told = where.groupdict() if where else {}
    arguments += [f"{name}={literal(value, owner)}" for name, value in told.items() if value]
    return f"tab({', '.join(arguments)})"


def _packet(line: Wire, variable: str, transport: str) -> str:
    """Of Socket.IO, or as a frame of Engine.IO, around it."""
    if line.name != "frame":
        return f"{variable}.eio.send({line.payload!r})"
    if transport == "websocket":
        return f"{variable}.eio.ws.send({line.payload!r})"
    return (
        f"requests.post({variable}.eio.base_url, {line.payload!r}.encode(), headers={{'Content-Type': 'text/plain'}})"
    )


def _request(line: Wire, company: str) -> str:
    nobody = Owner("", company)
    asked, *told = _HEADER.split(line.name)
    method, _, url = asked.partition(" ")
    headers = dict(header.split(": ", 1) for header in told)
    body = []
    if isinstance(line.payload, dict) and list(line.payload) == ["raw"]:
        headers = {"Content-Type": "application/json", **headers}
        body = [f"data={literal(line.payload['raw'])}.encode()"]
    elif line.payload is not None:
        body = [f"json={literal(line.payload)}"]
    arguments = [repr(method), literal(url, nobody), *([literal(headers, nobody)] if headers else []), *body]
    return f"rest({', '.join(arguments)})"


def _companies(result: Result) -> Iterator[tuple[str, str]]:
    for step in result.steps:
        match = _WORKS_AT.fullmatch(step.text)
        if match is not None:
            yield from ((name, match["company"]) for name in _NAME.findall(match["people"]))


def _short(text: str, line: Wire) -> str:
    if len(text) <= _LONG and not _is_cut(line.payload):
        return text
    return f"# {printable(line.name)} with {len(text):,} characters or more: see the wire log"


def _is_cut(payload: Any) -> bool:
    """Whether it is not what was sent any more."""
    if isinstance(payload, dict):
        return any(map(_is_cut, (*payload, *payload.values())))
    if isinstance(payload, list):
        return any(map(_is_cut, payload))
    return isinstance(payload, str) and _CUT.fullmatch(payload) is not None


def _comment(label: str, text: str) -> list[str]:
    first, *rest = map(printable, text.splitlines() or [""])
    return [f"# {label}: {first}", *(f"#   {line}" for line in rest[:10])]
