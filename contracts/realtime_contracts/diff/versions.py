"""Versions of the contract, and which one a change takes."""

from __future__ import annotations

import re
from enum import IntEnum

from realtime_contracts.contract.schemas import Unreadable

_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")

Version = tuple[int, int, int]


class Effect(IntEnum):
    """What a change does to clients that were written for the old version; the greater, the worse."""

    #: Nothing: other words, or the same said otherwise.
    NONE = 0
    #: All that worked works; there is more, or less to expect.
    COMPATIBLE = 1
    #: Something that worked does not.
    BREAKING = 2


def parsed(text: str, name: str) -> Version:
    """The version of a contract as numbers. Raises Unreadable."""
    match = _VERSION.fullmatch(text)
    if match is None:
        raise Unreadable(f"the {name} contract: its version {text[:40]!r} is not of the form 1.2.3")
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def taken(old: Version, effect: Effect | None) -> Version:
    """The least version after `old` that says as much as `effect`; None is no change at all.

    Before 1.0.0 the second number tells what breaks and the third the rest, as Cargo and npm read it too: `^0.3.0` is
    anything below 0.4.0. From then on it is semantic versioning to the letter.
    """
    major, minor, patch = old
    if effect is None:
        return old
    if effect is Effect.BREAKING:
        return (major + 1, 0, 0) if major else (0, minor + 1, 0)
    if effect is Effect.COMPATIBLE and major:
        return major, minor + 1, 0
    return major, minor, patch + 1


def written(version: Version) -> str:
    """A version as it is in VERSION."""
    return ".".join(map(str, version))
