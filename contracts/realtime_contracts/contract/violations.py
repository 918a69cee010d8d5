"""Why a payload is refused: one place in it and a short reason, the same on every run.

A validator lists every broken rule in its own order and its own words, and every alternative of a `oneOf`. A
developer wants one line. `find_violation` chooses the alternative that was meant and the shallowest complaint in it
(of a payload of more than `MANY_PARTS`, the first that is found). The reason quotes at most `QUOTE_LENGTH` characters
of the payload and is always valid UTF-8.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Levels of lists and objects that a payload may have. Validators and JSON writers fail at about 255.
MAX_DEPTH = 128
#: Characters of a refused value that its reason quotes: enough to recognise it, few enough for a log.
QUOTE_LENGTH = 60
#: Characters of a violation's path; a deeper one is reported at the nearest ancestor that fits.
PATH_LENGTH = 1024
#: A payload of up to this many members and items is searched for all complaints, to report the shallowest. In a larger
#: one the first is reported: listing tens of thousands takes a validator seconds, which would block a server.
MANY_PARTS = 300
#: Members and items that a client's payload may have in all. More would keep a server busy for more than 50 ms.
MAX_PARTS = 20_000
#: The range of 64-bit integers, signed or unsigned. JSON has no limit, but its readers do.
INTEGERS = range(-(2**63), 2**64)

#: Properties that distinguish the alternatives of a `oneOf`: an ack's `ok`, an error's `code`, an operation's `op`.
DISCRIMINATORS = frozenset({"ok", "code", "op"})
#: Which complaint comes first where several are at the same place; the others follow by name.
PRECEDENCE = ("type", "required", "dependentRequired", "const", "enum")

_Path = tuple[str | int, ...]
_DISCRIMINATOR_PATHS = frozenset((name,) for name in DISCRIMINATORS)
_VALUE_KEYWORDS = frozenset({"type", "const", "enum"})
_NAMING = frozenset({"required", "additionalProperties"})
_SIZES = {
    "minLength": "expected {} or more characters",
    "maxLength": "expected {} or fewer characters",
    "minItems": "expected {} or more items",
    "maxItems": "expected {} or fewer items",
}
_ASKED = {
    "type": "expected {}",
    "const": "expected {}",
    "enum": "expected {}",
    "pattern": "expected text like {}",
    "minimum": "expected {} or more",
    "maximum": "expected {} or less",
    "oneOf": "expected one of the allowed forms",
    "anyOf": "expected one of the allowed forms",
}


@dataclass(frozen=True)
class Violation:
    """The first rule that a payload breaks."""

    #: JSON Pointer to the offending value; a missing or unknown property is reported at its object.
    path: str
    #: For people: `expected integer, got "4"`.
    reason: str
    #: The JSON Schema keyword that refused it; `json` for what is not JSON at all.
    keyword: str


#: A payload has more than MAX_PARTS.
TOO_MANY_PARTS = Violation("", f"expected {MAX_PARTS} or fewer members and items in all", "json")


@dataclass(frozen=True)
class _Complaint:
    """One broken rule. `terms` is what the rule requires: types, property names, values, a limit."""

    path: _Path
    keyword: str
    terms: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[int, str, int, str]:
        known = self.keyword in PRECEDENCE
        place = PRECEDENCE.index(self.keyword) if known else len(PRECEDENCE)
        return len(self.path), _pointer(self.path), place, self.keyword


def find_violation(validator: jsonschema_rs.Validator, payload: object, *, quote: bool = True) -> Violation:
    """Return the violation to report for a payload that `validator` refuses.

    `quote=False` keeps the payload's content out of the reason, for payloads with secrets.
    """
    large = has_more_parts(payload, MANY_PARTS)
    try:
        complaints = _complaints(_first_error(validator, payload) if large else validator.iter_errors(payload))
    except ValueError:
        return not_json(payload) or Violation("", "expected JSON", "json")
    first = _merged(complaints)
    return Violation(_pointer(first.path), _reason(first, payload, quote=quote), first.keyword)


def wrong_places(validator: jsonschema_rs.Validator, payload: object) -> frozenset[str]:
    """Return the JSON Pointers of all errors in a payload, not only of the reported one."""
    try:
        return frozenset(_pointer(complaint.path) for complaint in _complaints(validator.iter_errors(payload)))
    except ValueError:
        return frozenset()


def has_more_parts(payload: object, most: float) -> bool:
    """Whether a payload has more members and items than `most`; stops counting there."""
    if most == math.inf:
        return False
    todo, seen = [payload], 0
    while todo and seen <= most:
        value = todo.pop()
        if isinstance(value, (dict, list, tuple)):
            seen += len(value)
            if seen <= most:
                todo.extend(value.values() if isinstance(value, dict) else value)
    return seen > most


def _first_error(validator: jsonschema_rs.Validator, payload: object) -> Iterator[jsonschema_rs.ValidationError]:
    try:
        validator.validate(payload)
    except jsonschema_rs.ValidationError as error:
        yield error


def not_json(payload: object, most: float = math.inf) -> Violation | None:
    """A violation if `payload` could not travel as JSON as it is, wherever inside it the reason lies.

    Also if it has more members and items than `most`: then no more of it is looked at.
    """
    todo: list[tuple[object, _Path]] = [(payload, ())]
    parts = 0
    while todo:
        value, path = todo.pop()
        if isinstance(value, (dict, list, tuple)):
            if len(path) >= MAX_DEPTH:
                return Violation("", f"nested deeper than {MAX_DEPTH} levels", "json")
            parts += len(value)
            if parts > most:
                return TOO_MANY_PARTS
            if isinstance(value, dict) and not all(isinstance(key, str) and _is_text(key) for key in value):
                return Violation(_pointer(path), "expected property names in Unicode text", "json")
            items = value.items() if isinstance(value, dict) else enumerate(value)
            todo.extend((item, (*path, key)) for key, item in items)
        elif flaw := _flaw(value):
            return Violation(_pointer(path), flaw, "json")
    return None


def _flaw(value: object) -> str | None:
    """Return why a scalar value is not JSON; None if it is."""
    flaw = None
    if isinstance(value, str):
        flaw = None if _is_text(value) else "expected Unicode text, got a lone surrogate"
    elif type(value) is int:
        flaw = None if value in INTEGERS else "expected an integer within 64 bits"
    elif type(value) is float:
        flaw = None if math.isfinite(value) else f"expected a finite number, got {value}"
    elif value is not None and not isinstance(value, bool):
        flaw = f"expected JSON, got {_clip(type(value).__name__)}"
    return flaw


def _complaints(errors: Iterable[jsonschema_rs.ValidationError]) -> list[_Complaint]:
    found: list[_Complaint] = []
    for error in errors:
        path, keyword = tuple(error.instance_path), error.kind.name
        branches = getattr(error.kind, "context", None)
        if branches is not None:
            found += _alternatives([_complaints(branch) for branch in branches], path, keyword)
        elif error.schema_path[-1] == "dependentRequired":
            found.append(_Complaint(path, "dependentRequired", _terms(error.kind)))
        else:
            found.append(_Complaint(path, keyword, _terms(error.kind)))
    return found


def _alternatives(branches: list[list[_Complaint]], here: _Path, keyword: str) -> list[_Complaint]:
    """The complaints to report when no branch of a `oneOf` or `anyOf` fits the value at `here`."""

    def of_another_type(branch: list[_Complaint]) -> bool:
        return any(c.path == here and c.keyword == "type" for c in branch)

    def discriminating(branch: list[_Complaint]) -> list[_Complaint]:
        return [
            c if c.keyword == "type" else _Complaint(c.path, "enum", c.terms)
            for c in branch
            if c.path[:-1] == here and c.path[-1:] in _DISCRIMINATOR_PATHS and c.keyword in _VALUE_KEYWORDS
        ]

    typed = [branch for branch in branches if not of_another_type(branch)]
    if not typed:
        return [_merged(c for branch in branches for c in branch if c.path == here and c.keyword == "type")]
    meant = [branch for branch in typed if not discriminating(branch)]
    if not meant:
        return [_merged(c for branch in typed for c in discriminating(branch))]
    meant = [branch for branch in meant if not _of_another_shape(branch, here)] or meant
    shared = [c for c in meant[0] if all(c in other for other in meant[1:])]
    return shared or [_Complaint(here, keyword, _told_apart_by(meant, here))]


def _of_another_shape(branch: list[_Complaint], here: _Path) -> bool:
    """Whether the object at `here` lacks a branch's properties and has others instead."""
    return {c.keyword for c in branch if c.path == here} >= _NAMING


