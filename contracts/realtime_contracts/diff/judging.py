"""Decides what a change means: whom it affects, which version it takes, and a message that shows it.

The server accepts messages from clients, and clients accept messages from the server. So a change of a shared type can
be compatible in one direction and breaking in the other: a new status is one more that a client may send, but a client
that checks messages refuses it. The contract's objects are closed, and generated clients check that, so a new member of
a server's message breaks them. Acks and responses go to the client and are judged as such. A new event breaks nobody:
old clients do not listen to it.

Each message that shows a change is tried on the validators of both versions, and dropped if it does not show it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import jsonschema_rs

from realtime_contracts.contract.lint import BASE
from realtime_contracts.contract.payloads.generator import nearly_valid, valid
from realtime_contracts.contract.registry import Direction, UnknownEvent, registry
from realtime_contracts.contract.schemas import Schemas, Unreadable, file_of
from realtime_contracts.contract.violations import Violation, find_violation, not_json
from realtime_contracts.diff.comparing import Difference, Move, Shown, differences
from realtime_contracts.diff.reading import Reader, defaults_changed, reworded
from realtime_contracts.diff.shapes import canonical, within
from realtime_contracts.diff.versions import Effect, parsed, taken, written

#: Directions in which the client sends and the server checks.
FROM_CLIENTS = frozenset({"client", "request"})
#: Payloads of each kind generated to find a disagreement, when none could be derived.
TRIES = 150

UNDECIDED = "cannot be shown to be compatible"

Message = tuple[str, str]


@dataclass(frozen=True)
class Witness:
    """A message that one version accepts and the other refuses."""

    direction: str
    event: str
    payload: Any
    #: The version that accepts it: `old` or `new`.
    accepted_by: str
    #: The reason why the other refuses it; None if it has no such event.
    refusal: Violation | None


@dataclass(frozen=True)
class Change:
    """One change, with all messages that it affects in the same way."""

    effect: Effect
    #: The place of the schema: `shared/presence.json#/$defs/status`.
    place: str
    text: str
    #: Each message with the places in it, as `users/*/status`.
    messages: tuple[tuple[Message, tuple[str, ...]], ...] = ()
    witness: Witness | None = None
    #: Whether it counts as breaking only because nothing proves that it is not.
    doubt: bool = False


@dataclass(frozen=True)
class Verdict:
    """All changes between two versions, the worst first, and whether the version number is high enough."""

    old: str
    new: str
    changes: tuple[Change, ...] = ()

    @property
    def effect(self) -> Effect | None:
        """Return the worst effect of the changes; None without changes."""
        return max((change.effect for change in self.changes), default=None)

    @property
    def takes(self) -> str:
        """Return the lowest version number that the changes allow."""
        return written(taken(parsed(self.old, "old"), self.effect))

    @property
    def new_is_older(self) -> bool:
        """Whether the new version's number is lower."""
        return parsed(self.new, "new") < parsed(self.old, "old")

    @property
    def enough(self) -> bool:
        """Whether the new version's number is high enough."""
        return parsed(self.new, "new") >= parsed(self.takes, "old")


class Judge:
    """The validators of one version."""

    def __init__(self, name: str, schemas: Schemas) -> None:
        """`name` is `old` or `new`. Raises Unreadable for invalid JSON Schema or a broken reference."""
        self.name = name
        self.schemas = schemas
        files = {file: {**schema, "$id": BASE + file} for file, schema in schemas.files.items()}
        self._validators: dict[Message, jsonschema_rs.Validator] = {}
        file = ""
        try:
            known = jsonschema_rs.Registry([(BASE + file, schema) for file, schema in files.items()])
            for message in schemas.messages():
                file = file_of(*message)
                validator = jsonschema_rs.Draft202012Validator(files[file], registry=known, offline=True)
                self._validators[message] = validator
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            where, why = f"the {name} contract: schemas/{file}", str(error).splitlines()[0]
            raise Unreadable(f"{where} is no JSON Schema that can be used: {why}") from error

    def accepts(self, message: Message, payload: Any) -> bool:
        """Whether this version accepts the payload of the message."""
        return self._validators[message].is_valid(payload) and not_json(payload) is None

    def refusal(self, message: Message, payload: Any) -> Violation:
        """Return why a payload is refused."""
        return find_violation(self._validators[message], payload)

    def made(self, message: Message) -> Iterator[Any]:
        """Return generated payloads, valid or nearly so, the same each time."""
        for seed in range(TRIES):
            rng = random.Random(seed)  # noqa: S311 - no secret
            for make in (valid, nearly_valid):
                try:
                    yield make(self.schemas, *message, rng)
                except (ArithmeticError, KeyError, LookupError, TypeError, ValueError):
                    return  # A schema outside the subset, for which no payloads can be generated.


