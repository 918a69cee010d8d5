"""The shortest program that reproduces a failure: what the scenario's users sent, without the harness.

It is Python with the official client, to be read and to be run. It shows the server's owner what to send, in which
order, from which tabs, with which tokens. The expected and the actual result stand at its end. Anything it cannot do
stands in it as a comment.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from realtime_contracts.conform.results import Result, Wire
from realtime_contracts.wire.redaction import printable, redacted
from realtime_contracts.wire.tokens import ANOTHER_KEY

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
#: Makes a token: a good one by default. A claim that is None is left out.
_MAKING = """\


def token(user, tenant, ttl=600, key=SECRET, **other):
    now = int(time.time())
    claims = dict(sub=user, tenant_id=tenant, name=user.title(), role="user", type="access")
    claims |= dict(jti=str(time.time()), iat=now, nbf=now, exp=now + ttl) | other
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, "HS256" if key else "none")
"""
#: Signs other claims with the signature of a good token.
_ALTERED = """\


def altered(mine):
    head, _, signature = token("somebody", "else").split(".")
    return ".".join([head, mine.split(".")[1], signature])
"""
_VALUE = r'"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[\w-]+'
_WORDS = re.compile(rf"<(?P<kinds>(?:\w+ )*)token(?P<told>(?: (?:{_VALUE}))*)>")
_PART = re.compile(
    rf" (?:(?P<what>of|at|with (?P<claim>\w+)) (?P<value>{_VALUE})|without (?P<without>\w+)"
    r"|(?P<signed>changed after signing|not signed|signed with another key))"
)
#: The arguments of `token` for each kind.
_KINDS = {
    "refresh": {"type": "'refresh'"},
    "service": {"role": "'service'"},
    "expired": {"ttl": "-60"},
    "early": {"nbf": "int(time.time()) + 3600"},
    "soon": {"nbf": "int(time.time()) + 3"},
}
#: Equal characters at the end of a text from which they are written as a count.
_MANY = re.compile(r"(.*?)(.)\2{39,}", re.DOTALL)
_TAB = re.compile(r"(?P<name>[^']+)'s tab (?P<number>\d+) \(node (?P<node>\d+)\)")
_WORKS_AT = re.compile(r'(?P<people>.+) works? at "(?P<company>[^"]+)".*')
_NAME = re.compile(r"[A-Z][a-z]+")
#: Characters that a variable's name cannot have.
_NO_NAME = re.compile(r"[^a-z0-9_]|^(?=[0-9])")
#: The start of a header after the URL of a request.
_HEADER = re.compile(r", (?=[A-Z][A-Za-z-]*: )")
#: The comment for a step that the program cannot express.
_NOT_SHOWN = re.compile(
    r"without having connected|asks for a session|stops answering pings|moves on to WebSocket|at the same time"
    r"|node \d+ is (killed|stopped)|Redis (cannot|was|is|has)"
)
#: A text that was cut, or a value nested too deep.
_CUT = re.compile(r"(.*… \([\d,]+ characters\)|(.{4000})?…)", re.DOTALL)
_CONNECT = re.compile(r"connect(?: (?P<namespace>/\S*))?(?: (?P<query>\?.*))?")
#: The harness's own barrier client, which the program leaves out.
_HARNESS = "Barrier"
#: The last lines sent, which led to the failure. Equal lines in a row count as one.
MOST_LINES = 30
#: Equal lines in a row from which they become a loop.
MANY = 3
#: Characters of a line from which its payload is left to the wire log.
_LONG = 400


@dataclass(frozen=True)
class Owner:
    """The user of a tab, and their tenant; no name means no user."""

    name: str
    company: str


def program(result: Result, servers: tuple[str, ...]) -> str:
    """Return the program of a failed result."""
    wire = [line for line in result.wire if not line.who.startswith(_HARNESS)]
    lines = list(_folded(_lines(result, wire)))
    if len(lines) > MOST_LINES:
        opened = [line for line in lines[:-MOST_LINES] if " = tab(" in line]
        left = len(lines) - MOST_LINES - len(opened)
        told = [f"# … {left} lines before: see the wire log"] if left else []
        lines = [*opened, *told, *lines[-MOST_LINES:]]
    code = "\n".join(lines)
    token = _MAKING + _ALTERED if "altered(" in code else _MAKING
    head = _HEAD.format(urls=list(servers), transport=result.transport, token=token)
    if "rest(" in code:
        head += _REST
    said = result.failure
    tail = [*_comment("expected", said.expected), *_comment("got", said.actual)] if said else []
    return "\n".join([head, "", *lines, "time.sleep(1)", *tail, ""])


def _folded(lines: Iterator[str]) -> Iterator[str]:
    """Return the lines, with repeated ones as a loop that does not wait for answers."""
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
    """Yield the steps that the program cannot express: their start, and a comment."""
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
    """Return a raw packet of Socket.IO, or of Engine.IO around it."""
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
    """Whether a payload was cut, so that it is no longer what was sent."""
    if isinstance(payload, dict):
        return any(map(_is_cut, (*payload, *payload.values())))
    if isinstance(payload, list):
        return any(map(_is_cut, payload))
    return isinstance(payload, str) and _CUT.fullmatch(payload) is not None


def _comment(label: str, text: str) -> list[str]:
    first, *rest = map(printable, text.splitlines() or [""])
    return [f"# {label}: {first}", *(f"#   {line}" for line in rest[:10])]


# Values and tokens


def literal(value: Any, owner: Owner | None = None) -> str:
    """Return a JSON value as Python; a token that `owner` sent as the call that makes it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {literal(part, owner)}' for key, part in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(part, owner) for part in value)}]"
    if not isinstance(value, str):
        return repr(value)
    text = redacted(value)
    return _literal_text(text) if owner is None else _with_tokens(text, owner)


def _with_tokens(text: str, owner: Owner) -> str:
    parts, end = [], 0
    for match in _WORDS.finditer(text):
        parts += [_literal_text(text[end : match.start()]), _token(match, owner)]
        end = match.end()
    parts.append(_literal_text(text[end:]))
    return " + ".join(part for part in parts if part != "''") or "''"


def _literal_text(text: str) -> str:
    many = _MANY.fullmatch(text)
    return f"{many[1]!r}.ljust({len(text)}, {many[2]!r})" if many else repr(text)


def _token(match: re.Match[str], owner: Owner) -> str:
    user: Any = owner.name.lower()
    tenant: Any = owner.company
    more: dict[str, str] = {}
    made = "token({})"
    for kind in match["kinds"].split():
        more |= _KINDS.get(kind, {})
    for part in _PART.finditer(match["told"]):
        value = _value(part["value"])
        if part["what"] == "of":
            user = value
        elif part["what"] == "at":
            tenant = value
        elif part["claim"] == "length":
            made += f".ljust({value}, 'x')"
        elif part["claim"]:
            more[part["claim"]] = literal(value)
        elif part["without"]:
            more[part["without"]] = "None"
        elif part["signed"] == "changed after signing":
            made = f"altered({made})"
        else:
            more["key"] = repr(ANOTHER_KEY if part["signed"].endswith("key") else None)
    if owner.name and user.title() != owner.name:
        more = {"name": repr(owner.name), **more}
    arguments = [literal(user), literal(tenant), *(f"{name}={value}" for name, value in more.items())]
    return made.format(", ".join(arguments))


def _value(words: str | None) -> Any:
    """Return the value of a word, or of JSON text."""
    if words is None or words[0] not in '"[':
        return int(words) if words and words.removeprefix("-").isdecimal() else words
    return json.loads(words)
