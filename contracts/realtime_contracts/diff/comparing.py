"""Compares two shapes, place by place: what the new one no longer accepts, and what it accepts in addition.

A `Difference` describes one place in words and says how to show it: a change to a message there, and a complete
message. Whether it breaks a client depends on the sender. `judging.py` decides that, and checks that the message does
show the difference.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

from realtime_contracts.contract.payloads.languages import Unsupported, at_most, separating, shortest
from realtime_contracts.diff.shapes import (
    Array,
    Form,
    Numbers,
    Object,
    Opaque,
    Shape,
    Texts,
    Values,
    accepts,
    both,
    detailed,
    within,
)
from realtime_contracts.reports.text import cut

#: A change to the value at a place that shows a difference there.
Move = Callable[[Any], Any]

_P = ParamSpec("_P")

#: Characters of a value quoted in a description.
_QUOTED = 60


@dataclass(frozen=True)
class Shown:
    """Evidence of a difference: a change to a message that both versions accept, or a complete message."""

    move: Move
    #: The value at the compared place; each step outwards wraps it.
    whole: Any


@dataclass(frozen=True)
class Difference:
    """A place where the new shape differs from the old one."""

    #: From the message inwards: names of members, `*` for the items of a list.
    path: tuple[str, ...]
    #: The schema's place, and those of the schemas around it, from the inside outwards.
    origins: tuple[str, ...]
    text: str
    #: Whether the new shape refuses something that the old one accepts.
    narrows: bool = False
    #: Whether the new shape accepts something that the old one refuses.
    widens: bool = False
    lost: Shown | None = None
    gained: Shown | None = None

    def inside(self, step: str, origin: str, wrap_lost: Move, wrap_gained: Move) -> Difference:
        """Return the same difference, seen from the surrounding value, whose schema is at `origin`."""

        def wrapped(shown: Shown | None, wrap: Move) -> Shown | None:
            return replace(shown, whole=wrap(shown.whole)) if shown else None

        return replace(
            self,
            path=(step, *self.path),
            origins=(*self.origins, origin),
            lost=wrapped(self.lost, wrap_lost),
            gained=wrapped(self.gained, wrap_gained),
        )


class Unsampled(ValueError):
    """No value can be made: the schema cannot be inspected."""


def differences(old: Shape, new: Shape, origin: str = "") -> list[Difference]:
    """Return all differences of two shapes; `origin` is the schema's place, unless a shape names its own."""
    if old == new:
        return []
    was, is_ = detailed(old), detailed(new)
    found = list(_values(was, is_, origin))
    pairs, gone, added = _paired([form for form in was if form not in is_], [form for form in is_ if form not in was])
    for one, other in pairs:
        found += _pair(one, other)
    opaque = [form for form in (*gone, *added) if isinstance(form, Opaque)]
    if opaque:
        text = "changed in what cannot be compared"
        found.append(Difference((), (opaque[-1].origin, origin), text, narrows=True, widens=True))
    for form in gone:
        if not isinstance(form, (Values, Opaque)) and not within((form,), new):
            found.append(_lost(form.origin or origin, f"no longer {_described(form)}", _made(form)))
    for form in added:
        if not isinstance(form, (Values, Opaque)) and not within((form,), old):
            found.append(_gained(form.origin or origin, f"{_described(form)} as well", _made(form)))
    return found


def _lost(origin: str, text: str, shown: Shown | None) -> Difference:
    return Difference((), (origin,), text, narrows=True, lost=shown)


def _gained(origin: str, text: str, shown: Shown | None) -> Difference:
    return Difference((), (origin,), text, widens=True, gained=shown)


def _values(old: Shape, new: Shape, origin: str) -> Iterator[Difference]:
    """Compare the allowed values."""
    where = next((form.origin for form in (*new, *old) if isinstance(form, Values) and form.origin), origin)
    for one, other, gone in ((old, new, True), (new, old, False)):
        texts = sorted({text for form in one if isinstance(form, Values) for text in form.texts})
        changed = [text for text in texts if not any(accepts(form, json.loads(text)) for form in other)]
        if changed:
            names, shown = ", ".join(cut(text, _QUOTED) for text in changed), _value(json.loads(changed[0]))
            yield _lost(where, f"no longer {names}", shown) if gone else _gained(where, f"{names} as well", shown)


