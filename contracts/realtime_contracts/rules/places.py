"""Places in a document: JSON Pointers, and which of them overlap.

Places overlap if they are one or one is above the other. Edits, locks and typing ask the same question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from realtime_contracts.rules.errors import InvalidPayload
from realtime_contracts.rules.limits import MAX_LOCK_DEPTH

#: Nesting levels of a document. Far beyond any form, and within every JSON reader's limit.
MAX_DEPTH = 100


def overlap(one: str, other: str) -> bool:
    """Whether two places are one, or one is above the other."""
    return one == other or other.startswith(f"{one}/") or one.startswith(f"{other}/")


def ancestors(place: str) -> Iterator[str]:
    """The places above `place`, the nearest first."""
    while place:
        place = place.rpartition("/")[0]
        yield place


class Places:
    """A set of places that can be asked for overlaps, in time that only depends on a place's depth."""

    def __init__(self, places: Iterable[str]) -> None:
        self._exact = set(places)
        self._above = {above for place in self._exact for above in ancestors(place)}

    def overlap(self, place: str) -> bool:
        """Whether `place` is one of these, above one or below one."""
        return place in self._exact or place in self._above or not self._exact.isdisjoint(ancestors(place))


def place_of(field: str | None) -> str:
    """Return the place of a field: a JSON Pointer, the name of a top-level member, or None for the whole."""
    if field is None:
        return ""
    return field if field.startswith("/") else "/" + field.replace("~", "~0").replace("/", "~1")


def check_lock_path(path: str) -> None:
    """Raises InvalidPayload if a lock's place is too deep."""
    if path.count("/") > MAX_LOCK_DEPTH:
        raise InvalidPayload("/path", f"more than {MAX_LOCK_DEPTH} levels deep")
