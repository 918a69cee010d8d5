"""Finds the step of each sentence of a feature.

A step is declared with its sentence, like a Cucumber expression: `@then('{people} see(s) {whom} go')`. A name in braces
is a parameter, `(s)` is optional, and `is/are` matches either word. The parameter's name decides what it matches, so
that no sentence fits two steps, and a list of people arrives as a list. The function receives the parameters by name.
It may also ask for `world`, `datatable`, and `faults` (only available to the cluster's owner).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from realtime_contracts.wire.tokens import FORGERS

Kind = Literal["given", "when", "then"]
_Function = TypeVar("_Function", bound=Callable[..., None])

_NAME = r"[A-Z][a-z]+"
_SEVERAL = rf"{_NAME}(?:, {_NAME})*(?: and {_NAME})?"

#: The pattern of each parameter, by name. Any other parameter matches the text between its quotes.
PLACES = {
    "who": _NAME,
    "whom": _NAME,
    #: A user, or one of their tabs: see `World.tab_of`.
    "tab": rf"(?:the second tab of )?{_NAME}",
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
    "epoch_": "of another epoch|of the epoch before|without an epoch",
    "object_": r"\{.*\}",
    "value_": "[^ ]+",
    "locks_": """[A-Z][a-z]+'s on ".*\"""",
    "lock_": r'the whole document|"[^"]*"(?: for \d+ seconds)?',
    "fields_": "nothing more|a timestamp|the room|the room and its users",
    "field_": '(?: in "[^"]*")?(?: again)?',
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
    "ended_": "killed|stopped",
    "message_": "notification|activity",
    "page_": 'nothing|".*"',
    "entity_": 'nothing|".*"',
}
_QUOTED = r'[^"]*'
_PLACE = re.compile(r"\{(\w+)\}")
#: Alternative words, and an optional ending.
_ONE_OF = re.compile(r"\b(\w+)/(\w+)\b")
_ENDING = re.escape("(s)")


#: Parameters that are lists of people.
_LISTS = frozenset({"people", "others"})


@dataclass(frozen=True)
class Definition:
    """A step: its kind, its sentence and its function."""

    kind: Kind
    sentence: str
    function: Callable[..., None]
    pattern: re.Pattern[str]

    def match(self, text: str) -> dict[str, Any] | None:
        """Return the parameters of a sentence, None if it does not match."""
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        return {place: names(words) if place in _LISTS else words for place, words in found.groupdict().items()}


#: All steps, in the order of the modules.
DEFINITIONS: list[Definition] = []


def given(sentence: str) -> Callable[[_Function], _Function]:
    """Declare a Given step."""
    return _step("given", sentence)


def when(sentence: str) -> Callable[[_Function], _Function]:
    """Declare a When step."""
    return _step("when", sentence)


def then(sentence: str) -> Callable[[_Function], _Function]:
    """Declare a Then step."""
    return _step("then", sentence)


def fitting(kind: str, text: str) -> list[Definition]:
    """Return the steps that match a sentence. There must be exactly one."""
    return [step for step in DEFINITIONS if step.kind == kind and step.match(text) is not None]


def pattern_of(sentence: str) -> re.Pattern[str]:
    """Return the pattern of a sentence with parameters."""
    pieces = [
        f"(?P<{piece}>{PLACES.get(piece, _QUOTED)})"
        if index % 2
        else _ONE_OF.sub(r"(?:\1|\2)", re.escape(piece).replace(_ENDING, "s?"))
        for index, piece in enumerate(_PLACE.split(sentence))
    ]
    return re.compile("".join(pieces), re.DOTALL)


def _step(kind: Kind, sentence: str) -> Callable[[_Function], _Function]:
    def register(function: _Function) -> _Function:
        lazy = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
        if any(is_so(function) for is_so in lazy):
            # The step would be called, do nothing, and pass.
            raise TypeError(f"the step {function.__name__} must be a plain function")
        DEFINITIONS.append(Definition(kind, sentence, function, pattern_of(sentence)))
        return function

    return register


def names(text: str) -> list[str]:
    """Return `Ana, Ben and Cy` as a list."""
    return re.findall(_NAME, text.replace(" and ", ", "))
