"""All wrong servers, by name. Each family of requirements has a module of its own."""

from __future__ import annotations

from importlib import import_module

from tests.mutants.mutation import Mutant

FAMILIES = (
    "connecting",
    "presence",
    "statuses",
    "rooms",
    "cursors",
    "typing",
    "documents",
    "locks",
    "notifications",
    "activity",
    "errors",
    "rest",
    "contract",
    "nodes",
)


def every() -> list[tuple[str, Mutant]]:
    """The mutants of all families with their family, in the families' order."""
    return [(family, mutant) for family in FAMILIES for mutant in import_module(f"{__name__}.{family}").MUTANTS]


MUTANTS: dict[str, Mutant] = {mutant.name: mutant for _, mutant in every()}
_FAMILY = {mutant.name: family for family, mutant in every()}


def family_of_mutant(name: str) -> str:
    """The family that a mutant is catalogued in."""
    return _FAMILY[name]
