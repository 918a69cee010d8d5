"""How a sentence of a feature finds its step.

A step is written as the sentence itself, with places in braces: `{who} joins "{room}"`. What may stand in a
place is known by its name, so that two steps do not fit one sentence, and a list of people comes as a list.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pytest_bdd.parsers import StepParser

from realtime_contracts.conformance.forged import FORGERS

_NAME = r"[A-Z][a-z]+"
_SEVERAL = rf"{_NAME}(?:, {_NAME})*(?: and {_NAME})?"

#: What may stand in a place, by its name. Any other place takes what fits between its quotes.
PLACES = {
    "who": _NAME,
    "whom": _NAME,
    "people": _SEVERAL,
    "others": _SEVERAL,
    "n": r"\d+",
    "status": "online|away|busy",
    "ordinal": "first|second",
    "payload": ".*",
    "anything": ".*",
    "how": ".+",
    "payload_": ".*",
    "packet": ".*",
    "id_": r"-?\d+",
    "what": "(?:a|an) .*",
    "channel": ".*",
    "where": "in the .*",
    "token": "|".join(map(re.escape, FORGERS)),
    "claim": "name|email|role",
    "m": r"\d+",
    "patch": r"\[.*\]",
    "object_": r"\{.*\}",
    "value_": "[^ ]+",
    "locks_": """[A-Z][a-z]+'s on ".*\"""",
    "titles_": '".*"',
    "verb": "reads|deletes",
    "operation_": "[a-z]+:[a-z_]+",
    "method": "[A-Z]+",
    "path_": "/[^ ]*",
    "type_": "[a-z]+/[^ ]+",
    "often": r"once|twice|\d+ times",
    "typing_": ".+",
    "endings_": ".+",
    "ids_": ".+",
    "page_": 'nothing|".*"',
    "entity_": 'nothing|".*"',
}
_QUOTED = r'[^"]*'
_PLACE = re.compile(r"\{(\w+)\}")


class Phrase(StepParser):
    """A step's sentence with named places."""

    _lists: ClassVar[frozenset[str]] = frozenset({"people", "others"})

    def __init__(self, name: str) -> None:
        super().__init__(name)
        pieces = _PLACE.split(name)
        pattern = "".join(
            re.escape(piece) if index % 2 == 0 else f"(?P<{piece}>{PLACES.get(piece, _QUOTED)})"
            for index, piece in enumerate(pieces)
        )
        self._pattern = re.compile(pattern, re.DOTALL)

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        """The text in each place, None if the sentence is another one."""
        match = self._pattern.fullmatch(name)
        if match is None:
            return None
        return {place: names(text) if place in self._lists else text for place, text in match.groupdict().items()}

    def is_matching(self, name: str) -> bool:
        """Whether the sentence is this step's."""
        return self._pattern.fullmatch(name) is not None


def names(text: str) -> list[str]:
    """`Ana, Ben and Cy` as a list."""
    return re.findall(_NAME, text.replace(" and ", ", "))