def _told_apart_by(branches: list[list[_Complaint]], here: _Path) -> tuple[str, ...]:
    """Return the properties that only some branches require or refuse: an object must have one of them."""
    named = [
        {term for c in branch if c.path == here and c.keyword in _NAMING for term in c.terms} for branch in branches
    ]
    return tuple(_json(name) for name in sorted(named[0].union(*named) - named[0].intersection(*named)))


def _merged(complaints: Iterable[_Complaint]) -> _Complaint:
    """Return the reported complaint, with the terms of all complaints with its keyword at its place."""
    everything = list(complaints)
    first = min(everything, key=lambda c: c.rank)
    alike = (c for c in everything if (c.path, c.keyword) == (first.path, first.keyword))
    terms = dict.fromkeys(term for c in alike for term in c.terms)
    return _Complaint(first.path, first.keyword, tuple(terms))


def _terms(kind: jsonschema_rs.ValidationErrorKind) -> tuple[str, ...]:
    match kind.name:
        case "type" | "additionalProperties":
            return tuple(kind.value)
        case "const":
            return (_json(kind.value),)
        case "enum":
            return tuple(_json(option) for option in kind.value)
        case _:
            return (str(kind.value),)


def _reason(complaint: _Complaint, payload: object, *, quote: bool) -> str:
    keyword, terms = complaint.keyword, complaint.terms
    value = _at(payload, complaint.path)
    if keyword in _SIZES:
        size = f", got {len(value)}" if isinstance(value, (str, list, tuple)) else ""
        return _SIZES[keyword].format(terms[0]) + size
    if keyword in {"required", "dependentRequired"}:
        return "missing " + _clip(", ".join(_json(term) for term in terms), 3 * QUOTE_LENGTH)
    if keyword == "additionalProperties":
        return "unknown property" + (f" {_clip(_json(min(terms)))}" if quote else "")
    if keyword in {"oneOf", "anyOf"} and terms:
        return f"expected exactly one of {_clip(_or(terms), 3 * QUOTE_LENGTH)}"
    got = f", got {_quoted(value)}" if quote else ""
    asked = _or(terms) if keyword in _VALUE_KEYWORDS else "".join(terms)
    return _ASKED.get(keyword, f"refused by {keyword}").format(_clip(asked, 6 * QUOTE_LENGTH)) + got


def _quoted(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "an array"
    try:
        return _clip(_json(value))
    except (TypeError, ValueError):
        return f"a value of type {_clip(type(value).__name__)}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _clip(text: str, length: int = QUOTE_LENGTH) -> str:
    text = text if len(text) <= length else text[: length - 1] + "…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _or(terms: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(terms[:-1]), terms[-1])))


def _at(payload: object, path: _Path) -> object:
    value: Any = payload
    for step in path:
        value = value[step]
    return value


def _pointer(path: _Path) -> str:
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    while len(pointer) > PATH_LENGTH:
        pointer = pointer.rpartition("/")[0]
    return pointer


def _is_text(value: str) -> bool:
    if value.isascii():
        return True
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
