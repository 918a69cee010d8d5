"""Example data from the contract's examples, without the artificial ones, such as `x` repeated five hundred times."""

from __future__ import annotations

from typing import Any

from realtime_contracts.contract.registry import Direction, registry

#: Characters up to which an example's text is readable and not a test of its maximum.
_READABLE = 120

#: Fictional users besides those of the contract's examples.
_COLLEAGUES = ("Ben", "Cy", "Dora", "Emil", "Fatima", "Goran", "Hana", "Ivo", "Jun", "Kira", "Leo", "Mina")


def readable(direction: Direction, event: str) -> list[dict[str, Any]]:
    """Return the realistic valid examples of a message."""
    valid = [example.data for example in registry().examples(direction, event) if example.valid]
    return [data for data in valid if max(map(len, _texts(data)), default=0) <= _READABLE]


def error_details(event: str, code: str) -> dict[str, Any] | None:
    """Return the message and details in an example of this error of an event, None if there is none."""
    answers = [data.get("error") for data in readable(Direction.ACK, event) if not data["ok"]]
    for error in [*answers, *readable(Direction.SERVER, "error")]:
        if isinstance(error, dict) and error["code"] == code:
            return error
    return None


def colleagues(number: int) -> list[tuple[str, str]]:
    """Return this many fictional users as (user_id, name): Ben, Cy, …, Ben 2."""
    names = [f"{name} {again}" if again > 1 else name for again in range(1, number + 1) for name in _COLLEAGUES]
    return [(name.lower().replace(" ", "-"), name) for name in names[:number]]


def _texts(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    parts = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [text for part in parts for text in _texts(part)]
