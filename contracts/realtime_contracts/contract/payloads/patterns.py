r"""The regular expressions of the contract, read: which texts a `pattern` allows, as a tree.

A validator only says yes or no to a text. To make texts that fit, or to tell whether one pattern allows all that
another does, a pattern has to be taken apart. This reads the part of the syntax that every dialect reads alike, the
part that `lint.UNPORTABLE` leaves: characters, classes in brackets, groups, alternation, quantifiers, and the anchors
at both ends. Whatever else there is, `\d` or a look-ahead or an anchor in the middle, is `Unsupported`: better no
answer than a wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Never

#: A range of code points, both ends in it.
Span = tuple[int, int]
#: Code points, as ranges in order, neither overlapping nor touching.
Spans = tuple[Span, ...]

#: Every character that JSON text can hold: all of Unicode but the surrogates.
EVERY: Spans = ((0, 0xD7FF), (0xE000, 0x10FFFF))
#: Repetitions that a quantifier may ask for; each is a state of the automaton.
MOST_REPETITIONS = 10_000

#: Escapes that stand for another character. A punctuation character escaped is itself.
_ESCAPES = {"n": 0x0A, "r": 0x0D, "t": 0x09, "f": 0x0C, "v": 0x0B, "0": 0}
_HEXADECIMAL = {"u": 4, "x": 2}
_SPECIAL = frozenset("()[]{}|*+?^$.\\")


class Unsupported(ValueError):
    """The pattern uses syntax that is not read here, or that no dialect accepts; the message says which."""


@dataclass(frozen=True)
class Chars:
    """One character of these."""

    spans: Spans


@dataclass(frozen=True)
class Sequence:
    """One after the other; without parts, the empty text."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """One of several."""

    options: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """`part` from `low` to `high` times; without `high`, without end."""

    part: Node
    low: int
    high: int | None


Node = Chars | Sequence | Choice | Repeat

_ANYTHING = Repeat(Chars(EVERY), 0, None)


def parse(pattern: str) -> Node:
    """What a whole text must look like for `pattern` to be found in it. Raises Unsupported."""
    return _Parser(pattern).pattern()


def merged(spans: list[Span]) -> Spans:
    """Ranges put in order, and together where they touch."""
    result: list[Span] = []
    for low, high in sorted(spans):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(high, result[-1][1]))
        else:
            result.append((low, high))
    return tuple(result)


def common(one: Spans, other: Spans) -> Spans:
    """The code points that are in both."""
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted((low, high) for low, high in pairs if low <= high))


def without(spans: Spans) -> Spans:
    """All characters but these."""
    result, start = [], 0
    for low, high in (*spans, (0x110000, 0x110000)):
        if start < low:
            result.append((start, low - 1))
        start = high + 1
    return common(tuple(result), EVERY)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def pattern(self) -> Node:
        options = [self._anchored()]
        while self._take("|"):
            options.append(self._anchored())
        if self._at < len(self._text):
            self._fail()
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _anchored(self) -> Node:
        """One alternative of the whole pattern: where it has no anchor, anything may come before or after it."""
        head = () if self._take("^") else (_ANYTHING,)
        body = self._sequence()
        tail = () if self._take("$") else (_ANYTHING,)
        return Sequence((*head, body, *tail))

    def _group(self) -> Node:
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        if not self._take(")"):
            self._fail()
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)$":
            parts.append(self._quantified(self._atom()))
        return Sequence(tuple(parts))

    def _atom(self) -> Node:
        if self._take("("):
            if self._take("?") and not self._take(":"):
                self._fail()
            return self._group()
        if self._take("["):
            return Chars(self._class())
        if self._text[self._at] in _SPECIAL - {"\\", "}", "]"}:
            self._fail()
        return Chars(merged([self._single()]))

    def _quantified(self, atom: Node) -> Node:
        limits: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        sign = next((sign for sign in limits if self._take(sign)), None)
        if sign is None and not self._take("{"):
            return atom
        low, high = limits[sign] if sign else self._bounds()
        self._take("?")  # as few as possible or as many: the same texts
        if self._text[self._at : self._at + 1] in ("*", "+", "{"):
            self._fail()
        if max(low, high or 0) > MOST_REPETITIONS or (high is not None and high < low):
            self._fail()
        return Repeat(atom, low, high)

    def _bounds(self) -> tuple[int, int | None]:
        low = self._number()
        high: int | None = low
        if self._take(","):
            high = None if self._text[self._at : self._at + 1] == "}" else self._number()
        if not self._take("}"):
            self._fail()
        return low, high

    def _number(self) -> int:
        start = self._at
        while self._text[self._at : self._at + 1] in tuple("0123456789"):
            self._at += 1
        return int(self._text[start : self._at]) if self._at > start else self._fail()

    def _class(self) -> Spans:
        negated = self._take("^")
        spans: list[Span] = []
        while not self._take("]"):
            if self._at >= len(self._text) or self._text[self._at] == "[":
                self._fail()
            low, high = self._single()
            if self._text[self._at : self._at + 1] == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._single()[1]
            if high < low:
                self._fail()
            spans.append((low, high))
        if not spans:
            self._fail()
        return without(merged(spans)) if negated else common(merged(spans), EVERY)

    def _single(self) -> Span:
        """One character, escaped or not."""
        character = self._text[self._at]
        self._at += 1
        if character != "\\":
            return ord(character), ord(character)
        escaped = self._text[self._at : self._at + 1]
        self._at += 1
        if escaped in _HEXADECIMAL:
            digits = self._text[self._at : self._at + _HEXADECIMAL[escaped]]
            self._at += len(digits)
            try:
                code = int(digits, 16)
            except ValueError:
                self._fail()
            if len(digits) < _HEXADECIMAL[escaped]:
                self._fail()
            return code, code
        if escaped == "" or (escaped.isalnum() and escaped not in _ESCAPES):
            self._fail()
        code = _ESCAPES.get(escaped, ord(escaped))
        return code, code

    def _take(self, sign: str) -> bool:
        taken = self._text.startswith(sign, self._at)
        self._at += taken
        return taken

    def _fail(self) -> Never:
        raise Unsupported(f"the pattern {self._text} is not read, near character {self._at + 1}")
