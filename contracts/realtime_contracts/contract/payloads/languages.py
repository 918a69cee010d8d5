r"""The texts that a string schema allows: draw one, or find one that another schema refuses.

A string schema is bounds on the length and patterns. Two that look different may allow the same texts, and two that
look alike may not. An automaton decides it, and gives the shortest text that tells the two apart. Lengths are counted
in characters, as JSON Schema counts them.

A pattern becomes a tree, and a tree is a state of the automaton: what may still follow. Its derivative by a character
is what may follow after that character (Brzozowski 1964). The parser reads the syntax that every dialect reads alike,
the part that `lint.UNPORTABLE` leaves: characters, classes in brackets, groups, alternation, quantifiers, and the
anchors at both ends. Anything else, such as `\d`, a look-ahead or an anchor in the middle, is `Unsupported`: no answer
is better than a wrong one.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Never

#: Ranges of code points, both ends included, in order. They neither overlap nor touch.
Spans = tuple[tuple[int, int], ...]

#: Every character that JSON text can hold: all of Unicode but the surrogates.
EVERY: Spans = ((0, 0xD7FF), (0xE000, 0x10FFFF))
#: Repetitions that a quantifier may ask for.
MOST_REPETITIONS = 10_000
#: Limits on the size of a pattern with its repetitions written out, and on the pairs of states compared.
MOST_STATES = 300_000
#: Preferred characters of an example text: the first that fits.
_READABLE = "a0-_. /A#"
#: The automaton's dead state: no text is allowed from here.
_DEAD = -1

_QUANTIFIER = re.compile(r"(?:([*+?])|\{([0-9]{1,6})(?:(,)([0-9]{0,6}))?\})\??")
_LIMITS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
#: One character: by its number, by a letter that stands for it, escaped punctuation, or itself.
_CHARACTER = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\([nrtfv0])|\\([\W_])|([^\\])", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}


class Unsupported(ValueError):
    """The pattern uses unsupported syntax or is too large; the message says which."""


@dataclass(frozen=True)
class Strings:
    """The texts of `low` to `high` characters in which every pattern is found; without `high`, of any length."""

    low: int = 0
    high: int | None = None
    #: Sorted, each once.
    patterns: tuple[str, ...] = ()

    def fits(self, length: int) -> bool:
        """Whether a text may have so many characters."""
        return self.low <= length and at_most(length, self.high)


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
    """One of several; without options, nothing at all."""

    options: frozenset[Node]


@dataclass(frozen=True)
class Repeat:
    """`part` from `low` to `high` times; without `high`, without end."""

    part: Node
    low: int
    high: int | None


Node = Chars | Sequence | Choice | Repeat

_EMPTY, _NOTHING = Sequence(()), Choice(frozenset())
_ANYTHING = Repeat(Chars(EVERY), 0, None)


@dataclass(frozen=True)
class Automaton:
    """Deterministic: `steps[state][class]` is the next state; `classes` group characters with equal transitions."""

    classes: tuple[Spans, ...]
    steps: tuple[tuple[int, ...], ...]
    accepting: frozenset[int]


def at_most(one: float | None, other: float | None) -> bool:
    """Whether an upper bound is within another; None is unbounded."""
    return other is None or (one is not None and one <= other)


@functools.lru_cache(maxsize=4096)
def separating(one: Strings, other: Strings) -> str | None:
    """The shortest text that `one` allows and `other` does not; None if there is none.

    Raises Unsupported for a pattern with unsupported syntax, or one that is too large.
    """
    if set(other.patterns) <= set(one.patterns) and other.low <= one.low and at_most(one.high, other.high):
        return None
    if not one.patterns and not other.patterns:
        lengths = (one.low, (other.high or 0) + 1)
        return next(("a" * length for length in lengths if one.fits(length) and not other.fits(length)), None)
    left, right = automaton(one.patterns), automaton(other.patterns)
    letters = [
        (_readable(both), i, j)
        for i, mine in enumerate(left.classes)
        for j, theirs in enumerate(right.classes)
        if (both := _common(mine, theirs))
    ]
    letters.sort(key=lambda it: (_READABLE.find(it[0]) % (1 + len(_READABLE)), it))
    horizon = 1 + max(one.low, one.high or 0, other.low, other.high or 0)
    seen = {(0, 0, 0)}
    todo = deque([((0, 0, 0), "")])
    while todo:
        (mine_at, theirs_at, length), text = todo.popleft()
        allowed = mine_at in left.accepting and one.fits(length)
        if allowed and not (theirs_at in right.accepting and other.fits(length)):
            return text
        if one.high is not None and length >= one.high:
            continue
        for letter, i, j in letters:
            theirs_next = right.steps[theirs_at][j] if theirs_at != _DEAD else _DEAD
            place = (left.steps[mine_at][i], theirs_next, min(length + 1, horizon))
            if place[0] != _DEAD and place not in seen:
                seen.add(place)
                todo.append((place, text + letter))
        if len(seen) > MOST_STATES:
            raise Unsupported(f"the patterns {one.patterns} and {other.patterns} are too large to compare")
    return None


def shortest(strings: Strings) -> str | None:
    """The shortest text there is, of readable characters; None if there is none. Raises Unsupported."""
    return separating(strings, Strings(1, 0))


def allows(strings: Strings, text: str) -> bool:
    """Whether a text is one of `strings`. Raises Unsupported."""
    if not strings.fits(len(text)) or not strings.patterns:
        return strings.fits(len(text))
    machine, state = automaton(strings.patterns), 0
    for code in map(ord, text):
        found = (i for i, spans in enumerate(machine.classes) if any(low <= code <= high for low, high in spans))
        state = machine.steps[state][number] if (number := next(found, None)) is not None else _DEAD
        if state == _DEAD:
            return False
    return state in machine.accepting


def draw(strings: Strings, rng: random.Random, length: int) -> str | None:
    """A random text of this length that the patterns allow, None if there is none. Raises Unsupported."""
    machine = automaton(strings.patterns)
    ways = _ways(strings.patterns, length)
    if 0 not in ways[length]:
        return None
    state, text = 0, []
    for left in range(length - 1, -1, -1):
        choices = [i for i, after in enumerate(machine.steps[state]) if after in ways[left]]
        chosen = rng.choice(choices)
        text.append(_character(machine.classes[chosen], rng))
        state = machine.steps[state][chosen]
    return "".join(text)


@functools.lru_cache(maxsize=256)
def automaton(patterns: tuple[str, ...]) -> Automaton:
    """The automaton of all texts in which every one of `patterns` is found. Raises Unsupported."""
    trees = tuple(parse(pattern) for pattern in patterns)
    classes = _partition({spans for tree in trees for spans in _spans(tree)})
    numbers = {trees: 0}
    todo = deque([trees])
    steps: list[tuple[int, ...]] = []
    while todo:
        place = todo.popleft()
        row = []
        for spans in classes:
            after = tuple(_after(tree, spans[0][0]) for tree in place)
            if _NOTHING in after:
                row.append(_DEAD)
                continue
            if after not in numbers:
                numbers[after] = len(numbers)
                todo.append(after)
            row.append(numbers[after])
        steps.append(tuple(row))
        if len(numbers) > MOST_STATES // 10:
            raise Unsupported(f"the patterns {patterns} are too large")
    accepting = frozenset(number for place, number in numbers.items() if all(map(_may_be_empty, place)))
    return Automaton(classes, tuple(steps), accepting)


def parse(pattern: str) -> Node:
    """What a whole text must look like for `pattern` to be found in it. Raises Unsupported."""
    tree = _Parser(pattern).pattern()
    if _size(tree) > MOST_STATES:
        raise Unsupported(f"the pattern {pattern} is too large")
    return tree


def _sequence(parts: Iterable[Node]) -> Node:
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Sequence) else (part,)))
    if _NOTHING in flat:
        return _NOTHING
    return flat[0] if len(flat) == 1 else Sequence(flat)


def _choice(options: Iterable[Node]) -> Node:
    flat = frozenset(i for option in options for i in (option.options if isinstance(option, Choice) else (option,)))
    return next(iter(flat)) if len(flat) == 1 else Choice(flat)


def _may_be_empty(node: Node) -> bool:
    match node:
        case Choice(options):
            return any(map(_may_be_empty, options))
        case Repeat(_, 0, _):
            return True
        case _:
            return not isinstance(node, Chars) and all(map(_may_be_empty, _parts(node)))


def _after(node: Node, code: int) -> Node:
    """Return the tree of what may follow after one character."""
    match node:
        case Chars(spans):
            return _EMPTY if any(low <= code <= high for low, high in spans) else _NOTHING
        case Sequence(parts):
            options = []
            for number, part in enumerate(parts):
                options.append(_sequence((_after(part, code), *parts[number + 1 :])))
                if not _may_be_empty(part):
                    break
            return _choice(options)
        case Choice(options_):
            return _choice(_after(option, code) for option in options_)
        case Repeat(part, low, high):
            if high == 0:
                return _NOTHING
            return _sequence((_after(part, code), Repeat(part, max(low - 1, 0), high and high - 1)))


def _parts(node: Node) -> Iterable[Node]:
    match node:
        case Chars():
            return ()
        case Sequence(parts):
            return parts
        case Choice(options):
            return options
        case Repeat(part, _, _):
            return (part,)


def _spans(node: Node) -> Iterator[Spans]:
    """The character classes in a tree."""
    if isinstance(node, Chars):
        yield node.spans
    for part in _parts(node):
        yield from _spans(part)


def _size(node: Node) -> int:
    """Return the size of a tree with its repetitions written out."""
    times = max(node.low, node.high or 1) if isinstance(node, Repeat) else 1
    return times * (isinstance(node, Chars) + sum(map(_size, _parts(node))))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def pattern(self) -> Node:
        tree = self._alternatives(self._anchored)
        return tree if self._at == len(self._text) else self._fail()

    def _alternatives(self, one: Callable[[], Node]) -> Node:
        options = [one()]
        while self._take("|"):
            options.append(one())
        return _choice(options)

    def _anchored(self) -> Node:
        """One alternative of the whole pattern: where it has no anchor, anything may come before or after it."""
        head = _EMPTY if self._take("^") else _ANYTHING
        body = self._concatenation()
        return _sequence((head, body, _EMPTY if self._take("$") else _ANYTHING))

    def _concatenation(self) -> Node:
        parts: list[Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)$":
            parts.append(self._quantified(self._atom()))
        return _sequence(parts)

    def _atom(self) -> Node:
        if self._take("("):
            if self._take("?") and not self._take(":"):
                self._fail()
            group = self._alternatives(self._concatenation)
            return group if self._take(")") else self._fail()
        if self._take("["):
            return Chars(self._class())
        if self._text[self._at] in "{*+?^.":
            self._fail()
        code = self._single()
        return Chars(_merged([(code, code)]))

    def _quantified(self, atom: Node) -> Node:
        found = _QUANTIFIER.match(self._text, self._at)
        if found is None:
            return atom
        sign, least, comma, most = found.groups()
        low, high = _LIMITS[sign] if sign else (int(least), int(most) if most else None if comma else int(least))
        if max(low, high or 0) > MOST_REPETITIONS or not at_most(low, high):
            self._fail()
        self._at = found.end()
        return Repeat(atom, low, high)

    def _class(self) -> Spans:
        negated = self._take("^")
        spans: list[tuple[int, int]] = []
        while not self._take("]"):
            if self._text.startswith("[", self._at):
                self._fail()
            low = high = self._single()
            if self._text.startswith("-", self._at) and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._single()
            if high < low:
                self._fail()
            spans.append((low, high))
        if not spans:
            self._fail()
        return _without(_merged(spans)) if negated else _common(_merged(spans), EVERY)

    def _single(self) -> int:
        """The code of one character, escaped or not."""
        found = _CHARACTER.match(self._text, self._at)
        if found is None:
            self._fail()
        self._at = found.end()
        long, short, letter, *plain = found.groups()
        number = long or short
        return int(number, 16) if number else ord(_LETTERS[letter] if letter else plain[0] or plain[1])

    def _take(self, sign: str) -> bool:
        taken = self._text.startswith(sign, self._at)
        self._at += taken
        return taken

    def _fail(self) -> Never:
        raise Unsupported(
            f"the pattern {self._text} cannot be compared: unsupported syntax at character {self._at + 1}"
        )


@functools.lru_cache(maxsize=4096)
def _ways(patterns: tuple[str, ...], length: int) -> tuple[frozenset[int], ...]:
    """For each number of characters up to `length`, the states from which exactly so many lead to an end."""
    machine = automaton(patterns)
    ways = [machine.accepting]
    for _ in range(length):
        last = ways[-1]
        ways.append(frozenset(state for state, row in enumerate(machine.steps) if not last.isdisjoint(row)))
    return tuple(ways)


def _merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """Sort and merge ranges."""
    result: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(high, result[-1][1]))
        else:
            result.append((low, high))
    return tuple(result)


def _common(one: Spans, other: Spans) -> Spans:
    """Return the code points in both."""
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted((low, high) for low, high in pairs if low <= high))


def _without(spans: Spans) -> Spans:
    """All characters but these."""
    edges = (-1, *(edge for span in spans for edge in span), 0x110000)
    gaps = zip(edges[::2], edges[1::2], strict=True)
    return _common(tuple((after + 1, before - 1) for after, before in gaps if after + 1 < before), EVERY)


def _partition(sets: set[Spans]) -> tuple[Spans, ...]:
    """Split all characters into the fewest classes that distinguish the sets."""
    distinct = sorted(sets)
    cuts = sorted({0, 0xE000, 0x110000, *(end for spans in distinct for low, high in spans for end in (low, high + 1))})
    classes: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for low, after in itertools.pairwise(cuts):
        members = tuple(i for i, spans in enumerate(distinct) if any(a <= low <= b for a, b in spans))
        classes.setdefault(members, []).extend(_common(((low, after - 1),), EVERY))
    return tuple(tuple(spans) for _, spans in sorted(classes.items()) if spans)


def _readable(spans: Spans) -> str:
    return next((c for c in _READABLE if any(a <= ord(c) <= b for a, b in spans)), chr(max(spans)[0]))


def _character(spans: Spans, rng: random.Random) -> str:
    """Draw a character: mostly printable ASCII if possible, with the ends of a range preferred."""
    printable = _printable(spans)
    if printable and rng.random() < 0.6:  # noqa: PLR2004 - mostly
        return rng.choice(printable)
    low, high = rng.choice(spans)
    return chr(rng.choice((low, high, rng.randint(low, high))))


@functools.lru_cache(maxsize=1024)
def _printable(spans: Spans) -> str:
    return "".join(chr(code) for low, high in _common(spans, ((0x20, 0x7E),)) for code in range(low, high + 1))