def judged(old: Schemas, new: Schemas) -> Verdict:
    """Return the changes from `old` to `new`. Raises Unreadable if either is not a contract of schemas."""
    try:
        return _judged(old, new)
    except (RecursionError, OverflowError) as error:
        raise Unreadable(f"the schemas go too deep, or have too large a number: {error}") from error


def _judged(old: Schemas, new: Schemas) -> Verdict:
    parsed(old.version, "old")
    parsed(new.version, "new")
    judges = Judge("old", old), Judge("new", new)
    if canonical(old.files) == canonical(new.files):
        return Verdict(old.version, new.version)
    readers = Reader(old), Reader(new)
    found: list[Change] = []
    for message in (message for message in old.messages() if message in new.messages()):
        found += _message(message, judges, readers)
        found += [
            Change(Effect.COMPATIBLE, file_of(*message), text, ((message, ("/".join(path),)),))
            for path, text in defaults_changed(old, new, message)
        ]
    found += _events(judges)
    found += _words(old, new, found)
    return Verdict(old.version, new.version, tuple(_grouped(found)))


def _message(message: Message, judges: tuple[Judge, Judge], readers: tuple[Reader, Reader]) -> Iterator[Change]:
    file = file_of(*message)
    try:
        was, is_ = (reader.message(*message) for reader in readers)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise Unreadable(f"schemas/{file} cannot be read: {type(error).__name__} {error}") from error
    except KeyError as error:
        raise Unreadable(f"schemas/{file} cannot be read: nothing is at {error.args[0]}") from error
    narrower, wider = not within(was, is_), not within(is_, was)
    if not narrower and not wider:
        return
    sends = message[0] in FROM_CLIENTS
    undecided = narrower if sends else wider
    for difference in differences(was, is_, file):
        # Another alternative may accept what this place refuses, so the whole message decides.
        told = replace(difference, narrows=difference.narrows and narrower, widens=difference.widens and wider)
        if told.narrows or told.widens:
            change = _change(message, told, judges)
            undecided = undecided and change.effect is not Effect.BREAKING
            yield change
    if undecided:
        shown = _found_by_trial(message, *(judges if sends else judges[::-1]))
        text = "changed as a whole" if shown else f"changed as a whole, {UNDECIDED}"
        yield Change(Effect.BREAKING, file, text, ((message, ("",)),), shown, shown is None)


def _change(message: Message, difference: Difference, judges: tuple[Judge, Judge]) -> Change:
    sends = message[0] in FROM_CLIENTS
    breaking = difference.narrows if sends else difference.widens
    # A change breaks clients if their messages are now refused, or if they refuse the server's.
    losing = sends if breaking else not sends
    accepting, refusing = judges if losing else judges[::-1]
    shown = _witness(message, accepting, refusing, difference.path, difference.lost if losing else difference.gained)
    if breaking and shown is None:
        shown = _found_by_trial(message, accepting, refusing)
    doubt = breaking and shown is None
    return Change(
        Effect.BREAKING if breaking else Effect.COMPATIBLE,
        _place(message, difference, judges),
        f"{difference.text}: {UNDECIDED}" if doubt else difference.text,
        ((message, ("/".join(difference.path),)),),
        shown,
        doubt,
    )


def _place(message: Message, difference: Difference, judges: tuple[Judge, Judge]) -> str:
    """Return the place of the change: the innermost one around it whose file differs."""
    old, new = (judge.schemas.files for judge in judges)
    for origin in difference.origins:
        file = origin.partition("#")[0]
        if canonical(old.get(file)) != canonical(new.get(file)):
            return origin
    return file_of(*message)