def _pair(one: Form, other: Form) -> Iterable[Difference]:
    match one, other:
        case Texts(), Texts():
            return _texts(one, other)
        case Numbers(), Numbers():
            return _numbers(one, other)
        case Array(), Array():
            return _arrays(one, other)
        case Object(), Object():
            return _objects(one, other)
        case _:
            return ()


def _texts(one: Texts, other: Texts) -> list[Difference]:
    words = _changed(
        ("minLength", one.strings.low, other.strings.low),
        ("maxLength", one.strings.high, other.strings.high),
        ("pattern", " and ".join(one.strings.patterns) or None, " and ".join(other.strings.patterns) or None),
    )
    origin = other.origin or one.origin
    try:
        lost, gained = separating(one.strings, other.strings), separating(other.strings, one.strings)
    except Unsupported as error:
        # A text of the readable side may show it. Like all evidence, it is tried.
        text = f"{words}; {error}"
        return [Difference((), (origin,), text, narrows=True, widens=True, lost=_made(one), gained=_made(other))]
    return _both_ways(origin, words, lost, gained)


def _numbers(one: Numbers, other: Numbers) -> list[Difference]:
    types = ["integer" if form.whole else "number" for form in (one, other)]
    words = _changed(("type", types[0], types[1]), ("minimum", one.low, other.low), ("maximum", one.high, other.high))
    return _both_ways(other.origin or one.origin, words, _number_outside(one, other), _number_outside(other, one))


def _both_ways(origin: str, words: str, lost: Any, gained: Any) -> list[Difference]:
    if lost is None and gained is None:
        return []
    shown = [None if sample_ is None else _value(sample_) for sample_ in (lost, gained)]
    return [Difference((), (origin,), words, lost is not None, gained is not None, shown[0], shown[1])]


def _changed(*keywords: tuple[str, Any, Any]) -> str:
    def plain(bound: Any) -> str:
        return "none" if bound is None else json.dumps(bound, ensure_ascii=False)

    return ", ".join(f"{name} {plain(a)} → {plain(b)}" for name, a, b in keywords if a != b)


def _arrays(one: Array, other: Array) -> list[Difference]:
    words = _changed(
        ("minItems", one.low, other.low),
        ("maxItems", one.high, other.high),
        ("uniqueItems", one.unique, other.unique),
    )
    origin = other.origin or one.origin
    narrows = not within((one,), (replace(other, items=one.items),))
    widens = not within((other,), (replace(one, items=other.items),))
    found = []
    if words and (narrows or widens):
        lost, gained = _list_outside(one, other), _list_outside(other, one)
        found.append(Difference((), (origin,), words, narrows, widens, lost, gained))

    def wrap(form: Array, rest: Array) -> Move:
        return lambda item: [item] * max(1, form.low, rest.low if form.high is None else min(rest.low, form.high))

    inner = differences(one.items, other.items, other.origin) if one.items and other.items else []
    return found + [difference.inside("*", origin, wrap(one, other), wrap(other, one)) for difference in inner]


def _objects(one: Object, other: Object) -> Iterator[Difference]:
    origin = other.origin or one.origin
    required = sorted(one.required | other.required)
    named = dict.fromkeys([*(n for n, _ in one.properties), *(n for n, _ in other.properties), *required])
    for name in named:
        was, is_ = one.member(name), other.member(name)
        must, now = name in one.required, name in other.required
        if was and is_:
            yield from _inner(one, other, name)
            if now and not must:
                yield _lost(origin, f"`{name}` is required now", _without(one, other, name))
            elif must and not now:
                yield _gained(origin, f"`{name}` may be missing", _without(other, one, name))
        elif was:
            text = f"no longer the {'required ' if must else ''}property `{name}`"
            lost, gained = _having(one, other, name), _without(other, one, name) if must else None
            yield Difference((), (origin,), text, narrows=True, widens=must, lost=lost, gained=gained)
        elif is_:
            text = f"new {'required ' if now else ''}property `{name}`"
            lost, gained = _without(one, other, name) if now else None, _having(other, one, name)
            yield Difference((), (origin,), text, narrows=now, widens=True, lost=lost, gained=gained)
    yield from _dependents(one, other, origin)
    if other.additional and not one.additional:
        yield _gained(origin, "open: any other property as well", _having(other, one, "another"))
    elif one.additional and not other.additional:
        yield _lost(origin, "closed: no other property any more", _having(one, one, "another"))
    elif one.additional != other.additional:
        yield from _inner(one, other, "another")


