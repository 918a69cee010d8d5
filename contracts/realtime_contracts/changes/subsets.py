"""Does one shape accept all that another does? And: both at once, either, one value of it.

`within` is a proof: True means that every value is accepted, False only that it could not be shown. Where it is not
shown, `witness.py` looks for the value that settles it.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from realtime_contracts.changes.forms import (
    ANYTHING,
    EVERY_FORM,
    Anything,
    Array,
    Form,
    Numbers,
    Object,
    Opaque,
    Shape,
    Texts,
    Values,
    canonical,
    detailed,
    ordered,
    sorting,
)
from realtime_contracts.payloads.languages import Strings, separating
from realtime_contracts.payloads.patterns import Unsupported

#: Cases that an object is taken apart into, by the values of its members, to see each of them covered.
MOST_CASES = 400


def within(one: Shape, other: Shape) -> bool:
    """Whether it can be shown that `other` accepts all that `one` does."""
    return one == other or all(_covered(form, other) for form in one)


def _covered(form: Form, other: Shape, cases: int = 1) -> bool:
    if any(_inside(form, whole) for whole in other):
        return True
    match form:
        case Anything():
            return all(_covered(part, detailed(other)) for part in EVERY_FORM)
        case Values(texts) if len(texts) > 1:
            return all(_covered(Values(frozenset({text})), other) for text in texts)
        case Object():
            name = next(iter(_telling(form, other)), None)
            parts = _atoms(form.member(name)) if name is not None else []
            # To take an object apart loses nothing: it is covered exactly if each of its cases is.
            return (
                name is not None
                and cases * len(parts) <= MOST_CASES
                and all(_covered(_with(form, name, (part,)), other, cases * len(parts)) for part in parts)
            )
        case _:
            return False


def _telling(form: Object, other: Shape) -> list[str]:
    """The members that tell the objects of `other` apart, of which `form` has several values."""
    objects = [whole for whole in other if isinstance(whole, Object)]
    return [
        name
        for name, shape in form.properties
        if len({whole.member(name) for whole in objects}) > 1 and len(_atoms(shape)) > 1
    ]


def _atoms(shape: Shape) -> list[Form]:
    return [
        atom
        for form in shape
        for atom in ([Values(frozenset({text})) for text in sorted(form.texts)] if isinstance(form, Values) else [form])
    ]


def _with(form: Object, name: str, shape: Shape) -> Object:
    return replace(form, properties=tuple((key, shape if key == name else part) for key, part in form.properties))


def _inside(one: Form, other: Form) -> bool:  # noqa: PLR0911 - a table of pairs
    if one == other or isinstance(other, Anything):
        return True
    match one, other:
        case Values(texts), Values(others):
            return texts <= others
        case Values(texts), _:
            return all(accepts(other, json.loads(text)) for text in texts)
        case Texts(strings), Texts(others_):
            try:
                return separating(strings, others_) is None
            except Unsupported:
                return False
        case Numbers(), Numbers():
            whole = one.whole or not other.whole or (one.low == one.high and one.low is not None and one.low % 1 == 0)
            return (
                whole
                and (other.low is None or (one.low is not None and one.low >= other.low))
                and _at_most(one.high, other.high)
            )
        case Array(), Array():
            unique = one.unique or not other.unique or (one.high is not None and one.high <= 1)
            bounds = other.low <= one.low and _at_most(one.high, other.high)
            return bounds and unique and (one.high == 0 or within(one.items, other.items))
        case Object(), Object():
            return _object_inside(one, other)
        case _:
            return False


def _object_inside(one: Object, other: Object) -> bool:
    names = dict.fromkeys(name for name, _ in (*one.properties, *other.properties))
    return (
        other.required <= one.required
        and all(
            needed in one.required or needed in one.needed(name) or not one.member(name)
            for name, needed in other.dependent
        )
        and all(within(one.member(name), other.member(name)) for name in names)
        and within(one.additional, other.additional)
    )


def accepts(form: Form, value: Any) -> bool:  # noqa: PLR0911 - a table of forms
    """Whether it can be shown that a form accepts a value."""
    match form:
        case Anything():
            return True
        case Values(texts):
            return canonical(value) in texts
        case Texts():
            exact = Strings(len(value), len(value), (_literal(value),)) if isinstance(value, str) else None
            return exact is not None and _inside(Texts(exact), form)
        case Numbers():
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return number and _inside(Numbers(value % 1 == 0, value, value), form)
        case Array():
            exact_items = isinstance(value, list) and form.low <= len(value) and _at_most(len(value), form.high)
            return (
                exact_items
                and not form.unique
                and all(any(accepts(part, item) for part in form.items) for item in value)
            )
        case Object():
            return isinstance(value, dict) and (
                form.required <= value.keys()
                and all(needed in value for name, needed in form.dependent if name in value)
                and all(any(accepts(part, item) for part in form.member(name)) for name, item in value.items())
            )
        case _:
            return False


def _literal(text: str) -> str:
    return "^" + "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in text) + "$"  # noqa: PLR2004 - 4 digits


def both(one: Shape, other: Shape) -> Shape:
    """What both accept; more, where one of them cannot be looked into."""
    if one == other or other == ANYTHING:  # noqa: PLR1714 - it reads as what it means
        return one
    if one == ANYTHING:
        return other
    pairs = itertools.product(detailed(one), detailed(other))
    return either(shape for mine, theirs in pairs for shape in [_both(mine, theirs)])


def _both(one: Form, other: Form) -> Shape:  # noqa: PLR0911 - a table of pairs
    if one == other:
        return (one,)
    match one, other:
        case (Opaque(), _) | (_, Opaque()):
            return (Opaque(" and ".join(sorted((sorting(one), sorting(other)))), one.origin or other.origin),)
        case Values(texts), _:
            kept = frozenset(text for text in texts if _covered(Values(frozenset({text})), (other,)))
            return (replace(one, texts=kept),) if kept else ()
        case _, Values():
            return _both(other, one)
        case Texts(strings), Texts(others):
            patterns = tuple(sorted({*strings.patterns, *others.patterns}))
            return text_form(
                Strings(max(strings.low, others.low), _least(strings.high, others.high), patterns), one.origin
            )
        case Numbers(), Numbers():
            low = max((n for n in (one.low, other.low) if n is not None), default=None)
            high = min((n for n in (one.high, other.high) if n is not None), default=None)
            return number_form(whole=one.whole or other.whole, low=low, high=high, origin=one.origin)
        case Array(), Array():
            items = both(one.items, other.items)
            high = _least(one.high, other.high)
            return array_form(
                replace(one, items=items, low=max(one.low, other.low), high=high, unique=one.unique or other.unique)
            )
        case Object(), Object():
            names = dict.fromkeys(name for name, _ in (*one.properties, *other.properties))
            return object_form(
                Object(
                    tuple((name, both(one.member(name), other.member(name))) for name in names),
                    one.required | other.required,
                    one.dependent | other.dependent,
                    both(one.additional, other.additional),
                    one.origin,
                )
            )
        case _:
            return ()


def text_form(strings: Strings, origin: str) -> Shape:
    """Strings, if there are any."""
    try:
        there = separating(strings, Strings(1, 0)) is not None
    except Unsupported:
        there = True
    return (Texts(strings, origin),) if there else ()


def number_form(*, whole: bool, low: float | None, high: float | None, origin: str) -> Shape:
    """Numbers, if there are any."""
    if whole:
        low, high = low if low is None else math.ceil(low), high if high is None else math.floor(high)
    if low is not None and high is not None and low > high:
        return ()
    return (Numbers(whole, low, high, origin),)


def array_form(form: Array) -> Shape:
    """A list, if there is any: of items that cannot be there is only the empty one."""
    form = replace(form, high=0) if not form.items else form
    form = replace(form, items=()) if form.high == 0 else form
    return () if form.high is not None and form.high < form.low else (form,)


def object_form(form: Object) -> Shape:
    """An object, if there is any; written without what says nothing."""
    if any(not form.member(name) for name in form.required):
        return ()
    # A member that cannot be says as much as that it is not named, where others cannot be either.
    properties = tuple(
        sorted((n, shape) for n, shape in form.properties if shape != form.additional or n in form.required)
    )
    dependent = frozenset((n, other) for n, other in form.dependent if form.member(n) and other not in form.required)
    return (replace(form, properties=properties, dependent=dependent),)


def either(shapes: Iterable[Shape]) -> Shape:
    """What any of the shapes accepts, in as few forms as it takes."""
    forms = [form for shape in shapes for form in shape]
    if any(isinstance(form, Anything) for form in forms):
        return ANYTHING
    values = [form for form in forms if isinstance(form, Values)]
    if values:
        others = [form for form in forms if not isinstance(form, Values)]
        texts = frozenset().union(*(form.texts for form in values))
        left = frozenset(text for text in texts if not any(accepts(form, json.loads(text)) for form in others))
        forms = [*([replace(values[0], texts=left)] if left else []), *others]
    forms = _merged(list(ordered(forms)))
    forms = [form for index, form in enumerate(forms) if not _covered_by_others(form, forms, index)]
    shape = ordered(forms)
    return ANYTHING if shape == ordered(EVERY_FORM) else shape


def _covered_by_others(form: Form, forms: list[Form], index: int) -> bool:
    """Whether another form accepts all of this one; of two that accept the same, the first is kept."""
    return any(
        _inside(form, other) and (n < index or not _inside(other, form)) for n, other in enumerate(forms) if n != index
    )


def _merged(forms: list[Form]) -> list[Form]:
    """Objects that differ in one member only are one object, with either for that member."""
    for one, other in itertools.combinations([form for form in forms if isinstance(form, Object)], 2):
        if (merged := _together(one, other)) is not None:
            return _merged([*(form for form in forms if form not in (one, other)), merged])
    return forms


def _together(one: Object, other: Object) -> Object | None:
    if (one.required, one.dependent, one.additional) != (other.required, other.dependent, other.additional):
        return None
    mine, theirs = dict(one.properties), dict(other.properties)
    differing = [name for name in mine if mine.get(name) != theirs.get(name)]
    if mine.keys() != theirs.keys() or len(differing) != 1:
        return None
    return _with(one, differing[0], either([mine[differing[0]], theirs[differing[0]]]))


def _at_most(one: float | None, other: float | None) -> bool:
    return other is None or (one is not None and one <= other)


def _least(one: int | None, other: int | None) -> int | None:
    return min((n for n in (one, other) if n is not None), default=None)
