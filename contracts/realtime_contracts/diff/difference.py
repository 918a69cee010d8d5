"""One difference between two shapes, with what shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

#: What is done to the value at a place to show a difference there.
Move = Callable[[Any], Any]


@dataclass(frozen=True)
class Shown:
    """What shows a difference: done to a message that both versions accept, or as a message made for it."""

    move: Move
    #: A value of the whole, the one that was compared; it grows with each step outwards.
    whole: Any


@dataclass(frozen=True)
class Difference:
    """At one place, the new shape is not the old one."""

    #: Names of members, `*` for the items of a list, from the message inwards.
    path: tuple[str, ...]
    #: Where it is written, and where what is around it is, from the inside outwards.
    origins: tuple[str, ...]
    text: str
    #: Whether something that the old shape accepts is refused by the new one.
    narrows: bool = False
    #: Whether the new shape accepts something that the old one refuses.
    widens: bool = False
    lost: Shown | None = None
    gained: Shown | None = None

    def inside(self, step: str, origin: str, wrap_lost: Move, wrap_gained: Move) -> Difference:
        """The same, seen from the value around it, which is written at `origin`."""

        def wrapped(shown: Shown | None, wrap: Move) -> Shown | None:
            return replace(shown, whole=wrap(shown.whole)) if shown else None

        return replace(
            self,
            path=(step, *self.path),
            origins=(*self.origins, origin),
            lost=wrapped(self.lost, wrap_lost),
            gained=wrapped(self.gained, wrap_gained),
        )


def value(whole: Any) -> Shown:
    """Shown by this value in the place of the one that is there."""
    return Shown(lambda _: whole, whole)


def member(name: str, part: Any, whole: Any) -> Shown:
    """Shown by an object with this member."""
    return Shown(lambda there: {**there, name: part} if isinstance(there, dict) else there, whole)


def no_member(name: str, whole: Any, *, beside: dict[str, Any] | None = None) -> Shown:
    """Shown by an object without this member, and with those `beside` it."""

    def move(there: Any) -> Any:
        if not isinstance(there, dict):
            return there
        return {key: part for key, part in {**(beside or {}), **there}.items() if key != name}

    return Shown(move, whole)
