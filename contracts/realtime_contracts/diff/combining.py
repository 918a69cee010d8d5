"""Shapes put together: what both of two accept, what either does, and each form in the one way that it is written."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable
from dataclasses import replace

from realtime_contracts.contract.payloads.languages import Strings, separating
from realtime_contracts.contract.payloads.patterns import Unsupported
from realtime_contracts.diff.forms import (
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
    detailed,
    ordered,
    sorting,
)
from realtime_contracts.diff.subsets import accepts, inside, refuses, with_member


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
            return _unclear(one, other)
        case Values(texts), _:
            kept = frozenset(text for text in texts if accepts(other, json.loads(text)))
            if not all(refuses(other, json.loads(text)) for text in texts - kept):
                return _unclear(one, other)
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


def _unclear(one: Form, other: Form) -> Shape:
    return (Opaque(" and ".join(sorted((sorting(one), sorting(other)))), one.origin or other.origin),)


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
    # What a member that must be there needs beside it must be there too.
    form = replace(form, required=form.required.union(*map(form.needed, form.required)))
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
        inside(form, other) and (n < index or not inside(other, form)) for n, other in enumerate(forms) if n != index
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
    return with_member(one, differing[0], either([mine[differing[0]], theirs[differing[0]]]))


def _least(one: int | None, other: int | None) -> int | None:
    return min((n for n in (one, other) if n is not None), default=None)
