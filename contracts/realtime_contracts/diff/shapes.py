"""Normal form of what a schema accepts: a union of forms, however the schema is written.

Many schemas accept the same: a `$ref` or its target in place, an `anyOf` of a type and null or a list of both types,
one alternative with two codes or two with one. All of them become the same `Shape`: the forms that a value may have.
Equal shapes accept the same values.

`both` and `either` combine shapes. `within` tries to prove that one shape accepts all values of another: True means
proved, False means not proved. `judging.py` then searches for a value that shows the difference.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from realtime_contracts.contract.payloads.languages import Strings, Unsupported, allows, at_most, separating

#: The schema of a form: `shared/identifiers.json#/$defs/user_id`. It does not affect what the form accepts.
Origin = str

#: Maximum number of cases, by the values of its members, into which an object is split to prove each covered.
MOST_CASES = 400


@dataclass(frozen=True)
class Anything:
    """Any JSON."""

    origin: Origin = field(default="", compare=False)


@dataclass(frozen=True)
class Values:
    """A set of values, each as `canonical` writes it, null, true and false included."""

    texts: frozenset[str]
    origin: Origin = field(default="", compare=False)


@dataclass(frozen=True)
class Texts:
    """A string."""

    strings: Strings
    origin: Origin = field(default="", compare=False)


@dataclass(frozen=True)
class Numbers:
    """A number, or an integer; None for `low` or `high` means unbounded."""

    whole: bool
    low: float | None = None
    high: float | None = None
    origin: Origin = field(default="", compare=False)


@dataclass(frozen=True)
class Array:
    """A list of `low` to `high` items; None for `high` means unbounded."""

    items: Shape
    low: int = 0
    high: int | None = None
    unique: bool = False
    origin: Origin = field(default="", compare=False)


@dataclass(frozen=True)
class Object:
    """An object: the shape of each named member, and of all others; the empty shape means that none may be there."""

    #: By name, sorted. A member with the empty shape is omitted if unnamed members are refused anyway.
    properties: tuple[tuple[str, Shape], ...]
    required: frozenset[str] = frozenset()
    #: `dependentRequired`: a member, and the members that it requires.
    dependent: frozenset[tuple[str, str]] = frozenset()
    additional: Shape = ()
    origin: Origin = field(default="", compare=False)

    def member(self, name: str) -> Shape:
        """Return the shape of a member; the empty shape if it must not be there."""
        return dict(self.properties).get(name, self.additional)

    def needed(self, name: str) -> frozenset[str]:
        """Return the members that `name` requires, directly or indirectly."""
        found: set[str] = set()
        todo = [name]
        while todo:
            at = todo.pop()
            todo += [other for one, other in self.dependent if one == at and other not in found]
            found |= {other for one, other in self.dependent if one == at}
        return frozenset(found)

    def with_member(self, name: str, shape: Shape) -> Object:
        """Return the object with another shape for one member."""
        return replace(self, properties=tuple((key, shape if key == name else part) for key, part in self.properties))


@dataclass(frozen=True)
class Opaque:
    """A schema that the comparison cannot analyse. It equals only itself; differences are found by trying."""

    text: str
    origin: Origin = field(default="", compare=False)


Form = Anything | Values | Texts | Numbers | Array | Object | Opaque
#: The forms that a value may have, sorted; empty if no value fits.
Shape = tuple[Form, ...]

#: The order of forms in a shape.
_ORDER = (Values, Texts, Numbers, Array, Object, Opaque, Anything)

ANYTHING: Shape = (Anything(),)
NULL, BOOLEANS = Values(frozenset({"null"})), Values(frozenset({"true", "false"}))
#: `Anything`, written as forms.
EVERY_FORM: Shape = (
    Values(NULL.texts | BOOLEANS.texts),
    Texts(Strings()),
    Numbers(whole=False),
    Array(ANYTHING),
    Object((), additional=ANYTHING),
)


def canonical(value: Any) -> str:
    """Return a JSON value as text, equal for equal values: 1.0 is 1, and the order of members does not count."""
    return json.dumps(_whole(value), ensure_ascii=False, sort_keys=True)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(part) for name, part in value.items()}
    return [_whole(part) for part in value] if isinstance(value, list) else value


def detailed(shape: Shape) -> Shape:
    """Return the shape with `Anything` written as forms."""
    return tuple(
        replace(part, origin=form.origin) if form in ANYTHING else part
        for form in shape
        for part in (EVERY_FORM if form in ANYTHING else (form,))
    )


@functools.lru_cache(maxsize=4096)
def _sorting(form: Form) -> str:
    """Sort key of a form: everything that decides what it accepts."""
    parts = (getattr(form, it.name) for it in fields(form) if it.compare)
    return f"{_ORDER.index(type(form))}({' '.join(map(_sorted, parts))})"


def _sorted(part: Any) -> str:
    if isinstance(part, tuple | frozenset):
        return f"({' '.join(map(_sorted, sorted(part) if isinstance(part, frozenset) else part))})"
    return _sorting(part) if isinstance(part, _ORDER) else str(part)


def both(one: Shape, other: Shape) -> Shape:
    """Return the intersection; a superset of it if one shape is opaque."""
    if one == other or other == ANYTHING:  # noqa: PLR1714 - it reads as what it means
        return one
    if one == ANYTHING:
        return other
    return either(_both(mine, theirs) for mine, theirs in itertools.product(detailed(one), detailed(other)))


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
            high = _least(strings.high, others.high)
            return text_form(Texts(Strings(max(strings.low, others.low), high, patterns), one.origin))
        case Numbers(), Numbers():
            low = max((n for n in (one.low, other.low) if n is not None), default=None)
            return number_form(Numbers(one.whole or other.whole, low, _least(one.high, other.high), one.origin))
        case Array(), Array():
            low, high, unique = max(one.low, other.low), _least(one.high, other.high), one.unique or other.unique
            return array_form(Array(both(one.items, other.items), low, high, unique, one.origin))
        case Object(), Object():
            names = dict.fromkeys(name for name, _ in (*one.properties, *other.properties))
            properties = tuple((name, both(one.member(name), other.member(name))) for name in names)
            required, dependent = one.required | other.required, one.dependent | other.dependent
            additional = both(one.additional, other.additional)
            return object_form(Object(properties, required, dependent, additional, one.origin))
        case _:
            return ()


def _unclear(one: Form, other: Form) -> Shape:
    return (Opaque(" and ".join(sorted((_sorting(one), _sorting(other)))), one.origin or other.origin),)


def _least(one: Any, other: Any) -> Any:
    return min((n for n in (one, other) if n is not None), default=None)


def text_form(form: Texts) -> Shape:
    """Return strings, if any fit."""
    return (form,) if _has_texts(form.strings) is not False else ()


def _has_texts(strings: Strings) -> bool | None:
    """Whether any text fits; None if a pattern is unsupported."""
    try:
        return separating(strings, Strings(1, 0)) is not None
    except Unsupported:
        return None


def number_form(form: Numbers) -> Shape:
    """Return numbers, if any fit."""
    low, high = form.low, form.high
    if form.whole:
        low, high = low if low is None else math.ceil(low), high if high is None else math.floor(high)
    return () if low is not None and high is not None and low > high else (replace(form, low=low, high=high),)


def array_form(form: Array) -> Shape:
    """Return a list, if any fits: if no item is possible, only the empty list."""
    form = replace(form, high=0) if not form.items else form
    form = replace(form, items=()) if form.high == 0 else form
    return (form,) if at_most(form.low, form.high) else ()


def object_form(form: Object) -> Shape:
    """Return an object in normal form, if any fits."""
    # A required member's own requirements are required too.
    form = replace(form, required=form.required.union(*map(form.needed, form.required)))
    if not all(map(form.member, form.required)):
        return ()
    # An impossible member need not be named if unnamed members are impossible too.
    properties = sorted((n, shape) for n, shape in form.properties if shape != form.additional or n in form.required)
    dependent = frozenset((n, other) for n, other in form.dependent if form.member(n) and other not in form.required)
    return (replace(form, properties=tuple(properties), dependent=dependent),)


def either(shapes: Iterable[Shape]) -> Shape:
    """Return the union, in as few forms as possible."""
    forms = [form for shape in shapes for form in shape]
    if any(isinstance(form, Anything) for form in forms):
        return ANYTHING
    values = [form for form in forms if isinstance(form, Values)]
    if values:
        forms = [form for form in forms if not isinstance(form, Values)]
        texts = frozenset().union(*(form.texts for form in values))
        left = frozenset(text for text in texts if not any(accepts(form, json.loads(text)) for form in forms))
        forms += [replace(values[0], texts=left)] if left else []
    forms = _merged(list(_ordered(forms)))
    shape = _ordered(form for index, form in enumerate(forms) if not _covered_by_others(form, forms, index))
    return ANYTHING if shape == _ordered(EVERY_FORM) else shape


def _ordered(forms: Iterable[Form]) -> Shape:
    """Return the forms as a shape: each once, in an order independent of the schema's."""
    return tuple(sorted(dict.fromkeys(forms), key=_sorting))


