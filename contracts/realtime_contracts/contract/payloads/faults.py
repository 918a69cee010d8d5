"""Faults for nearly valid payloads: small mistakes that clients make, and cases that validators get wrong.

A fault is a function of the value at a place and of the random numbers; it returns the value to put there. The schema
of the place decides which faults apply. Each breaks one keyword, or comes so near to it that a validator may get it
wrong: `1.0` for 1 is allowed, `"1"` and `true` are not.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from realtime_contracts.contract.schemas import Schema, types

Path = tuple[str | int, ...]
Fault = Callable[[Any, random.Random], Any]

#: One value of each JSON type, and those that languages confuse with others.
OTHERS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.0, 0.5, -0.0, 2**53, -(2**53), 2**63, 1e300),
    *("", "0", "1", "true", "null", " ", [], [[]], [None], {}, {"": None}),
)
#: Characters that enter texts by mistake: line ends that `$` may overlook, white space, look-alikes.
CHARACTERS = (
    *"\n\r\u2028\u2029\u0085\x00\x1f\x7f\x9f \t\xa0\ufeff{}/~",
    "~2",
    *"\\:<é\u0661\uff41\u017f\u212a😀\U0010ffff",
    *("..", "//"),
)
#: Names that no schema has; in JavaScript every object has some of them.
STRANGERS = ("x", "", "Ok", "user_Id", "userId", "__proto__", "constructor", "toString", "hasOwnProperty", "$ref", "😀")
#: Length of a text that is too long for nearly all fields.
VERY_LONG = 3000


@dataclass(frozen=True)
class Place:
    """A value in a payload, and the schema that it was made from (for a `oneOf`, the chosen alternative)."""

    path: Path
    schema: Schema
    #: Members that other alternatives have.
    siblings: tuple[str, ...] = ()


def faults_at(place: Place) -> list[Fault]:
    """Return all faults that apply at a place. Each rule has its own, so that each is broken equally often."""
    schema = place.schema
    named = types(schema)
    faults: list[Fault] = [_another_kind, _wrapped]
    if "properties" in schema:
        faults += [partial(_with_stranger, (*STRANGERS, *place.siblings)), _renamed, _member_null]
        faults += [partial(_with_stranger, place.siblings)] * 2 if place.siblings else []
        faults += [partial(_lacking, name) for name in schema.get("required", ())]
        for name, others in schema.get("dependentRequired", {}).items():
            faults += [partial(_without_needed, name, others)] * 3
    if "const" in schema or "enum" in schema:
        faults += [_other_word] * 2
    elif "string" in named:
        faults += [partial(_instead, ""), _spoilt, _spoilt, _with_end_of_line, _very_long]
        faults += [partial(_of_length, length) for length in _around(schema, "minLength", "maxLength")]
    if {"integer", "number"} & set(named):
        faults += [_as_float, _as_text, _as_fraction]
        faults += [partial(_instead, number) for number in _around(schema, "minimum", "maximum")]
    if "array" in named:
        faults += [partial(_of_items, number) for number in _around(schema, "minItems", "maxItems")]
        faults += [_as_object, _with_null]
    return faults


def replaced(payload: Any, path: Path, fault: Fault, rng: random.Random) -> Any:
    """Return a copy of the payload with the fault at `path`; an equal copy if the place is gone."""
    if not path:
        return fault(payload, rng)
    step, rest = path[0], path[1:]
    if isinstance(payload, dict) and step in payload:
        return {name: replaced(part, rest, fault, rng) if name == step else part for name, part in payload.items()}
    if isinstance(payload, list) and isinstance(step, int) and step < len(payload):
        return [replaced(part, rest, fault, rng) if index == step else part for index, part in enumerate(payload)]
    return payload


def _around(schema: Schema, low: str, high: str) -> list[Any]:
    """One beyond each bound, and the bounds themselves."""
    numbers = [schema[low] - 1, schema[low]] if low in schema else []
    return numbers + ([schema[high] + 1, schema[high]] if high in schema else [])


def _another_kind(_: Any, rng: random.Random) -> Any:
    return rng.choice(OTHERS)


def _instead(other: Any, _value: Any, _rng: random.Random) -> Any:
    return other


def _wrapped(value: Any, rng: random.Random) -> Any:
    return rng.choice(([value], {"value": value}))


def _with_stranger(names: tuple[str, ...], value: Any, rng: random.Random) -> Any:
    """Add an unknown member, or one of another alternative if known."""
    return {**value, rng.choice(names): rng.choice(OTHERS)} if isinstance(value, dict) else value


def _renamed(value: Any, rng: random.Random) -> Any:
    if not isinstance(value, dict) or not value:
        return value
    name = rng.choice(sorted(value))
    other = rng.choice((name.upper(), name.title().replace("_", ""), name + " ", name + "s"))
    return {other if key == name else key: part for key, part in value.items()}


def _member_null(value: Any, rng: random.Random) -> Any:
    return {**value, rng.choice(sorted(value)): None} if isinstance(value, dict) and value else value


def _lacking(name: str, value: Any, _: random.Random) -> Any:
    return {key: part for key, part in value.items() if key != name} if isinstance(value, dict) else value


def _without_needed(name: str, others: list[str], value: Any, _: random.Random) -> Any:
    """Remove a member that another one requires. The required value's schema is not known here, so an ordinary text is
    used.
    """
    if not isinstance(value, dict):
        return value
    return {key: part for key, part in {name: "1", **value}.items() if key not in others}


def _other_word(value: Any, rng: random.Random) -> Any:
    if isinstance(value, str):
        return rng.choice((value.upper(), value.title(), value + " ", value + "\n", value[:-1], "", [value], "other"))
    return rng.choice((not value, int(value), str(value).lower(), float(value))) if isinstance(value, bool) else None


def _spoilt(value: Any, rng: random.Random) -> Any:
    """Insert a wrong character, at the ends more often than between."""
    text = value if isinstance(value, str) else ""
    at = rng.choice((0, len(text), rng.randint(0, len(text))))
    if text and rng.random() < 0.5:  # noqa: PLR2004 - in the place of a character as often as between two
        return text[:at] + rng.choice(CHARACTERS) + text[at + 1 :]
    return text[:at] + rng.choice(CHARACTERS) + text[at:]


def _with_end_of_line(value: Any, _: random.Random) -> Any:
    return f"{value}\n"


def _very_long(value: Any, rng: random.Random) -> Any:
    return rng.choice((str(value)[:1] or "a", "a", "é", "😀")) * VERY_LONG


def _of_length(length: int, value: Any, rng: random.Random) -> Any:
    """Cut or fill a text to a length, with its own character or one that takes two UTF-16 units."""
    text = value if isinstance(value, str) else ""
    filling = rng.choice((text[-1:] or "a", "a", "😀"))
    return (text + filling * length)[: max(length, 0)]


def _as_float(value: Any, _: random.Random) -> Any:
    return float(value) if isinstance(value, int) else value


def _as_text(value: Any, _: random.Random) -> Any:
    return str(value)


def _as_fraction(value: Any, rng: random.Random) -> Any:
    return rng.choice((value + 0.5, value + 1e-9, -0.0, -value)) if isinstance(value, (int, float)) else value


def _of_items(number: int, value: Any, _: random.Random) -> Any:
    if not isinstance(value, list) or number < 0:
        return value
    return (value * (number // len(value) + 1))[:number] if value else value


def _as_object(value: Any, _: random.Random) -> Any:
    return {str(index): item for index, item in enumerate(value)} if isinstance(value, list) else value


def _with_null(value: Any, rng: random.Random) -> Any:
    return [*value, rng.choice((None, value, "", {}))] if isinstance(value, list) else value
