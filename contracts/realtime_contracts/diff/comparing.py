"""Two shapes compared, place by place: what the new one no longer accepts, and what it accepts as well.

A `Difference` says it of one place, in words, with what shows it: how a message has to be changed there, and a whole
message made for it. Whether that breaks anybody depends on who sends the message, which is `judging.py`'s to say, and
so is whether what is made here does show it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from realtime_contracts.contract.payloads.languages import separating
from realtime_contracts.contract.payloads.patterns import Unsupported
from realtime_contracts.diff.difference import Difference, Shown, member, no_member, value
from realtime_contracts.diff.forms import Array, Form, Numbers, Object, Opaque, Shape, Texts, Values, detailed
from realtime_contracts.diff.pairing import described, paired, plain, quoted
from realtime_contracts.diff.sampling import Unsampled, number_outside, sample, sample_object, sample_of
from realtime_contracts.diff.subsets import accepts, within


def differences(old: Shape, new: Shape, origin: str = "") -> list[Difference]:
    """All that the two shapes differ in; `origin` is where they are written, where a shape says nothing of it."""
    if old == new:
        return []
    left = [form for form in detailed(old) if form not in detailed(new)]
    right = [form for form in detailed(new) if form not in detailed(old)]
    found = list(_values(detailed(old), detailed(new), origin))
    pairs, gone, added = paired(left, right)
    for one, other in pairs:
        found += _pair(one, other)
    opaque = [form for form in (*gone, *added) if isinstance(form, Opaque)]
    if opaque:
        text = "changed in what cannot be compared"
        found.append(Difference((), (opaque[-1].origin, origin), text, narrows=True, widens=True))
    for form in gone:
        if not isinstance(form, (Values, Opaque)) and not within((form,), new):
            where, text = form.origin or origin, f"no longer {described(form)}"
            found.append(Difference((), (where,), text, narrows=True, lost=_made(form)))
    for form in added:
        if not isinstance(form, (Values, Opaque)) and not within((form,), old):
            where, text = form.origin or origin, f"{described(form)} as well"
            found.append(Difference((), (where,), text, widens=True, gained=_made(form)))
    return found


def _made(form: Form) -> Shown | None:
    return _or_none(lambda: value(sample_of(form)))


def _or_none(make: Callable[[], Shown | None]) -> Shown | None:
    try:
        return make()
    except Unsampled:
        return None


def _values(old: Shape, new: Shape, origin: str) -> Iterator[Difference]:
    """Values that were allowed and are not, and the other way about."""
    for one, other, gone in ((old, new, True), (new, old, False)):
        forms = [form for form in one if isinstance(form, Values)]
        texts = sorted({text for form in forms for text in form.texts})
        changed = [text for text in texts if not any(accepts(form, json.loads(text)) for form in other)]
        if not changed:
            continue
        where = next((form.origin for form in (*new, *old) if isinstance(form, Values) and form.origin), origin)
        names = ", ".join(quoted(text) for text in changed)
        shown = value(json.loads(changed[0]))
        if gone:
            yield Difference((), (where,), f"no longer {names}", narrows=True, lost=shown)
        else:
            yield Difference((), (where,), f"{names} as well", widens=True, gained=shown)


def _pair(one: Form, other: Form) -> list[Difference]:
    match one, other:
        case Texts(), Texts():
            return _texts(one, other)
        case Numbers(), Numbers():
            return _numbers(one, other)
        case Array(), Array():
            return _arrays(one, other)
        case Object(), Object():
            return list(_objects(one, other))
        case _:
            return []


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
        # A text of the side that can be read may show it; that is tried, as is all that shows something.
        text = f"{words}; {error}"
        return [Difference((), (origin,), text, narrows=True, widens=True, lost=_made(one), gained=_made(other))]
    return _both_ways(origin, words, lost, gained)


def _numbers(one: Numbers, other: Numbers) -> list[Difference]:
    types = ["integer" if form.whole else "number" for form in (one, other)]
    words = _changed(("type", types[0], types[1]), ("minimum", one.low, other.low), ("maximum", one.high, other.high))
    return _both_ways(other.origin or one.origin, words, number_outside(one, other), number_outside(other, one))


def _both_ways(origin: str, words: str, lost: Any, gained: Any) -> list[Difference]:
    if lost is None and gained is None:
        return []
    shown = [None if sample_ is None else value(sample_) for sample_ in (lost, gained)]
    return [Difference((), (origin,), words, lost is not None, gained is not None, shown[0], shown[1])]


def _changed(*keywords: tuple[str, Any, Any]) -> str:
    return ", ".join(f"{name} {plain(a)} → {plain(b)}" for name, a, b in keywords if a != b)


def _arrays(one: Array, other: Array) -> list[Difference]:
    words = _changed(
        ("minItems", one.low, other.low),
        ("maxItems", one.high, other.high),
        ("uniqueItems", one.unique, other.unique),
    )
    found = []
    if words:
        lost, gained = _list_outside(one, other), _list_outside(other, one)
        narrows = not within((one,), (Array(one.items, other.low, other.high, other.unique),))
        widens = not within((other,), (Array(other.items, one.low, one.high, one.unique),))
        if narrows or widens:
            found.append(Difference((), (other.origin or one.origin,), words, narrows, widens, lost, gained))

    def wrap(form: Array, rest: Array) -> Callable[[Any], Any]:
        return lambda item: [item] * max(1, form.low, rest.low if form.high is None else min(rest.low, form.high))

    inner = differences(one.items, other.items, other.origin) if one.items and other.items else []
    origin = other.origin or one.origin
    return found + [difference.inside("*", origin, wrap(one, other), wrap(other, one)) for difference in inner]


def _list_outside(one: Array, other: Array) -> Shown | None:
    """A list that `one` allows and `other` does not, for how many its items are or that two are the same."""

    def make() -> Shown | None:
        item = sample(one.items)
        lengths = [one.low, 2] + ([other.high + 1] if other.high is not None else [])
        fitting = [n for n in lengths if one.low <= n and (one.high is None or n <= one.high)]
        for length in fitting:
            repeated = length > 1 and other.unique and not one.unique
            if length < other.low or (other.high is not None and length > other.high) or repeated:
                return value([item] * length)
        return None

    return _or_none(make)


def _objects(one: Object, other: Object) -> Iterator[Difference]:
    origin = other.origin or one.origin
    required = sorted(one.required | other.required)
    named = dict.fromkeys([*(n for n, _ in one.properties), *(n for n, _ in other.properties), *required])
    for name in named:
        was, is_ = one.member(name), other.member(name)
        if was and is_:
            yield from _inner(one, other, name)
            if (name in one.required) != (name in other.required):
                now = name in other.required
                text = f"`{name}` is required now" if now else f"`{name}` may be missing"
                lost = _without(one, other, name) if now else None
                gained = None if now else _without(other, one, name)
                yield Difference((), (origin,), text, now, not now, lost, gained)
        elif was:
            must = name in one.required
            text = f"no longer the {'required ' if must else ''}property `{name}`"
            lost, gained = _having(one, other, name), _without(other, one, name) if must else None
            yield Difference((), (origin,), text, narrows=True, widens=must, lost=lost, gained=gained)
        elif is_:
            must = name in other.required
            text = f"new {'required ' if must else ''}property `{name}`"
            lost, gained = _without(one, other, name) if must else None, _having(other, one, name)
            yield Difference((), (origin,), text, narrows=must, widens=True, lost=lost, gained=gained)
    yield from _dependents(one, other, origin)
    if bool(one.additional) != bool(other.additional):
        text = "open: any other property as well" if other.additional else "closed: no other property any more"
        shown = _having(other if other.additional else one, one, "another")
        if other.additional:
            yield Difference((), (origin,), text, widens=True, gained=shown)
        else:
            yield Difference((), (origin,), text, narrows=True, lost=shown)
    elif one.additional != other.additional:
        yield from _inner(one, other, "another")


def _inner(one: Object, other: Object, name: str) -> Iterator[Difference]:
    def wrap(form: Object, rest: Object) -> Callable[[Any], Any]:
        return lambda part: sample_object(form, rest, {name: part})

    origin = other.origin or one.origin
    for difference in differences(one.member(name), other.member(name), origin):
        try:
            yield difference.inside(name, origin, wrap(one, other), wrap(other, one))
        except Unsampled:
            unshown = replace(difference, lost=None, gained=None)
            yield unshown.inside(name, origin, wrap(one, other), wrap(other, one))


def _having(form: Object, rest: Object, name: str) -> Shown | None:
    def make() -> Shown:
        part = sample(form.member(name))
        return member(name, part, sample_object(form, rest, {name: part}))

    return _or_none(make)


def _without(form: Object, rest: Object, name: str) -> Shown | None:
    return _or_none(lambda: no_member(name, sample_object(form, rest, {}, [name])))


def _dependents(one: Object, other: Object, origin: str) -> Iterator[Difference]:
    """Members that others need beside them now, or no longer."""
    for form, rest, now in ((one, other, True), (other, one, False)):
        for name, needed in sorted(rest.dependent - form.dependent):
            if needed in form.required or needed in form.needed(name) or not form.member(name):
                continue

            def make(form: Object = form, rest: Object = rest, name: str = name, needed: str = needed) -> Shown:
                part = sample(form.member(name))
                whole = sample_object(form, rest, {name: part}, [needed])
                return no_member(needed, whole, beside={name: part})

            shown = _or_none(make)
            if now:
                yield Difference((), (origin,), f"`{name}` needs `{needed}` now", narrows=True, lost=shown)
            else:
                yield Difference((), (origin,), f"`{name}` without `{needed}` as well", widens=True, gained=shown)
