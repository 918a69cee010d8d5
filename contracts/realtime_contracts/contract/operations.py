"""The operations of the REST API, from `operations.json`: what server, mock, harness and pages all know of each."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.contract.schemas import own_folder

#: The lowest HTTP status of a failure.
FAILED = 400


@dataclass(frozen=True)
class Operation:
    """One operation: where it is, who may ask for it, and which statuses its answer can have."""

    #: Its operationId: `notifications.create`.
    name: str
    method: str
    #: With its places in braces: `/api/v1/presence/{user_id}`.
    path: str
    summary: str
    #: The only role that may ask; None if any may.
    role: str | None
    #: Whether a request needs an access token.
    needs_token: bool
    #: Whether the request is the body; else it is the query.
    has_body: bool
    #: The statuses of its answers that succeed, and of those that do not.
    successes: tuple[int, ...]
    failures: tuple[int, ...]

    @property
    def event(self) -> str:
        """Its name as an event of the directions `request` and `response`: `notifications:create`."""
        return self.name.replace(".", ":")


@functools.cache
def described() -> Mapping[str, Any]:
    """The content of `operations.json`."""
    content: Mapping[str, Any] = json.loads((own_folder() / "operations.json").read_text(encoding="utf-8"))
    return content


@functools.cache
def operations() -> Mapping[str, Operation]:
    """Every operation of the contract that this package came with, by name."""
    return {name: _operation(name, said) for name, said in described()["operations"].items()}


def _operation(name: str, said: Mapping[str, Any]) -> Operation:
    statuses = sorted([*map(int, said["answers"]), *map(status_of, failures_of(name))])
    return Operation(
        name,
        said["method"],
        said["path"],
        said["summary"],
        said.get("role"),
        said.get("token", True),
        "body" in said,
        tuple(status for status in statuses if status < FAILED),
        tuple(status for status in statuses if status >= FAILED),
    )


def failures_of(name: str) -> list[str]:
    """The failures that an operation can have, by their names in `operations.json`, the lowest status first."""
    said, of = described()["operations"][name], described()["failures_of"]
    if not said.get("token", True):
        return []
    found = [
        *of["every_operation"],
        *(of["a_role"] if "role" in said else []),
        *(of["a_body"] if "body" in said else []),
    ]
    return sorted([*found, *said.get("failures", ())], key=status_of)


def status_of(failure: str) -> int:
    """The status of a failure, which its codes have in common."""
    return error_codes()[described()["failures"][failure]["examples"][0]["code"]].status


@functools.cache
def parameter_types(event: str) -> Mapping[str, str | None] | None:
    """The JSON type of each property of a request, None for one of several types; None if nothing is asked for.

    A query is text: this says which of its parameters are numbers or booleans.
    """
    if event not in registry().events(Direction.REQUEST):
        return None
    file, schema = registry().schemas.message(Direction.REQUEST, event)
    parts = {name: registry().schemas.resolve(file, part)[1] for name, part in schema["properties"].items()}
    return {name: kind if isinstance(kind := part.get("type"), str) else None for name, part in parts.items()}