def _events(judges: tuple[Judge, Judge]) -> Iterator[Change]:
    """Return the messages that only one version has."""
    old, new = (set(judge.schemas.messages()) for judge in judges)
    for message in sorted(old ^ new):
        gone = message in old
        judge = judges[0] if gone else judges[1]
        payloads = (*examples(message), *judge.made(message))
        payload = next((payload for payload in payloads if judge.accepts(message, payload)), None)
        shown = Witness(*message, payload, judge.name, None) if payload is not None else None
        text = "no longer in the contract" if gone else "new in the contract"
        effect = Effect.BREAKING if gone else Effect.COMPATIBLE
        yield Change(effect, file_of(*message), text, ((message, ("",)),), shown)


def _words(old: Schemas, new: Schemas, found: list[Change]) -> Iterator[Change]:
    """Return the files that differ in wording only."""
    named = {change.place.partition("#")[0] for change in found}
    named |= {file_of(*message) for change in found for message, _ in change.messages}
    for file in sorted({*old.files, *new.files} - named):
        if text := reworded(old.files.get(file), new.files.get(file)):
            yield Change(Effect.NONE, file, text)


def _grouped(changes: list[Change]) -> list[Change]:
    """Merge a change over all messages that it affects in the same way, with the smallest evidence."""
    groups: dict[tuple[Effect, str, str, bool], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.effect, change.place, change.text, change.doubt), []).append(change)
    result = []
    for group in groups.values():
        places: dict[Message, list[str]] = {}
        for change in group:
            for message, paths in change.messages:
                places.setdefault(message, []).extend(path for path in paths if path not in places.get(message, ()))
        shown = [change.witness for change in group if change.witness]
        smallest = min(shown, key=lambda it: (len(json.dumps(it.payload)), it.event), default=None)
        messages = tuple((message, tuple(paths)) for message, paths in sorted(places.items()))
        result.append(replace(group[0], messages=messages, witness=smallest))
    return sorted(result, key=lambda change: (-change.effect, change.doubt, change.place, change.text))


def examples(message: Message) -> list[Any]:
    """Return the valid examples of the installed contract, small ones first; none for an unknown event."""
    try:
        known = registry().examples(Direction(message[0]), message[1])
    except (UnknownEvent, OSError, ValueError):
        return []
    return sorted((example.data for example in known if example.valid), key=lambda data: len(json.dumps(data)))


def _witness(
    message: Message, accepting: Judge, refusing: Judge, path: tuple[str, ...], shown: Shown | None
) -> Witness | None:
    """Return a message that `accepting` accepts and `refusing` does not, for a difference at `path`; None if none was
    found.

    An example that both accept, changed at that place, is the clearest; the second choice is the smallest message.
    """
    if shown is None:
        return None
    known = [base for base in examples(message) if accepting.accepts(message, base)]
    shared = [base for base in known if refusing.accepts(message, base)]
    payloads = [
        *(_moved(base, path, shown.move) for base in shared),
        shown.whole,
        *(_moved(base, path, shown.move) for base in known if base not in shared),
    ]
    return _first(message, accepting, refusing, payloads)


def _found_by_trial(message: Message, accepting: Judge, refusing: Judge) -> Witness | None:
    """Search many generated messages for one that only one version accepts."""
    return _first(message, accepting, refusing, accepting.made(message)) or _first(
        message, accepting, refusing, refusing.made(message)
    )


def _first(message: Message, accepting: Judge, refusing: Judge, payloads: Iterable[Any]) -> Witness | None:
    for payload in payloads:
        if accepting.accepts(message, payload) and not refusing.accepts(message, payload):
            return Witness(*message, payload, accepting.name, refusing.refusal(message, payload))
    return None


def _moved(payload: Any, path: tuple[str, ...], move: Move) -> Any:
    """Return the payload with `move` applied at the path, in the first item of a list; unchanged if there is no such
    place.
    """
    if not path:
        return move(payload)
    step, rest = path[0], path[1:]
    if isinstance(payload, dict):
        if step in payload:
            return {**payload, step: _moved(payload[step], rest, move)}
        return payload if rest else {**payload, step: move(None)}
    if step == "*" and isinstance(payload, list) and payload:
        return [_moved(payload[0], rest, move), *payload[1:]]
    return payload