def _covered_by_others(form: Form, forms: list[Form], index: int) -> bool:
    """Whether another form accepts all values of this one; of two equal forms, the first is kept."""
    return any(
        inside(form, other) and (n < index or not inside(other, form)) for n, other in enumerate(forms) if n != index
    )


def _merged(forms: list[Form]) -> list[Form]:
    """Merge objects that differ in one member only into one object with the union for that member."""
    for one, other in itertools.combinations([form for form in forms if isinstance(form, Object)], 2):
        if (merged := _together(one, other)) is not None:
            return _merged([*(form for form in forms if form not in (one, other)), merged])
    return forms


def _together(one: Object, other: Object) -> Object | None:
    mine, theirs = dict(one.properties), dict(other.properties)
    differing = [name for name in mine if mine.get(name) != theirs.get(name)]
    if mine.keys() != theirs.keys() or len(differing) != 1 or replace(one, properties=other.properties) != other:
        return None
    return one.with_member(differing[0], either([mine[differing[0]], theirs[differing[0]]]))


def within(one: Shape, other: Shape) -> bool:
    """Whether it can be proved that `other` accepts all values of `one`."""
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
            # Splitting an object loses nothing: it is covered exactly if each of its cases is.
            return (
                name is not None
                and cases * len(parts) <= MOST_CASES
                and all(_covered(form.with_member(name, (part,)), other, cases * len(parts)) for part in parts)
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
    """Return the members that distinguish the objects of `other` and have several values in `form`."""
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


def inside(one: Form, other: Form) -> bool:  # noqa: PLR0911 - a table of pairs
    """Whether it can be proved that one form accepts all values of another."""
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
            low = other.low is None or (one.low is not None and one.low >= other.low)
            return whole and low and at_most(one.high, other.high)
        case Array(), Array():
            unique = one.unique or not other.unique or at_most(one.high, 1)
            bounds = other.low <= one.low and at_most(one.high, other.high)
            return bounds and unique and (one.high == 0 or within(one.items, other.items))
        case Object(), Object():
            names = dict.fromkeys(name for name, _ in (*one.properties, *other.properties))
            needed = all(it in one.required | one.needed(name) or not one.member(name) for name, it in other.dependent)
            members = other.required <= one.required and needed and within(one.additional, other.additional)
            return members and all(within(one.member(name), other.member(name)) for name in names)
        case _:
            return False


def accepts(form: Form, value: Any) -> bool:  # noqa: PLR0911 - a table of forms
    """Whether it can be proved that a form accepts a value."""
    match form, value:
        case Anything(), _:
            return True
        case Values(texts), _:
            return canonical(value) in texts
        case Texts(strings), str():
            return _has_texts(strings) is not None and allows(strings, value)
        case Numbers(), int() | float() if not isinstance(value, bool):
            return inside(Numbers(value % 1 == 0, value, value), form)
        case Array(), list():
            unique = not form.unique or len(set(map(canonical, value))) == len(value)
            bounds = form.low <= len(value) and at_most(len(value), form.high)
            return bounds and unique and all(any(accepts(part, item) for part in form.items) for item in value)
        case Object(), dict():
            needed = form.required <= value.keys() and all(it in value for name, it in form.dependent if name in value)
            members = ((form.member(name), item) for name, item in value.items())
            return needed and all(any(accepts(part, item) for part in shape) for shape, item in members)
        case _:
            return False


def refuses(form: Form, value: Any) -> bool:
    """Whether it can be proved that a form refuses a value."""
    kinds = {Texts: str, Array: list, Object: dict}
    other_kind = type(form) in kinds and not isinstance(value, kinds[type(form)])
    return other_kind or (_readable(form) and not accepts(form, value))


def _readable(form: Form) -> bool:
    """Whether every part of a form can be analysed, so that a value not accepted is refused."""
    match form:
        case Opaque():
            return False
        case Texts(strings):
            return _has_texts(strings) is not None
        case Array():
            return all(map(_readable, form.items))
        case Object():
            return all(_readable(part) for _, shape in (*form.properties, ("", form.additional)) for part in shape)
        case _:
            return True


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in text)  # noqa: PLR2004 - 4 digits
