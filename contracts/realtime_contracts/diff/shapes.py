"""What a schema accepts, written in one way: a union of forms, whatever words the schema said it in.

A schema can be written in many ways that accept the same: by `$ref` or in place, `anyOf` of a type and null or a list
of both types, one alternative with two codes or two with one. Here they all become a `Shape`, the forms that a value
may have. Two shapes that are equal accept the same.

`both` and `either` put shapes together. `within` is a proof that one shape accepts all that another does: True means
that every value is accepted, False only that it could not be shown. `judging.py` then looks for a value that shows it.
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

#: Where a form was written: `shared/identifiers.json#/$defs/user_id`. Not part of what it accepts.
Origin = str

#: Cases that an object is taken apart into, by the values of its members, to see each of them covered.
MOST_CASES = 400


@dataclass(frozen=True)
class Anything:
    """Any JSON."""

    origin: Origin = field(default="", compare=False)


@dataclass(frozen=True)
class Values:
    """One of these values, each as `canonical` writes it. Null, true and false are values."""

    texts: frozenset[str]
    origin: Origin = field(default="", compare=False)


@dataclass(frozen=True)
class Texts:
    """A string."""

    strings: Strings
    origin: Origin = field(default="", compare=False)


@dataclass(frozen=True)
class Numbers:
    """A number, or a whole number; without `low` or `high`, without end."""

    whole: bool
    low: float | None = None
    high: float | None = None
    origin: Origin = field(default="", compare=False)


@dataclass(frozen=True)
class Array:
    """A list of `low` to `high` items; without `high`, of any number."""

    items: Shape
    low: int = 0
    high: int | None = None
    unique: bool = False
    origin: Origin = field(default="", compare=False)


@dataclass(frozen=True)
class Object:
    """An object: what each member must be, and what those that are not named must be, the empty shape for none."""

    #: By name, sorted. A member that can have no value is not in it where others are refused anyway.
    properties: tuple[tuple[str, Shape], ...]
    required: frozenset[str] = frozenset()
    #: `dependentRequired`: the member, and what must be there where it is.
    dependent: frozenset[tuple[str, str]] = frozenset()
    additional: Shape = ()
    origin: Origin = field(default="", compare=False)

    def member(self, name: str) -> Shape:
        """What the member of this name must be; the empty shape where it must not be."""
        return dict(self.properties).get(name, self.additional)

    def needed(self, name: str) -> frozenset[str]:
        """What must be there where `name` is, in one step or more."""
        found: set[str] = set()
        todo = [name]
        while todo:
            at = todo.pop()
            todo += [other for one, other in self.dependent if one == at and other not in found]
            found |= {other for one, other in self.dependent if one == at}
        return frozenset(found)

    def with_member(self, name: str, shape: Shape) -> Object:
        """The same object, with another shape for one of its members."""
        return replace(self, properties=tuple((key, shape if key == name else part) for key, part in self.properties))


@dataclass(frozen=True)
class Opaque:
    """What the comparison cannot look into, as it is written: equal to itself, and to be told apart by trying only."""

    text: str
    origin: Origin = field(default="", compare=False)


Form = Anything | Values | Texts | Numbers | Array | Object | Opaque
#: The forms that a value may have, sorted; none for what no value fits.
Shape = tuple[Form, ...]

#: The order of forms in a shape.
_ORDER = (Values, Texts, Numbers, Array, Object, Opaque, Anything)

ANYTHING: Shape = (Anything(),)
NULL, BOOLEANS = Values(frozenset({"null"})), Values(frozenset({"true", "false"}))
#: What `Anything` is in detail.
EVERY_FORM: Shape = (
    Values(NULL.texts | BOOLEANS.texts),
    Texts(Strings()),
    Numbers(whole=False),
    Array(ANYTHING),
    Object((), additional=ANYTHING),
)


def canonical(value: Any) -> str:
    """A JSON value as text, the same for equal values: 1.0 is 1, the order of members means nothing."""
    return json.dumps(_whole(value), ensure_ascii=False, sort_keys=True)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(part) for name, part in value.items()}
    return [_whole(part) for part in value] if isinstance(value, list) else value


def detailed(shape: Shape) -> Shape:
    """The shape without `Anything`."""
    return tuple(
        replace(part, origin=form.origin) if form in ANYTHING else part
        for form in shape
        for part in (EVERY_FORM if form in ANYTHING else (form,))
    )


@functools.lru_cache(maxsize=4096)
def _sorting(form: Form) -> str:
    """What forms are sorted by: all that they accept by, in one order."""
    parts = (getattr(form, it.name) for it in fields(form) if it.compare)
    return f"{_ORDER.index(type(form))}({' '.join(map(_sorted, parts))})"


def _sorted(part: Any) -> str:
    if isinstance(part, tuple | frozenset):
        return f"({' '.join(map(_sorted, sorted(part) if isinstance(part, frozenset) else part))})"
    return _sorting(part) if isinstance(part, _ORDER) else str(part)


def both(one: Shape, other: Shape) -> Shape:
    """What both accept; more, where one of them cannot be looked into."""
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
    """Strings, if there are any."""
    return (form,) if _has_texts(form.strings) is not False else ()


def _has_texts(strings: Strings) -> bool | None:
    """Whether there is a text; None for a pattern that is not read."""
    try:
        return separating(strings, Strings(1, 0)) is not None
    except Unsupported:
        return None


def number_form(form: Numbers) -> Shape:
    """Numbers, if there are any."""
    low, high = form.low, form.high
    if form.whole:
        low, high = low if low is None else math.ceil(low), high if high is None else math.floor(high)
    return () if low is not None and high is not None and low > high else (replace(form, low=low, high=high),)


def array_form(form: Array) -> Shape:
    """A list, if there is any: of items that cannot be there is only the empty one."""
    form = replace(form, high=0) if not form.items else form
    form = replace(form, items=()) if form.high == 0 else form
    return (form,) if at_most(form.low, form.high) else ()


def object_form(form: Object) -> Shape:
    """An object, if there is any; written without what says nothing."""
    # What a member that must be there needs beside it must be there too.
    form = replace(form, required=form.required.union(*map(form.needed, form.required)))
    if not all(map(form.member, form.required)):
        return ()
    # A member that cannot be says as much as that it is not named, where others cannot be either.
    properties = sorted((n, shape) for n, shape in form.properties if shape != form.additional or n in form.required)
    dependent = frozenset((n, other) for n, other in form.dependent if form.member(n) and other not in form.required)
    return (replace(form, properties=tuple(properties), dependent=dependent),)


def either(shapes: Iterable[Shape]) -> Shape:
    """What any of the shapes accepts, in as few forms as it takes."""
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
    """The forms as a shape: each once, in an order that does not depend on how they were written."""
    return tuple(sorted(dict.fromkeys(forms), key=_sorting))


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
    mine, theirs = dict(one.properties), dict(other.properties)
    differing = [name for name in mine if mine.get(name) != theirs.get(name)]
    if mine.keys() != theirs.keys() or len(differing) != 1 or replace(one, properties=other.properties) != other:
        return None
    return one.with_member(differing[0], either([mine[differing[0]], theirs[differing[0]]]))


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


def inside(one: Form, other: Form) -> bool:  # noqa: PLR0911 - a table of pairs
    """Whether it can be shown that one form accepts all that another does."""
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
    """Whether it can be shown that a form accepts a value."""
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
            return _has_texts(strings) is not None
        case Array():
            return all(map(_readable, form.items))
        case Object():
            return all(_readable(part) for _, shape in (*form.properties, ("", form.additional)) for part in shape)
        case _:
            return True


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in text)  # noqa: PLR2004 - 4 digits