def _inner(one: Object, other: Object, name: str) -> Iterator[Difference]:
    def wrap(form: Object, rest: Object) -> Move:
        return lambda part: _sample_object(form, rest, {name: part})

    origin = other.origin or one.origin
    for difference in differences(one.member(name), other.member(name), origin):
        try:
            yield difference.inside(name, origin, wrap(one, other), wrap(other, one))
        except Unsampled:
            unshown = replace(difference, lost=None, gained=None)
            yield unshown.inside(name, origin, wrap(one, other), wrap(other, one))


def _dependents(one: Object, other: Object, origin: str) -> Iterator[Difference]:
    """Compare the members that other members require."""
    for form, rest, now in ((one, other, True), (other, one, False)):
        for name, needed in sorted(rest.dependent - form.dependent):
            if needed in form.required or needed in form.needed(name) or not form.member(name):
                continue
            shown = _without(form, rest, needed, name)
            if now:
                yield _lost(origin, f"`{name}` needs `{needed}` now", shown)
            else:
                yield _gained(origin, f"`{name}` without `{needed}` as well", shown)


def _paired(old: list[Form], new: list[Form]) -> tuple[list[tuple[Form, Form]], list[Form], list[Form]]:
    """Pair each old form with the new one that it became; return also those left over. Values are not paired."""
    pairs: list[tuple[Form, Form]] = []
    left, right = list(old), list(new)
    for type_ in (Texts, Numbers, Array, Object):
        mine, theirs = [f for f in left if isinstance(f, type_)], [f for f in right if isinstance(f, type_)]
        alone = len(mine) == len(theirs) == 1
        candidates = sorted(
            ((-_likeness(one, other), n, m) for n, one in enumerate(mine) for m, other in enumerate(theirs)),
        )
        for likeness, n, m in candidates:
            if mine[n] in left and theirs[m] in right and (likeness < 0 or alone):
                pairs.append((mine[n], theirs[m]))
                left.remove(mine[n])
                right.remove(theirs[m])
    return pairs, left, right


def _likeness(one: Form, other: Form) -> float:
    """Return a score above 0 if two forms may be versions of each other. Discriminating members count most."""
    if not isinstance(one, Object) or not isinstance(other, Object):
        return 1
    mine, theirs = dict(one.properties), dict(other.properties)
    common = mine.keys() & theirs.keys()
    likeness = len(common) / (len(mine.keys() | theirs.keys()) or 1) + (0.01 if not mine or not theirs else 0)
    for name in common:
        texts, others = _only_values(mine[name]), _only_values(theirs[name])
        if texts and others and {"null"} not in (texts, others):
            if not texts & others:
                return 0
            likeness += len(texts & others) / len(texts | others)
    return likeness


def _only_values(shape: Shape) -> frozenset[str]:
    return shape[0].texts if len(shape) == 1 and isinstance(shape[0], Values) else frozenset()


def _described(form: Form) -> str:
    """Describe a form briefly: `an object with ok, error`."""
    match form:
        case Object():
            telling = [
                f"{name} {', '.join(cut(text, _QUOTED) for text in sorted(texts))}"
                for name, shape in form.properties
                if (texts := _only_values(shape)) and len(texts) < 3 and "null" not in texts  # noqa: PLR2004 - few
            ]
            names = [name for name, shape in form.properties if shape]
            members = telling or ([", ".join(sorted(form.required) or names)] if names else [])
            return f"an object with {' and '.join(members)}" if members else "an object"
        case Numbers():
            return "an integer" if form.whole else "a number"
        case _:
            return {Texts: "a string", Array: "an array"}.get(type(form), "anything")


