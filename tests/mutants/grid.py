"""A matrix as text: requirements down, mutants across."""

from __future__ import annotations

from collections.abc import Mapping

KILLED, SURVIVED, NOT_TRIED = "✗", "·", " "


def grid(mutants: Mapping[str, Mapping[str, bool]]) -> str:
    """A row for each requirement, a column for each mutant, numbered; below, what the numbers are.

    `mutants`: by mutant, the requirements that were tried on it, and whether they have killed it.
    """
    requirements = sorted({id_ for tried in mutants.values() for id_ in tried}, key=_in_order)
    width = max(map(len, requirements), default=0)
    names = list(mutants)
    head = " " * width + "".join(f"{number:>3}" for number in range(1, len(names) + 1))
    rows = [
        f"{id_:<{width}}" + "".join(f"{_cell(mutants[name].get(id_)):>3}" for name in names) for id_ in requirements
    ]
    legend = [f"{number:>3}  {name}" for number, name in enumerate(names, 1)]
    return "\n".join([head, *rows, f"{KILLED} killed  {SURVIVED} not killed", *legend])


def _cell(killed: bool | None) -> str:  # noqa: FBT001 - a cell of three values
    return NOT_TRIED if killed is None else KILLED if killed else SURVIVED


def _in_order(id_: str) -> tuple[str, list[int], str]:
    """`rooms/3.10` after `rooms/3.9`."""
    family, _, number = id_.partition("/")
    digits = number.replace(".", "")
    return family, [int(part) for part in number.split(".")] if digits.isdigit() else [], number
