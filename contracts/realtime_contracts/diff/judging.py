"""What a change means, for whom, and what version it takes.

The server accepts what clients send, and asks of its clients to accept what it sends. So the same change of a shared
type is fine in one direction and breaks the other: a new status is one more that a client may send, and one that a
client which checks what it gets has never heard of. The contract's objects are closed, and clients generated from it
check them so; therefore a new member of a server's message breaks them, unlike in contracts whose clients overlook what
they do not know. Acks and responses go to the client, and are judged so. An event that is new breaks nobody: who does
not know it does not listen to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from realtime_contracts.contract.schemas import Schemas, Unreadable, file_of
from realtime_contracts.diff.comparing import differences
from realtime_contracts.diff.difference import Difference
from realtime_contracts.diff.forms import canonical
from realtime_contracts.diff.reading import Reader
from realtime_contracts.diff.subsets import within
from realtime_contracts.diff.versions import Effect, parsed, taken, written
from realtime_contracts.diff.witnesses import Judge, Message, Witness, any_message, found_by_trial, witness
from realtime_contracts.diff.wording import defaults_changed, reworded, rewritten

#: Directions in which the client sends and the server judges.
FROM_CLIENTS = frozenset({"client", "request"})

UNDECIDED = "cannot be shown to be compatible"


@dataclass(frozen=True)
class Change:
    """One change, with all messages that it reaches in the same way."""

    effect: Effect
    #: Where it is written: `shared/presence.json#/$defs/status`.
    place: str
    text: str
    #: Each message with the places in it, as `users/*/status`.
    messages: tuple[tuple[Message, tuple[str, ...]], ...] = ()
    witness: Witness | None = None
    #: Whether it is taken for breaking because nothing shows that it is not.
    doubt: bool = False


@dataclass(frozen=True)
class Verdict:
    """All changes between two versions, the worst first, and whether the new version's number says as much."""

    old: str
    new: str
    changes: tuple[Change, ...] = field(default=())

    @property
    def effect(self) -> Effect | None:
        """The worst of the changes; None without any."""
        return max((change.effect for change in self.changes), default=None)

    @property
    def takes(self) -> str:
        """The least version that says as much as has changed."""
        return written(taken(parsed(self.old, "old"), self.effect))

    @property
    def new_is_older(self) -> bool:
        """Whether the version goes back."""
        return parsed(self.new, "new") < parsed(self.old, "old")

    @property
    def enough(self) -> bool:
        """Whether the new version is at least that."""
        return parsed(self.new, "new") >= parsed(self.takes, "old")


def judged(old: Schemas, new: Schemas) -> Verdict:
    """What has changed from `old` to `new`. Raises Unreadable for what is no contract of schemas."""
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
    both = [message for message in old.messages() if message in new.messages()]
    found: list[Change] = []
    for message in both:
        found += _message(message, judges, readers)
        found += [
            Change(Effect.COMPATIBLE, file_of(*message), text, ((message, ("/".join(path),)),))
            for path, text in defaults_changed(old, new, message)
        ]
    found += _events(old, new, judges)
    found += _words(old, new, found)
    return Verdict(old.version, new.version, tuple(_grouped(found)))


def _message(message: Message, judges: tuple[Judge, Judge], readers: tuple[Reader, Reader]) -> Iterator[Change]:
    try:
        was, is_ = (reader.message(*message) for reader in readers)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise Unreadable(f"schemas/{file_of(*message)} cannot be read: {type(error).__name__} {error}") from error
    narrower, wider = not within(was, is_), not within(is_, was)
    if not narrower and not wider:
        return
    sends = message[0] in FROM_CLIENTS
    undecided = narrower if sends else wider
    for difference in differences(was, is_, file_of(*message)):
        # What a place refuses, another alternative may accept: the whole message has the last word.
        told = replace(difference, narrows=difference.narrows and narrower, widens=difference.widens and wider)
        if told.narrows or told.widens:
            change = _change(message, told, judges)
            undecided = undecided and change.effect is not Effect.BREAKING
            yield change
    if undecided:
        shown = found_by_trial(message, *(judges if sends else judges[::-1]))
        text = "changed as a whole" if shown else f"changed as a whole, {UNDECIDED}"
        yield Change(Effect.BREAKING, file_of(*message), text, ((message, ("",)),), shown, shown is None)


def _change(message: Message, difference: Difference, judges: tuple[Judge, Judge]) -> Change:
    old, new = judges
    sends = message[0] in FROM_CLIENTS
    breaking = difference.narrows if sends else difference.widens
    # What breaks clients is what they send and is refused now, or what they get and refuse.
    losing = sends if breaking else not sends
    accepting, refusing = (old, new) if losing else (new, old)
    shown = witness(message, accepting, refusing, difference.path, difference.lost if losing else difference.gained)
    if breaking and shown is None:
        shown = found_by_trial(message, accepting, refusing)
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
    """Where the change was made: the innermost place around it whose file is not what it was."""
    old, new = (judge.schemas.files for judge in judges)
    for origin in difference.origins:
        file = origin.partition("#")[0]
        if canonical(old.get(file)) != canonical(new.get(file)):
            return origin
    return file_of(*message)


def _events(old: Schemas, new: Schemas, judges: tuple[Judge, Judge]) -> Iterator[Change]:
    """Messages that one version has and the other has not."""
    for message in sorted({*old.messages()} ^ {*new.messages()}):
        gone = message in old.messages()
        shown = any_message(message, judges[0] if gone else judges[1])
        text = "no longer in the contract" if gone else "new in the contract"
        effect = Effect.BREAKING if gone else Effect.COMPATIBLE
        yield Change(effect, file_of(*message), text, ((message, ("",)),), shown)


def _words(old: Schemas, new: Schemas, found: list[Change]) -> Iterator[Change]:
    """Files that differ, and change nothing."""
    named = {change.place.partition("#")[0] for change in found}
    named |= {file_of(*message) for change in found for message, _ in change.messages}
    for file in sorted({*old.files, *new.files} - named):
        was, is_ = old.files.get(file), new.files.get(file)
        if was is None or is_ is None or rewritten(was, is_):
            yield Change(Effect.NONE, file, "written differently, no change on the wire")
        elif reworded(was, is_):
            yield Change(Effect.NONE, file, "other words only")


def _grouped(changes: list[Change]) -> list[Change]:
    """One change for all messages that it reaches in the same way, shown by the smallest of what shows it."""
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
