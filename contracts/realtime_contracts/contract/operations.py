"""The operations of the REST API, from `operations.json`, for server, mock, harness and pages."""

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
    """One operation: its path, its role, and the statuses of its answers."""

    #: Its operationId: `notifications.create`.
    name: str
    method: str
    #: With parameters in braces: `/api/v1/presence/{user_id}`.
    path: str
    summary: str
    #: The only role that may call it; None for any role.
    role: str | None
    #: Whether a request needs an access token.
    needs_token: bool
    #: Whether the request is the body; else it is the query.
    has_body: bool
    #: The statuses of success and of failure.
    successes: tuple[int, ...]
    failures: tuple[int, ...]

    @property
    def event(self) -> str:
        """Return its name as an event of the directions `request` and `response`: `notifications:create`."""
        return self.name.replace(".", ":")


@functools.cache
def described() -> Mapping[str, Any]:
    """Return the content of `operations.json`."""
    content: Mapping[str, Any] = json.loads((own_folder() / "operations.json").read_text(encoding="utf-8"))
    return content


@functools.cache
def operations() -> Mapping[str, Operation]:
    """Return every operation of the installed contract, by name."""
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
    """Return an operation's failures, by their names in `operations.json`, the lowest status first."""
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
    """Return the status of a failure, which all of its codes share."""
    return error_codes()[described()["failures"][failure]["examples"][0]["code"]].status


@functools.cache
def parameter_types(event: str) -> Mapping[str, str | None] | None:
    """Return the JSON type of each property of a request, None for several types; None if there is no request.

    A query is text: this tells which of its parameters are numbers or booleans.
    """
    if event not in registry().events(Direction.REQUEST):
        return None
    file, schema = registry().schemas.message(Direction.REQUEST, event)
    parts = {name: registry().schemas.resolve(file, part)[1] for name, part in schema["properties"].items()}
    return {name: kind if isinstance(kind := part.get("type"), str) else None for name, part in parts.items()}
