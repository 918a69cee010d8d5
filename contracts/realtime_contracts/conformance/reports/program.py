"""The shortest program that shows a failure again: what the people of a scenario sent, and nothing of the harness.

It is Python with the official client, to be read as much as to be run: whoever owns the server sees what they have to
send, in which order, from which tabs. What is expected and what was seen instead stand at its end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from realtime_contracts.conformance.reports.words import printable
from realtime_contracts.conformance.results import Result, Wire

_HEAD = """\
# pip install "python-socketio[client]" requests PyJWT
import sys, time, jwt, requests, socketio

URLS = {urls}
SECRET = sys.argv[1]  # the server's JWT secret


def token(user, tenant, name, role="user"):
    claims = dict(sub=user, tenant_id=tenant, name=name, role=role, type="access", jti=f"{{user}}-{{time.time()}}")
    return jwt.encode({{**claims, "iat": int(time.time()), "exp": int(time.time()) + 600}}, SECRET)


def say(client, event, *data):
    client.emit(event, *data, callback=lambda *answer: print("ack of", event, *answer))
    time.sleep(0.3)


def tab(user, tenant, name, node=1):
    client = socketio.Client(reconnection=False)
    client.on("*", lambda event, *data: print(f"{{name}} hears {{event}}", *data))
    client.connect(URLS[node - 1], auth={{"token": token(user, tenant, name)}}, transports=["{transport}"])
    return client
"""
_REST = """\


def rest(method, url, body, role="user"):
    headers = {"Authorization": "Bearer " + token("ana", "acme", "Ana", role)}
    print(requests.request(method, url, headers=headers, json=body).text)
"""
_TAB = re.compile(r"(?P<name>[^']+)'s tab (?P<number>\d+) \(node (?P<node>\d+)\)")
_WORKS_AT = re.compile(r'(?P<people>.+) works? at "(?P<company>[^"]+)"')
_NAME = re.compile(r"[A-Z][a-z]+")
#: What a variable cannot have in its name.
_NO_NAME = re.compile(r"[^a-z0-9_]|^(?=[0-9])")
#: Those through whom the harness proves absence; nobody has to send what they send.
_HARNESS = ("Herald", "Stranger")
#: Lines of what was sent, the last ones: they are what has failed.
MOST_LINES = 30
#: Characters of a line from which on its payload is left to the wire log.
_LONG = 400


def program(result: Result, servers: tuple[str, ...]) -> str:
    """The program of a result that failed."""
    wire = [line for line in result.wire if line.direction == "sent" and not line.who.startswith(_HARNESS)]
    head = _HEAD.format(urls=list(servers), transport=result.transport)
    if any(line.kind == "request" for line in wire):
        head += _REST
    said = result.failure
    tail = [*_comment("expected", said.expected), *_comment("got", said.actual)] if said else []
    lines = list(_lines(result, wire))
    if len(lines) > MOST_LINES:
        opened = [line for line in lines[:-MOST_LINES] if " = tab(" in line]
        left = len(lines) - MOST_LINES - len(opened)
        told = [f"# … {left} lines before: see the wire log"] if left else []
        lines = [*opened, *told, *lines[-MOST_LINES:]]
    return "\n".join([head, "", *lines, "time.sleep(1)", *tail, ""])


def _lines(result: Result, wire: list[Wire]) -> Iterator[str]:
    companies = dict(_companies(result))
    for line in wire:
        match = _TAB.fullmatch(line.who)
        if match is None:
            method, _, url = line.name.partition(" ")
            role = ', role="service"' if method == "POST" else ""
            yield _short(f"rest({method!r}, {url!r}, {_literal(line.payload)}{role})", line)
            continue
        name = match["name"]
        variable = f"{_NO_NAME.sub('_', name.lower())}{match['number']}"
        if line.name == "connect" and line.kind == "event":
            tenant = companies.get(name, "acme")
            yield f"{variable} = tab({name.lower()!r}, {tenant!r}, {name!r}, node={match['node']})"
        elif line.name.startswith("("):
            yield f"{variable}.disconnect()  # {line.name.strip('()')}"
        elif line.kind == "packet" or line.name in ("packet", "frame"):
            whole = ".ws" if line.name == "frame" else ""  # of Engine.IO, or of Socket.IO inside it
            yield _short(f"{variable}.eio{whole}.send({line.payload!r})", line)
        else:
            payload = "" if line.payload is None else f", {_literal(line.payload)}"
            yield _short(f"say({variable}, {line.name!r}{payload})", line)


def _companies(result: Result) -> Iterator[tuple[str, str]]:
    for step in result.steps:
        match = _WORKS_AT.fullmatch(step.text)
        if match is not None:
            yield from ((name, match["company"]) for name in _NAME.findall(match["people"]))


def _literal(value: object) -> str:
    """A value of JSON as Python: its text is read again, so that nothing has to be spelt differently."""
    if isinstance(value, str | int | float | list | dict | bool | None):
        return repr(value)
    return repr(json.dumps(value))


def _short(text: str, line: Wire) -> str:
    return text if len(text) <= _LONG else f"# {line.name} with {len(text):,} characters: see the wire log"


def _comment(label: str, text: str) -> list[str]:
    first, *rest = map(printable, text.splitlines() or [""])
    return [f"# {label}: {first}", *(f"#   {line}" for line in rest[:10])]
