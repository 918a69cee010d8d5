"""Tokens in the program that shows a failure again: made as the scenario made them, by the words of `redaction`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from realtime_contracts.wire.forged import ANOTHER_KEY
from realtime_contracts.wire.redaction import redacted

#: Makes a token: a good one, unless it is told otherwise. A claim that is None is left out.
MAKING = """\


def token(user, tenant, ttl=600, key=SECRET, **other):
    now = int(time.time())
    claims = dict(sub=user, tenant_id=tenant, name=user.title(), role="user", type="access")
    claims |= dict(jti=str(time.time()), iat=now, nbf=now, exp=now + ttl) | other
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, "HS256" if key else "none")
"""
#: Puts the claims of a token under a signature that is not theirs.
ALTERED = """\


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
#: What is told to `token` for a kind.
_KINDS = {
    "refresh": {"type": "'refresh'"},
    "service": {"role": "'service'"},
    "expired": {"ttl": "-60"},
    "early": {"nbf": "int(time.time()) + 3600"},
}
#: Equal characters at the end of a text from which on they are counted.
_MANY = re.compile(r"(.*?)(.)\2{39,}", re.DOTALL)


@dataclass(frozen=True)
class Owner:
    """Whose tab it is, and where they work; without a name it is nobody's."""

    name: str
    company: str


def literal(value: Any, owner: Owner | None = None) -> str:
    """A value of JSON as Python; the words for tokens that `owner` has sent as what makes them."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {literal(part, owner)}' for key, part in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(part, owner) for part in value)}]"
    if not isinstance(value, str):
        return repr(value)
    text = redacted(value)
    return _text(text) if owner is None else _with_tokens(text, owner)


def _with_tokens(text: str, owner: Owner) -> str:
    parts, end = [], 0
    for match in _WORDS.finditer(text):
        parts += [_text(text[end : match.start()]), _token(match, owner)]
        end = match.end()
    parts.append(_text(text[end:]))
    return " + ".join(part for part in parts if part != "''") or "''"


def _text(text: str) -> str:
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
    """What was written as a word, or as JSON."""
    if words is None or words[0] not in '"[':
        return int(words) if words and words.isdecimal() else words
    return json.loads(words)
