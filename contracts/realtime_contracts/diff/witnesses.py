"""Messages that show a change, each tried on the validators of both versions: what does not show it is not shown."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from realtime_contracts.contract.lint import BASE
from realtime_contracts.contract.payloads.generator import nearly_valid, valid
from realtime_contracts.contract.registry import Direction, UnknownEvent, registry
from realtime_contracts.contract.schemas import Schemas, Unreadable, file_of
from realtime_contracts.contract.violations import Violation, find_violation, not_json
from realtime_contracts.diff.difference import Move, Shown

#: Payloads of each kind that are made to find one that two versions disagree on, where none could be derived.
TRIES = 150

Message = tuple[str, str]


@dataclass(frozen=True)
class Witness:
    """A message that one version accepts and the other refuses."""

    direction: str
    event: str
    payload: Any
    #: `old` or `new`: which of the versions accepts it.
    accepted_by: str
    #: What the other one says of it; None if it has no such event.
    refusal: Violation | None


class Judge:
    """The validators of one version."""

    def __init__(self, name: str, schemas: Schemas) -> None:
        """`name` is `old` or `new`. Raises Unreadable for what is no JSON Schema, or refers to what is not there."""
        self.name = name
        self.schemas = schemas
        files = {file: {**schema, "$id": BASE + file} for file, schema in schemas.files.items()}
        self._validators: dict[Message, jsonschema_rs.Validator] = {}
        file = ""
        try:
            known = jsonschema_rs.Registry([(BASE + file, schema) for file, schema in files.items()])
            for message in schemas.messages():
                file = file_of(*message)
                self._validators[message] = jsonschema_rs.Draft202012Validator(
                    files[file], registry=known, offline=True
                )
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            why = str(error).splitlines()[0]
            raise Unreadable(
                f"the {name} contract: schemas/{file} is no JSON Schema that can be used: {why}"
            ) from error

    def accepts(self, message: Message, payload: Any) -> bool:
        """Whether the payload is what this version says of the message."""
        return self._validators[message].is_valid(payload) and not_json(payload) is None

    def refusal(self, message: Message, payload: Any) -> Violation:
        """Why a payload that is not accepted is not."""
        return find_violation(self._validators[message], payload)

    def made(self, message: Message) -> Iterator[Any]:
        """Payloads that are right or nearly so, the same each time."""
        for seed in range(TRIES):
            rng = random.Random(seed)  # noqa: S311 - no secret
            for make in (valid, nearly_valid):
                try:
                    yield make(self.schemas, *message, rng)
                except (ArithmeticError, KeyError, LookupError, TypeError, ValueError):
                    return  # a schema outside the subset, which nothing can be made from


def examples(message: Message) -> list[Any]:
    """The good examples of the contract that this package came with, small ones first; none for an event it has not."""
    try:
        known = registry().examples(Direction(message[0]), message[1])
    except (UnknownEvent, OSError, ValueError):
        return []
    return sorted((example.data for example in known if example.valid), key=lambda data: len(json.dumps(data)))


def witness(
    message: Message, accepting: Judge, refusing: Judge, path: tuple[str, ...], shown: Shown | None
) -> Witness | None:
    """A message that `accepting` accepts and `refusing` does not, for what differs at `path`; None if none was found.

    An example that both accept, changed in that place, says it best; then the plainest message that there is.
    """
    if shown is None:
        return None
    known = [base for base in examples(message) if accepting.accepts(message, base)]
    shared = [base for base in known if refusing.accepts(message, base)]
    payloads = [
        *(_changed(base, path, shown.move) for base in shared),
        shown.whole,
        *(_changed(base, path, shown.move) for base in known if base not in shared),
    ]
    return _first(message, accepting, refusing, payloads)


def found_by_trial(message: Message, accepting: Judge, refusing: Judge) -> Witness | None:
    """A message that one accepts and the other does not, of many that were made from both."""
    for judge in (accepting, refusing):
        if (found := _first(message, accepting, refusing, judge.made(message))) is not None:
            return found
    return None


def any_message(message: Message, accepting: Judge) -> Witness | None:
    """Any message of an event that the other version has not."""
    payloads = (*examples(message), *accepting.made(message))
    payload = next((payload for payload in payloads if accepting.accepts(message, payload)), None)
    return Witness(*message, payload, accepting.name, None) if payload is not None else None


def _first(message: Message, accepting: Judge, refusing: Judge, payloads: Any) -> Witness | None:
    for payload in payloads:
        if accepting.accepts(message, payload) and not refusing.accepts(message, payload):
            return Witness(*message, payload, accepting.name, refusing.refusal(message, payload))
    return None


def _changed(payload: Any, path: tuple[str, ...], move: Move) -> Any:
    """The payload with `move` done at the path, in the first item of a list; as it is, where the path leads nowhere."""
    if not path:
        return move(payload)
    step, rest = path[0], path[1:]
    if isinstance(payload, dict):
        if step in payload:
            return {**payload, step: _changed(payload[step], rest, move)}
        return payload if rest else {**payload, step: move(None)}
    if step == "*" and isinstance(payload, list) and payload:
        return [_changed(payload[0], rest, move), *payload[1:]]
    return payload
