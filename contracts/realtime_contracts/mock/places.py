"""Places in a document: JSON Pointers, and which of them are in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Touched:
    """The places that an edit reads and writes."""

    reads: frozenset[str]
    writes: frozenset[str]


def overlap(one: str, other: str) -> bool:
    """Whether two places are one, or one is above the other."""
    return one == other or other.startswith(f"{one}/") or one.startswith(f"{other}/")


def above(place: str) -> Iterator[str]:
    """The places above `place`, the nearest first."""
    while place:
        place = place.rpartition("/")[0]
        yield place


class Places:
    """A set of places that can be asked for overlaps, in time that only depends on a place's depth."""

    def __init__(self, places: Iterable[str]) -> None:
        self._exact = set(places)
        self._above = {ancestor for place in self._exact for ancestor in above(place)}

    def overlap(self, place: str) -> bool:
        """Whether `place` is one of these, above one or below one."""
        return place in self._exact or place in self._above or not self._exact.isdisjoint(above(place))
