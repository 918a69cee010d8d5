"""Which form of the new shape is what became of which form of the old one."""

from __future__ import annotations

import json

from realtime_contracts.diff.forms import Anything, Array, Form, Numbers, Object, Opaque, Shape, Texts, Values, kind

#: Words of a value that a description quotes.
_QUOTED = 60


def paired(old: list[Form], new: list[Form]) -> tuple[list[tuple[Form, Form]], list[Form], list[Form]]:
    """The pairs that belong together, and what is left of the old and of the new; values are not paired."""
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
    """Above 0 for two that may be the same; objects by their members, most by those that tell alternatives apart."""
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


def described(form: Form) -> str:
    """A form in a few words: `an object with ok, error`."""
    match form:
        case Values(texts):
            return ", ".join(quoted(text) for text in sorted(texts))
        case Object():
            telling = [
                f"{name} {', '.join(quoted(text) for text in sorted(texts))}"
                for name, shape in form.properties
                if (texts := _only_values(shape)) and len(texts) < 3 and "null" not in texts  # noqa: PLR2004 - few
            ]
            names = [name for name, shape in form.properties if shape]
            members = telling or ([", ".join(sorted(form.required) or names)] if names else [])
            return f"an object with {' and '.join(members)}" if members else "an object"
        case Array():
            return "an array"
        case Anything() | Opaque():
            return "anything"
        case _:
            return f"{'an' if kind(form) == 'integer' else 'a'} {kind(form)}"


def quoted(text: str) -> str:
    """A value as JSON, not too long."""
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"


def plain(value: object) -> str:
    """A number or text of a schema as JSON; what is not there as no limit."""
    return "none" if value is None else json.dumps(value, ensure_ascii=False)