def _or_none(make: Callable[_P, Shown | None]) -> Callable[_P, Shown | None]:
    """Return None if no value can be made."""

    @functools.wraps(make)
    def made(*arguments: _P.args, **options: _P.kwargs) -> Shown | None:
        try:
            return make(*arguments, **options)
        except Unsampled:
            return None

    return made


def _value(whole: Any) -> Shown:
    """Evidence: this value in place of the present one."""
    return Shown(lambda _: whole, whole)


@_or_none
def _made(form: Form) -> Shown | None:
    return _value(_sample_of(form))


@_or_none
def _having(form: Object, rest: Object, name: str) -> Shown | None:
    """Evidence: an object with this member."""
    part = _sample(form.member(name))
    whole = _sample_object(form, rest, {name: part})
    return Shown(lambda there: {**there, name: part} if isinstance(there, dict) else there, whole)


@_or_none
def _without(form: Object, rest: Object, name: str, beside: str | None = None) -> Shown | None:
    """Evidence: an object without this member, but with the one `beside` it."""
    fixed = {} if beside is None else {beside: _sample(form.member(beside))}

    def move(there: Any) -> Any:
        if not isinstance(there, dict):
            return there
        return {key: part for key, part in {**fixed, **there}.items() if key != name}

    return Shown(move, _sample_object(form, rest, fixed, [name]))


@_or_none
def _list_outside(one: Array, other: Array) -> Shown | None:
    """Return a list that `one` allows and `other` does not, by its length or by equal items."""
    item = _sample(one.items)
    lengths = [one.low, 2] + ([other.high + 1] if other.high is not None else [])
    for length in (length for length in lengths if one.low <= length and at_most(length, one.high)):
        repeated = length > 1 and other.unique and not one.unique
        if length < other.low or not at_most(length, other.high) or repeated:
            return _value([item] * length)
    return None


def _number_outside(one: Numbers, other: Numbers) -> float | None:
    """Return a number that `one` accepts and `other` does not; None if there is none."""
    candidates = (*_near(other), *_near(one), *(n + 0.5 for n in _near(one)))
    return next((number for number in candidates if accepts(one, number) and not accepts(other, number)), None)


def _near(form: Numbers) -> list[float]:
    """Yield the numbers to try for a form: plain ones, its bounds, and those just beyond."""
    ends = [n for n in (form.low, form.high) if n is not None]
    return [1, 0, *ends, *(n - 1 for n in ends), *(n + 1 for n in ends), *(n + 0.5 for n in ends)]


def _sample(shape: Shape) -> Any:
    """Return a small value of the shape. Raises Unsampled."""
    for form in sorted(detailed(shape), key=_plainness):
        try:
            return _sample_of(form)
        except Unsampled:
            continue
    raise Unsampled


def _plainness(form: Form) -> int:
    """Sort key of forms to show: a meaningful value before null, a short one before a long one."""
    if isinstance(form, Values):
        return 5 if form.texts == {"null"} else 0
    return {Texts: 1, Numbers: 2, Object: 3, Array: 4}.get(type(form), 6)


def _sample_of(form: Form) -> Any:
    """Return a small value of the form. Raises Unsampled."""
    match form:
        case Values(texts):
            return json.loads(min(texts, key=lambda text: (text == "null", text == "false", text)))
        case Texts(strings):
            try:
                return shortest(strings)
            except Unsupported:
                raise Unsampled from None
        case Numbers():
            return next(number for number in (*_near(form), 0) if accepts(form, number))
        case Array():
            return [_sample(form.items) for _ in range(form.low)]
        case Object():
            return _sample_object(form, form, {})
        case _:
            raise Unsampled


def _sample_object(
    form: Object, other: Object, fixed: Mapping[str, Any], left_out: Iterable[str] = ()
) -> dict[str, Any]:
    """Return an object of `form` with these members and those that they require, accepted by `other` if possible.

    `left_out` is not added, even if it is required. Raises Unsampled.
    """
    names = form.required.union(fixed, *(form.needed(name) for name in (*form.required, *fixed))) - set(left_out)
    properties = dict(form.properties)
    order = [name for name in properties if name in names] + sorted(set(fixed) - properties.keys())
    return {
        name: fixed[name]
        if name in fixed
        else _sample(both(form.member(name), other.member(name)) or form.member(name))
        for name in order
    }
