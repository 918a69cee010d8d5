"""One plain value of a shape, and one of a form that another form does not accept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from realtime_contracts.contract.payloads.languages import shortest
from realtime_contracts.contract.payloads.patterns import Unsupported
from realtime_contracts.diff.combining import both
from realtime_contracts.diff.forms import Array, Form, Numbers, Object, Shape, Texts, Values, detailed
from realtime_contracts.diff.subsets import accepts


class Unsampled(ValueError):
    """No value can be made: what the schema accepts cannot be looked into."""


def sample(shape: Shape) -> Any:
    """A small value of the shape. Raises Unsampled."""
    for form in sorted(detailed(shape), key=_plainness):
        try:
            return sample_of(form)
        except Unsampled:
            continue
    raise Unsampled


def sample_of(form: Form) -> Any:
    """A small value of the form. Raises Unsampled."""
    match form:
        case Values(texts):
            made = json.loads(min(texts, key=lambda text: (text == "null", text == "false", text)))
        case Texts(strings):
            try:
                made = shortest(strings)
            except Unsupported:
                raise Unsampled from None
        case Numbers():
            made = next(number for number in (*_numbers(form), 0) if accepts(form, number))
        case Array():
            made = [sample(form.items) for _ in range(form.low)]
        case Object():
            made = sample_object(form, form, {})
        case _:
            raise Unsampled
    return made


def sample_object(
    form: Object, other: Object, fixed: Mapping[str, Any], left_out: Iterable[str] = ()
) -> dict[str, Any]:
    """An object of `form` with these members and what it needs beside them, such as `other` accepts too if it can be.

    What is `left_out` is not added, even if it is needed. Raises Unsampled.
    """
    names = form.required.union(fixed, *(form.needed(name) for name in (*form.required, *fixed))) - set(left_out)
    made = {}
    for name in [name for name, _ in form.properties if name in names] + sorted(
        set(fixed) - dict(form.properties).keys()
    ):
        if name in fixed:
            made[name] = fixed[name]
        else:
            shared = both(form.member(name), other.member(name))
            made[name] = sample(shared or form.member(name))
    return made


def number_outside(one: Numbers, other: Numbers) -> float | None:
    """A number that `one` accepts and `other` does not; None if there is none."""
    candidates = (*_numbers(other), *_numbers(one), *(n + 0.5 for n in _numbers(one)))
    return next((number for number in candidates if accepts(one, number) and not accepts(other, number)), None)


def _numbers(form: Numbers) -> list[float]:
    """Numbers that matter to a form: plain ones, its ends, and those just beyond."""
    ends = [n for n in (form.low, form.high) if n is not None]
    return [1, 0, *ends, *(n - 1 for n in ends), *(n + 1 for n in ends), *(n + 0.5 for n in ends)]


def _plainness(form: Form) -> int:
    """Which form to show of several: a value that says something rather than null, a short one rather than a long."""
    if isinstance(form, Values):
        return 5 if form.texts == {"null"} else 0
    return {Texts: 1, Numbers: 2, Object: 3, Array: 4}.get(type(form), 6)
