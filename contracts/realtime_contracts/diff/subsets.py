"""Does one shape accept all that another does? Does it accept this value?

`within` is a proof: True means that every value is accepted, False only that it could not be shown. Where it is not
shown, `witnesses.py` looks for the value that settles it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from realtime_contracts.contract.payloads.languages import Strings, separating
from realtime_contracts.contract.payloads.patterns import Unsupported
from realtime_contracts.diff.forms import (
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
)

#: Cases that an object is taken apart into, by the values of its members, to see each of them covered.
MOST_CASES = 400


def within(one: Shape, other: Shape) -> bool:
    """Whether it can be shown that `other` accepts all that `one` does."""
    return one == other or all(_covered(form, other) for form in one)


def _covered(form: Form, other: Shape, cases: int = 1) -> bool:  # noqa: PLR0911 - a table of forms
    if any(inside(form, whole) for whole in other):
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
                and all(_covered(with_member(form, name, (part,)), other, cases * len(parts)) for part in parts)
            )
        case Numbers(whole=True, low=float() | int() as low, high=float() | int() as high) if high - low < MOST_CASES:
            return all(_covered(Values(frozenset({str(n)})), other) for n in range(int(low), int(high) + 1))
        case Texts():
            listed = [json.loads(text) for whole in other if isinstance(whole, Values) for text in whole.texts]
            choice = "|".join(_escaped(text) for text in listed if isinstance(text, str))
            return bool(choice) and inside(form, Texts(Strings(patterns=(f"^({choice})$",))))
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


def with_member(form: Object, name: str, shape: Shape) -> Object:
    return replace(form, properties=tuple((key, shape if key == name else part) for key, part in form.properties))


def inside(one: Form, other: Form) -> bool:  # noqa: PLR0911 - a table of pairs
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
                and at_most(one.high, other.high)
            )
        case Array(), Array():
            unique = one.unique or not other.unique or (one.high is not None and one.high <= 1)
            bounds = other.low <= one.low and at_most(one.high, other.high)
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
            exact = Strings(len(value), len(value), (f"^{_escaped(value)}$",)) if isinstance(value, str) else None
            return exact is not None and inside(Texts(exact), form)
        case Numbers():
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return number and inside(Numbers(value % 1 == 0, value, value), form)
        case Array():
            exact_items = isinstance(value, list) and form.low <= len(value) and at_most(len(value), form.high)
            return (
                exact_items
                and (not form.unique or len(set(map(canonical, value))) == len(value))
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


def refuses(form: Form, value: Any) -> bool:
    """Whether it can be shown that a form does not accept a value."""
    kinds = {Texts: str, Array: list, Object: dict}
    other_kind = type(form) in kinds and not isinstance(value, kinds[type(form)])
    return other_kind or (_readable(form) and not accepts(form, value))


def _readable(form: Form) -> bool:
    """Whether every part of a form can be looked into, so that what is not accepted is refused."""
    match form:
        case Opaque():
            return False
        case Texts(strings):
            try:
                separating(strings, Strings(1, 0))
            except Unsupported:
                return False
            return True
        case Array():
            return all(map(_readable, form.items))
        case Object():
            return all(_readable(part) for _, shape in (*form.properties, ("", form.additional)) for part in shape)
        case _:
            return True


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in text)  # noqa: PLR2004 - 4 digits


def at_most(one: float | None, other: float | None) -> bool:
    return other is None or (one is not None and one <= other)
