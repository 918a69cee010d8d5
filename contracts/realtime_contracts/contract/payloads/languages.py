"""All texts of a string schema, as an automaton: to draw one, and to find one that another schema refuses.

A string schema is bounds on its length and patterns; together they say which texts it allows. Two that look
different may allow the same (`maxLength` beside a pattern whose texts are no longer anyway), and two that look alike
may not. So the question is put to automata, which answer it exactly, with the shortest text that tells the two apart.
Lengths are in characters, as JSON Schema counts them.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from realtime_contracts.contract.payloads.patterns import (
    Chars,
    Choice,
    Node,
    Repeat,
    Sequence,
    Spans,
    Unsupported,
    common,
    parse,
)

#: States of an automaton, or pairs of states and lengths looked at; more is not decided, and said so.
MOST_STATES = 300_000
#: What a text that is to be read is made of, where there is a choice: the first of these that fits.
_READABLE = "a0-_. /A#"
#: The automaton's state from which no text is allowed any more.
_DEAD = -1


@dataclass(frozen=True)
class Strings:
    """The texts of `low` to `high` characters in which every pattern is found; without `high`, of any length."""

    low: int = 0
    high: int | None = None
    #: Sorted, each once.
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Automaton:
    """Deterministic: `steps[state][class]` is the next state; `classes` are characters that lead alike everywhere."""

    classes: tuple[Spans, ...]
    steps: tuple[tuple[int, ...], ...]
    accepting: frozenset[int]


@functools.lru_cache(maxsize=4096)
def separating(one: Strings, other: Strings) -> str | None:
    """The shortest text that `one` allows and `other` does not; None if there is none.

    Raises Unsupported where it cannot be told: for patterns that are not read, and too large ones.
    """
    if set(other.patterns) <= set(one.patterns) and other.low <= one.low and _at_most(one.high, other.high):
        return None
    if not one.patterns and not other.patterns:
        lengths = (one.low, (other.high or 0) + 1)
        return next(("a" * length for length in lengths if _fits(length, one) and not _fits(length, other)), None)
    left, right = automaton(one.patterns), automaton(other.patterns)
    letters = [
        (_readable(both), i, j)
        for i, mine in enumerate(left.classes)
        for j, theirs in enumerate(right.classes)
        if (both := common(mine, theirs))
    ]
    letters.sort(key=lambda it: (_READABLE.find(it[0]) % (1 + len(_READABLE)), it))
    horizon = 1 + max(one.low, one.high or 0, other.low, other.high or 0)
    start = (0, 0, 0)
    seen = {start}
    todo = deque([(start, "")])
    while todo:
        (mine_at, theirs_at, length), text = todo.popleft()
        if (
            mine_at in left.accepting
            and _fits(length, one)
            and not (theirs_at in right.accepting and _fits(length, other))
        ):
            return text
        if one.high is not None and length >= one.high:
            continue
        for letter, i, j in letters:
            mine_next = left.steps[mine_at][i]
            theirs_next = right.steps[theirs_at][j] if theirs_at != _DEAD else _DEAD
            place = (mine_next, theirs_next, min(length + 1, horizon))
            if mine_next != _DEAD and place not in seen:
                seen.add(place)
                todo.append((place, text + letter))
        if len(seen) > MOST_STATES:
            raise Unsupported(f"the patterns {one.patterns} and {other.patterns} are too large to compare")
    return None


def shortest(strings: Strings) -> str | None:
    """The shortest text there is, of readable characters; None if there is none. Raises Unsupported."""
    return separating(strings, Strings(1, 0))


def draw(strings: Strings, rng: random.Random, length: int) -> str | None:
    """A text with as many characters, if there is one that is allowed; bounds are not looked at. Raises Unsupported."""
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
    machines = [_Machine(parse(pattern)) for pattern in patterns]
    classes = _partition([spans for machine in machines for spans in machine.spans()])
    first = tuple(machine.start for machine in machines)
    numbers = {first: 0}
    steps: list[tuple[int, ...]] = []
    todo = deque([first])
    while todo:
        place = todo.popleft()
        row = []
        for spans in classes:
            after = tuple(machine.step(at, spans[0][0]) for machine, at in zip(machines, place, strict=True))
            if not all(after):
                row.append(_DEAD)
                continue
            if after not in numbers:
                numbers[after] = len(numbers)
                todo.append(after)
            row.append(numbers[after])
        steps.append(tuple(row))
        if len(numbers) > MOST_STATES // 10:
            raise Unsupported(f"the patterns {patterns} are too large")
    accepting = frozenset(
        number
        for place, number in numbers.items()
        if all(machine.end in at for machine, at in zip(machines, place, strict=True))
    )
    return Automaton(classes, tuple(steps), accepting)


class _Machine:
    """One pattern as a nondeterministic automaton; a place in it is the set of states it may be in."""

    def __init__(self, node: Node) -> None:
        self._free: list[list[int]] = []
        self._reading: list[tuple[Spans, int] | None] = []
        self._known: dict[tuple[frozenset[int], int], frozenset[int]] = {}
        start = self._state()
        self.end = self._add(node, start)
        self.start = self._reached([start])

    def spans(self) -> Iterator[Spans]:
        return (reading[0] for reading in self._reading if reading)

    def step(self, at: frozenset[int], code: int) -> frozenset[int]:
        if (at, code) not in self._known:
            readings = (self._reading[state] for state in at)
            self._known[at, code] = self._reached(
                reading[1] for reading in readings if reading and any(low <= code <= high for low, high in reading[0])
            )
        return self._known[at, code]

    def _state(self) -> int:
        self._free.append([])
        self._reading.append(None)
        if len(self._free) > MOST_STATES:
            raise Unsupported("a pattern is too large")
        return len(self._free) - 1

    def _add(self, node: Node, at: int) -> int:
        """Build `node` from state `at` on; returns the state after it."""
        match node:
            case Chars(spans):
                after = self._state()
                self._reading[at] = (spans, after)
                return self._joined([after])
            case Sequence(parts):
                for part in parts:
                    at = self._add(part, at)
                return at
            case Choice(options):
                return self._joined([self._add(option, self._branch(at)) for option in options])
            case Repeat(part, low, high):
                for _ in range(low):
                    at = self._add(part, at)
                if high is None:
                    loop = self._joined([at])
                    self._free[self._add(part, self._branch(loop))].append(loop)
                    return self._joined([loop])
                exits = [at]
                for _ in range(high - low):
                    at = self._add(part, self._branch(at))
                    exits.append(at)
                return self._joined(exits)

    def _branch(self, at: int) -> int:
        after = self._state()
        self._free[at].append(after)
        return after

    def _joined(self, states: list[int]) -> int:
        after = self._state()
        for state in states:
            self._free[state].append(after)
        return after

    def _reached(self, states: Iterable[int]) -> frozenset[int]:
        todo, seen = list(states), set[int]()
        while todo:
            state = todo.pop()
            if state not in seen:
                seen.add(state)
                todo += self._free[state]
        return frozenset(seen)


@functools.lru_cache(maxsize=4096)
def _ways(patterns: tuple[str, ...], length: int) -> tuple[frozenset[int], ...]:
    """For each number of characters up to `length`, the states from which exactly so many lead to an end."""
    machine = automaton(patterns)
    ways = [machine.accepting]
    for _ in range(length):
        last = ways[-1]
        ways.append(frozenset(state for state, row in enumerate(machine.steps) if not last.isdisjoint(row)))
    return tuple(ways)


def _partition(sets: list[Spans]) -> tuple[Spans, ...]:
    """All characters, in as few classes as tell the sets apart."""
    distinct = sorted(set(sets))
    cuts = sorted(
        {0, 0xD800, 0xE000, 0x110000, *(end for spans in distinct for low, high in spans for end in (low, high + 1))}
    )
    classes: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for low, after in itertools.pairwise(cuts):
        if low == 0xD800:  # noqa: PLR2004 - the surrogates are no characters
            continue
        members = tuple(i for i, spans in enumerate(distinct) if any(a <= low <= b for a, b in spans))
        classes.setdefault(members, []).append((low, after - 1))
    return tuple(tuple(spans) for _, spans in sorted(classes.items()))


def _readable(spans: Spans) -> str:
    return next((c for c in _READABLE if any(a <= ord(c) <= b for a, b in spans)), chr(max(spans)[0]))


def _character(spans: Spans, rng: random.Random) -> str:
    """Mostly one of printable ASCII, where there is one; the ends of a range more often than their share."""
    printable = _printable(spans)
    if printable and rng.random() < 0.6:  # noqa: PLR2004 - mostly
        return rng.choice(printable)
    low, high = rng.choice(spans)
    return chr(rng.choice((low, high, rng.randint(low, high))))


@functools.lru_cache(maxsize=1024)
def _printable(spans: Spans) -> str:
    return "".join(chr(code) for low, high in common(spans, ((0x20, 0x7E),)) for code in range(low, high + 1))


def _at_most(one: int | None, other: int | None) -> bool:
    return other is None or (one is not None and one <= other)


def _fits(length: int, strings: Strings) -> bool:
    return strings.low <= length and (strings.high is None or length <= strings.high)
