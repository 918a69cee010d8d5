"""Random payloads made from the schemas: valid ones, and nearly valid ones.

Two validators that agree on the examples of the contract may still differ on others. `valid` makes payloads that the
schema allows, at the ends of every bound and in every form. `nearly_valid` puts one or two faults of `faults.py` into
such a payload. Most of these are refused, some are not; only a validator knows.

The same seed makes the same payloads, on any machine and in any version of Python that keeps `random.Random`: nothing
here depends on the order of a set, on the clock, or on what was made before.

    rng = random.Random(7)
    payload = nearly_valid(schemas, "client", "room:join", rng)

It knows the keywords of `lint.KEYWORDS`; alternatives of a `oneOf` are taken to exclude each other, as they do there.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from realtime_contracts.contract.payloads.faults import Place, faults_at, replaced
from realtime_contracts.contract.payloads.languages import Strings, draw
from realtime_contracts.contract.schemas import Schema, Schemas, types

#: Levels of what an open schema (`value`, `content`, `details`) lets through; every kind of JSON fits into these.
DEPTH = 4
#: Characters from which on a text is only rarely made as long as it may be: payloads are to be many, not large.
LONG = 300
#: Levels below which a list is left empty and what is optional out, so that a schema within itself comes to an end.
DEEP = 12

#: What texts without a pattern are made of: what encoders, escapers and counters of characters get wrong.
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz0123456789",
    " -_.,:;/\\'\"<>&%{}[]()#~`^|$",
    "äöüßéñçøÅΩжשعलক漢字かな한",
    "e\u0301a\u0308\u200d\u200e\u202e\ufeff\ufffd\uffff",
    "😀👩🏽‍🚀𝒳𐍈\U0010ffff",
    "\x00\x01\x07\t\n\r\x1b\x7f\x80\x85\x9f\xa0\u2028\u2029",
)
#: Names of members where any may stand; the last ones mean something to JavaScript.
NAMES = ("a", "b", "", " ", "a/b", "~0", "0", "ü", "😀", "$ref", "__proto__", "constructor", "toString", "length")
#: Numbers where any may stand: the ends of what 32 and 53 bits hold, and what writers of JSON spell differently.
NUMBERS = (0, 1, -1, 2**31, -(2**31) - 1, 2**53 - 1, -(2**53) + 1, 0.5, -0.0, 1.0, 1e-7, 1e21, 1.5e300, 5e-324)


def valid(schemas: Schemas, direction: str, event: str, rng: random.Random) -> Any:
    """A payload that the message allows. Raises KeyError for a message that is not there."""
    return _made(schemas, direction, event, rng)[0]


def nearly_valid(schemas: Schemas, direction: str, event: str, rng: random.Random) -> Any:
    """A payload that the message allows but for a small fault, or one time in four two; it may be allowed even so."""
    payload, places = _made(schemas, direction, event, rng)
    for _ in range(2 if rng.random() < 0.25 else 1):  # noqa: PLR2004 - one in four
        place = rng.choice(places)
        fault = rng.choice(faults_at(place))
        payload = replaced(payload, place.path, fault, rng)
    return payload


def _made(schemas: Schemas, direction: str, event: str, rng: random.Random) -> tuple[Any, list[Place]]:
    file, node = schemas.message(direction, event)
    maker = _Maker(schemas, rng)
    return maker.value(file, node, ()), maker.places


@dataclass
class _Maker:
    schemas: Schemas
    rng: random.Random
    #: Every value that was made, with the schema that it was made from, the outermost first.
    places: list[Place] = field(default_factory=list)

    def value(self, file: str, node: Schema, path: tuple[str | int, ...], siblings: tuple[str, ...] = ()) -> Any:
        """A value for `node`; `siblings` are names that the object has in other alternatives."""
        file, node = self.schemas.resolve(file, node)
        options = node.get("oneOf") or node.get("anyOf")
        if options:
            names = {name for option in options for name in self.schemas.resolve(file, option)[1].get("properties", ())}
            return self.value(file, self.rng.choice(options), path, tuple(sorted(names)))
        self.places.append(Place(path, node, siblings))
        if "const" in node:
            return copy.deepcopy(node["const"])
        if "enum" in node:
            return copy.deepcopy(self.rng.choice(node["enum"]))
        named = types(node)
        kind = self.rng.choice(named) if len(named) > 1 else next(iter(named), None)
        made: Any
        match kind:
            case "object" if "properties" in node:
                made = self._object(file, node, path)
            case "array" if "items" in node:
                made = self._array(file, node, path)
            case "string":
                made = self._string(node)
            case "integer":
                made = self._integer(node)
            case "number":
                made = self._number(node)
            case _:
                made = self._anything(kind, DEPTH)
        return made

    def _object(self, file: str, node: Schema, path: tuple[str | int, ...]) -> dict[str, Any]:
        required = node.get("required", ())
        share = 0.0 if len(path) > DEEP else self.rng.choice((0.0, 0.3, 0.5, 0.5, 0.7, 1.0))
        names = {name for name in node["properties"] if name in required or self.rng.random() < share}
        dependent = node.get("dependentRequired", {})
        while missing := {other for name in names for other in dependent.get(name, ()) if other not in names}:
            names |= missing
        made = {
            name: self.value(file, part, (*path, name)) for name, part in node["properties"].items() if name in names
        }
        if self.rng.random() < 0.2:  # noqa: PLR2004 - now and then: the order of members means nothing
            made = dict(self.rng.sample(sorted(made.items()), len(made)))
        return made

    def _array(self, file: str, node: Schema, path: tuple[str | int, ...]) -> list[Any]:
        low = int(node.get("minItems", 0))
        high = int(node.get("maxItems", low + 3))
        length = low if len(path) > DEEP else self.rng.choice((low, min(low + 1, high), min(low + 2, high)))
        made = [self.value(file, node["items"], (*path, index)) for index in range(length)]
        if node.get("uniqueItems"):
            made = [item for index, item in enumerate(made) if item not in made[:index]]
        return made

    def _string(self, node: Schema) -> str:
        low = int(node.get("minLength", 0))
        high = int(node.get("maxLength", low + 40))
        lengths = [low, min(low + 1, high), self.rng.randint(low, min(high, low + 12))]
        lengths += [high, high - 1] if high <= LONG or self.rng.random() < 0.03 else []  # noqa: PLR2004 - rarely
        lengths = [length for length in lengths if low <= length <= high]
        self.rng.shuffle(lengths)
        if "pattern" not in node:
            return self._text(lengths[0])
        strings = Strings(low, high, (str(node["pattern"]),))
        for length in (*lengths, *range(low, high + 1)):
            text = draw(strings, self.rng, length)
            if text is not None:
                return text
        raise ValueError(f"no text of {low} to {high} characters fits {node['pattern']}")

    def _text(self, length: int) -> str:
        alphabet: Sequence[str] = self.rng.choice((*ALPHABETS, "".join(ALPHABETS)))
        return "".join(self.rng.choice(alphabet) for _ in range(length))

    def _integer(self, node: Schema) -> int:
        low, high = int(node.get("minimum", -(2**53) + 1)), int(node.get("maximum", 2**53 - 1))
        anywhere, close = self.rng.randint(low, high), self.rng.randint(low, min(high, low + 99))
        near = (low, low + 1, high - 1, high, 0, 1, anywhere, close)
        return self.rng.choice([number for number in near if low <= number <= high])

    def _number(self, node: Schema) -> float:
        low, high = node.get("minimum", -1e9), node.get("maximum", 1e9)
        near = (low, high, 0, 0.5, self.rng.randint(int(low), int(high)), round(self.rng.uniform(low, high), 3))
        return float(self.rng.choice([number for number in near if low <= number <= high]))

    def _anything(self, kind: str | None, depth: int) -> Any:
        kinds = ("null", "boolean", "number", "string") + (("array", "object") if depth > 0 else ())
        made: Any
        match kind or self.rng.choice(kinds):
            case "object":
                names = self.rng.sample(NAMES, self.rng.choice((0, 1, 2, 3)))
                made = {name: self._anything(None, depth - 1) for name in names}
            case "array":
                made = [self._anything(None, depth - 1) for _ in range(self.rng.choice((0, 1, 2, 3)))]
            case "string":
                made = self._text(self.rng.randint(0, 8))
            case "boolean":
                made = self.rng.random() < 0.5  # noqa: PLR2004 - one or the other
            case "null":
                made = None
            case _:
                made = self.rng.choice(NUMBERS)
        return made
