"""Which step a sentence is, and what stands in its places, as Cucumber Messages tell it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from gherkin.stream.id_generator import IdGenerator

#: What the parser calls the kinds of steps.
_KINDS = {"Context": "given", "Action": "when", "Outcome": "then"}


class Definitions:
    """The steps, one for each pattern, with their ids. Raises ValueError for a kind that there is not."""

    def __init__(self, patterns: Sequence[tuple[str, str]], ids: IdGenerator) -> None:
        if others := {kind for kind, _ in patterns} - set(_KINDS.values()):
            raise ValueError(f"a step is of the kind {', '.join(_KINDS.values())}, and not {min(others)!r}")
        self._ids = {source: ids.get_next_id() for source in dict.fromkeys(source for _, source in patterns)}
        self._patterns = [(kind, source, re.compile(source, re.DOTALL)) for kind, source in dict.fromkeys(patterns)]

    def envelopes(self) -> Iterator[dict[str, Any]]:
        """One stepDefinition for each pattern."""
        for source, id_ in self._ids.items():
            pattern = {"source": source, "type": "REGULAR_EXPRESSION"}
            yield {"stepDefinition": {"id": id_, "pattern": pattern, "sourceReference": {}}}

    def fitting(self, step: dict[str, Any]) -> dict[str, Any]:
        """What a test step says of its definitions: none if no pattern fits, several if several do."""
        kind, text = _KINDS.get(step.get("type", ""), ""), step["text"]
        found = [
            (self._ids[source], match)
            for of_kind, source, pattern in self._patterns
            if of_kind == kind and (match := pattern.fullmatch(text)) is not None
        ]
        return {
            "stepDefinitionIds": [id_ for id_, _ in found],
            "stepMatchArgumentsLists": [{"stepMatchArguments": list(_arguments(match))} for _, match in found],
        }


def _arguments(match: re.Match[str]) -> Iterator[dict[str, Any]]:
    for number, value in enumerate(match.groups(), 1):
        if value is not None:
            yield {"group": {"start": _utf16(match.string[: match.start(number)]), "value": value, "children": []}}


def _utf16(text: str) -> int:
    """Its length as JavaScript counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
