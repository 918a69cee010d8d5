"""What a schema accepts, written in one way: a union of forms, whatever words the schema said it in.

A schema can be written in many ways that accept the same: by `$ref` or in place, `anyOf` of a type and null or a list
of both types, one alternative with two codes or two with one. Here they all become a `Shape`, the forms that a value
may have. Two shapes that are equal accept the same; whether one accepts all that another does is for `subsets.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from realtime_contracts.contract.payloads.languages import Strings

#: Where a form was written: `shared/identifiers.json#/$defs/user_id`. Not part of what it accepts.
Origin = str


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


@dataclass(frozen=True)
class Opaque:
    """What the comparison cannot look into, as it is written: equal to itself, and to be told apart by trying only."""

    text: str
    origin: Origin = field(default="", compare=False)


Form = Anything | Values | Texts | Numbers | Array | Object | Opaque
#: The forms that a value may have, sorted; none for what no value fits.
Shape = tuple[Form, ...]

ANYTHING: Shape = (Anything(),)
NULL = Values(frozenset({"null"}))
BOOLEANS = Values(frozenset({"true", "false"}))
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


def detailed(shape: Shape) -> Shape:
    """The shape without `Anything`."""
    return tuple(part for form in shape for part in (_every(form.origin) if isinstance(form, Anything) else (form,)))


def kind(form: Form, text: str = "") -> str:
    """What JSON calls it."""
    if isinstance(form, Values):
        value = json.loads(text or min(form.texts))
        return kind_of(value)
    if isinstance(form, Numbers):
        return "integer" if form.whole else "number"
    return {Texts: "string", Array: "array", Object: "object"}.get(type(form), "anything")


def kind_of(value: Any) -> str:
    """What JSON calls a value."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, (int, float)):
        return "integer" if float(value).is_integer() else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def ordered(forms: Iterable[Form]) -> Shape:
    """The forms as a shape: each once, in an order that does not depend on how they were written."""
    return tuple(sorted(dict.fromkeys(forms), key=sorting))


def sorting(form: Form) -> str:
    """What forms are sorted by: all that they accept by, in one order."""
    match form:
        case Values(texts):
            text = f"0 {sorted(texts)}"
        case Texts(strings):
            text = f"1 {strings}"
        case Numbers():
            text = f"2 {form.whole} {form.low} {form.high}"
        case Array():
            text = f"3 {_sorting(form.items)} {form.low} {form.high} {form.unique}"
        case Object():
            parts = [(name, _sorting(shape)) for name, shape in form.properties]
            text = f"4 {parts} {sorted(form.required)} {sorted(form.dependent)} {_sorting(form.additional)}"
        case Opaque():
            text = f"5 {form.text}"
        case _:
            text = "6"
    return text


def _sorting(shape: Shape) -> list[str]:
    return [sorting(form) for form in shape]


def _every(origin: Origin) -> Shape:
    return tuple(replace(form, origin=origin) for form in EVERY_FORM)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(part) for name, part in value.items()}
    return [_whole(part) for part in value] if isinstance(value, list) else value
