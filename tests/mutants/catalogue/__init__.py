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
    "limits",
    "tokens",
    "contract",
    "nodes",
)


#: The mutants of each family, in the families' order.
BY_FAMILY: dict[str, dict[str, Mutant]] = {family: import_module(f"{__name__}.{family}").MUTANTS for family in FAMILIES}
MUTANTS = {name: mutant for mutants in BY_FAMILY.values() for name, mutant in mutants.items()}


def family_of_mutant(name: str) -> str:
    """The family that a mutant is catalogued in."""
    return next(family for family, mutants in BY_FAMILY.items() if name in mutants)
