r"""Makes text safe to show in a report: no tokens, no control characters, no endless payloads.

Reports are pasted into issues and stored by CI. A token is recognised by its shape, if it is a JWT, or because it
appeared where tokens belong: in the `auth` of a connection or the query of a URL. Reports may contain it whole or cut,
so every start of it that is long enough to be useful is redacted too.

    Redactor            for captures: learns the tokens of a file, and hides them
    redacted, shown     for scenarios: a JWT becomes `<token>`, or what a feature calls it
    printable, visible  for a terminal and a page: control characters are spelled, as `\u001b`
    utf8, xml           for a file: what its encoding cannot carry is spelled
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

#: Replaces a token in the report of a capture.
HIDDEN = "[token]"
#: Replaces a token in the report of a scenario.
REDACTED = "<token>"
#: Characters of a token's start that are redacted. Fewer are no secret, and occur in too many other words.
MIN_PREFIX = 8
#: Characters from which any text of an `auth` payload counts as a secret, whatever its name. Names are shorter.
LONG_SECRET = 16
#: URL parameters that hold tokens, besides any with "token" in the name.
SECRET_PARAMETERS = frozenset({"auth", "authorization", "jwt", "apikey", "api_key", "key", "secret", "password"})
#: Characters shown of the name of an event or a connection.
NAME_LENGTH = 120
#: Characters kept of a text in a payload.
MOST_OF_A_TEXT = 300
#: Nesting levels kept of a payload. Deeper ones were sent to be refused, not to be read.
DEEP = 20

#: A JWT's parts, or as many as are left: the first is base64url of `{"`, most often of `{"alg`, `{"typ` or `{"kid`.
#: Where anything else follows on a letter or a digit it may as well be a word, such as `keyJoin`, and has to be longer.
_JWT = re.compile(
    r"(?:(?<![A-Za-z0-9])eyJ[\w-]*|eyJ(?:hbG|0eX|raW)[\w-]*|eyJ[\w-]{13,})(?:\.[\w-]*){0,4}",
    re.ASCII,
)
_BEARER = re.compile(r"\s*bearer\s+", re.IGNORECASE)
#: Control characters (C0, DEL, C1), line and paragraph separators, what turns the direction of text around, lone
#: surrogates, and the two that XML refuses.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_NO_UTF8 = re.compile("[\ud800-\udfff]")
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def shown(value: Any, level: int = 0, *, owner: str | None = None) -> Any:  # noqa: PLR0911 - a line for each kind
    """Return a value as a report may show it: JSON, without tokens, long texts cut. `owner` as in `redacted`."""
    if isinstance(value, str):
        text = redacted(value.encode("utf-8", "replace").decode(), owner)
        return text if len(text) <= MOST_OF_A_TEXT else f"{text[:MOST_OF_A_TEXT]}… ({len(text):,} characters)"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if -(2**53) < value < 2**53 else repr(value)
    if level >= DEEP:
        return "…"
    if isinstance(value, dict):
        return {shown(str(key)): shown(part, level + 1, owner=owner) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [shown(part, level + 1, owner=owner) for part in value]
    return redacted(repr(value)[:MOST_OF_A_TEXT])


def redacted(text: str, owner: str | None = None) -> str:
    """Return a text without tokens.

    `owner`: the user whose tab sent the text, "" for none. A token then becomes words that describe how it differs from
    the user's good token.
    """
    if owner is None:
        return _JWT.sub(REDACTED, text)
    from realtime_contracts.wire.tokens import described  # noqa: PLC0415 - reading a capture should not wait for PyJWT

    return _JWT.sub(lambda match: described(match[0], owner), text)


class Redactor:
    """The tokens found in captures, and how to write text without them."""

    def __init__(self) -> None:
        #: The long ones by their start, in order.
        self._long: dict[str, list[str]] = {}
        self._short: set[str] = set()
        #: The lengths of the short ones, the longest first.
        self._lengths: list[int] = []

    def learn(self, value: object) -> None:
        """Take every text and number in `value`, from `auth.token`, as a secret."""
        todo = [value]
        while todo:
            item = todo.pop()
            if isinstance(item, dict):
                todo += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                todo += item
            elif isinstance(item, (str, int, float)) and not isinstance(item, bool):
                self._learn_text(str(item))

    def learn_auth(self, auth: object) -> None:
        """Take the token of a connection's `auth`, and any other text in it that is long enough, as secrets."""
        if not isinstance(auth, dict):
            self.learn(auth)
            return
        todo: list[object] = []
        for name, value in auth.items():
            if _is_secret_name(str(name)):
                self.learn(value)
            else:
                todo.append(value)
        while todo:
            item = todo.pop()
            if isinstance(item, (dict, list)):
                todo += item.values() if isinstance(item, dict) else item
            elif isinstance(item, str) and len(item) >= LONG_SECRET:
                self._learn_text(item)

    def learn_url(self, url: str) -> None:
        """Take the tokens in a URL's query as secrets, raw and decoded."""
        try:
            query = urlsplit(url).query
        except ValueError:
            query = url.partition("?")[2]
        for part in query.split("&"):
            name, _, raw = part.partition("=")
            if raw and _is_secret_name(name):
                self._learn_text(raw)
                for _, value in parse_qsl(part, errors="replace"):
                    self._learn_text(value)

    def clean(self, text: str) -> str:
        """Return `text` for a report: no token, no start of one, no control characters."""
        return _UNPRINTABLE.sub(_spelled, self._hide(text))

    def name(self, text: str) -> str:
        """Return a name as `clean` does, cut to its maximum length."""
        return self.clean(clipped(text))

    def _learn_text(self, text: str) -> None:
        text = _BEARER.sub("", text, count=1) if _BEARER.match(text) else text
        matched = _JWT.fullmatch(text)
        if not text.strip() or (matched and matched.group().startswith("eyJ")):
            return
        for form in _forms(text):
            if len(form) < MIN_PREFIX:
                self._short.add(form)
                self._lengths = sorted({*self._lengths, len(form)}, reverse=True)
            else:
                secrets = self._long.setdefault(form[:MIN_PREFIX], [])
                near = bisect_left(secrets, form)
                if secrets[near : near + 1] != [form]:
                    secrets.insert(near, form)

    def _hide(self, text: str) -> str:
        shown, at = [], 0
        for start, end in self._spans(text):
            if start >= at:
                shown += [text[at:start], HIDDEN]
            at = max(at, end)
        return _JWT.sub(HIDDEN, "".join([*shown, text[at:]]))

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the places of secrets in `text`. Looks the text up among the secrets: there may be many."""
        for at in range(len(text) if self._long or self._short else 0):
            if secrets := self._long.get(text[at : at + MIN_PREFIX]):
                # In sorted order, the secret that shares the longest start with a text is its neighbour.
                near = bisect_left(secrets, text[at:])
                yield at, at + max(_common(text, at, secret) for secret in secrets[max(near - 1, 0) : near + 1])
            if at and _is_word(text[at - 1]):
                continue
            for length in self._lengths:
                end = at + length
                if text[at:end] in self._short and not (end < len(text) and _is_word(text[end])):
                    yield at, end
                    break


def clipped(text: str) -> str:
    """Return a name of at most `NAME_LENGTH` characters."""
    return text if len(text) <= NAME_LENGTH else text[: NAME_LENGTH - 1] + "…"


def _is_secret_name(name: str) -> bool:
    return "token" in name.lower() or name.lower() in SECRET_PARAMETERS


def _forms(text: str) -> set[str]:
    """Return a secret's spellings: plain, in JSON, in a JSON Pointer, in a URL."""
    raw = text.encode("utf-8", "surrogatepass")
    return {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        text.replace("~", "~0").replace("/", "~1"),
        quote(raw, safe=""),
        quote_plus(raw),
    }


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _common(text: str, at: int, secret: str) -> int:
    """Return how many characters of `secret` match `text` at `at`."""
    if text.startswith(secret, at):
        return len(secret)
    length = 0
    for mine, theirs in zip(secret, text[at : at + len(secret)], strict=False):
        if mine != theirs:
            break
        length += 1
    return length


def utf8(text: str) -> str:
    r"""Return a text that UTF-8 can encode: lone surrogates are escaped, `\ud800`."""
    return _NO_UTF8.sub(_spelled, text)


def xml(text: str) -> str:
    r"""Return a text that XML can hold; other characters are escaped, `\u001b`."""
    return _NO_XML.sub(_spelled, text)


def printable(text: str) -> str:
    r"""Return a text on one line for a terminal; invisible characters are escaped, `\u001b`."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _code(c) for c in text)


def visible(text: str) -> str:
    r"""Return a text for a page; invisible characters and changes of the text's direction are escaped: `\u202e`."""
    return text if text.isprintable() else "".join(c if _is_seen(c) else _code(c) for c in text)


def _is_seen(character: str) -> bool:
    return character.isprintable() or character in "\t\n" or unicodedata.category(character) == "Zs"


def _spelled(match: re.Match[str]) -> str:
    return _code(match[0])


def _code(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 1 << 16 else f"\\U{number:08x}"
