"""Checks requests against the contract: event payloads, REST queries and idempotency keys."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import orjson

from realtime_contracts.contract.operations import Operation, parameter_types
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.rules.errors import InvalidPayload, Unauthenticated

#: A name chosen by the caller, valid in a header: printable ASCII.
IDEMPOTENCY_KEY = re.compile(r"[ -~]{1,255}")

#: The message for a missing property that an event requires. The seed's words.
_MISSING = {"entity_type": "entity_type and entity_id required", "room_id": "room_id required"}

#: Whole numbers as JSON writes them, of no more digits than 64 bits can have.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")

#: Characters of a parameter's name that an error quotes.
_QUOTED = 60

#: Below this a number without a fraction is the same as an integer and as a float.
_EXACT = 2**53

Payload = dict[str, Any]


def check(direction: Direction, event: str, payload: Any) -> Payload:
    """Return a message's payload after checking it. Raises InvalidPayload."""
    violation = registry().check(direction, event, payload)
    if violation is not None:
        raise InvalidPayload(violation.path, violation.reason)
    return dict(payload)


def check_event(event: str, payloads: Sequence[Any], *, flat: bool = False) -> Payload:
    """Return the single payload of a client event; a missing one is {}. Raises InvalidPayload.

    `flat`: it was just parsed from a short JSON text with few brackets, so that its schema is all there is to check.
    """
    if len(payloads) > 1:
        raise InvalidPayload("", f"expected one payload, got {len(payloads)}")
    payload = payloads[0] if payloads else {}
    if flat and _validator(event)(payload):
        return payload
    violation = registry().check(Direction.CLIENT, event, payload)
    if violation is None:
        return payload
    missing = violation.keyword == "required" and violation.path == ""
    raise InvalidPayload(violation.path, violation.reason, _said_missing(event, payload) if missing else None)


@cache
def _validator(event: str) -> Callable[[object], bool]:
    return registry().validator(Direction.CLIENT, event)


def _said_missing(event: str, payload: Payload) -> str | None:
    missing = [name for name in registry().schema(Direction.CLIENT, event)["required"] if name not in payload]
    return _MISSING.get("entity_type" if missing == ["entity_id"] else missing[0])


def check_request(operation: Operation, payload: Any) -> Payload:
    """Return a REST operation's request after checking it; {} if it takes none. Raises InvalidPayload."""
    takes_nothing = parameter_types(operation.event) is None
    return {} if takes_nothing else check(Direction.REQUEST, operation.event, payload)


def read_query(operation: Operation, query: Mapping[str, Sequence[str]]) -> Payload | None:
    """Parse a query, with numbers and booleans; None if the operation takes a body.

    Raises InvalidPayload for a duplicate parameter, and for any where none is allowed.
    """
    types = parameter_types(operation.event)
    for name, values in query.items():
        if len(values) > 1:
            raise InvalidPayload("", f"query parameter {name[:_QUOTED]!r} is given {len(values)} times")
    if query and (types is None or operation.has_body):
        raise InvalidPayload("", f"unexpected query parameter {next(iter(query))[:_QUOTED]!r}")
    if types is None or operation.has_body:
        return None if operation.has_body else {}
    return {name: _typed(value, types.get(name)) for name, (value,) in query.items()}


def bearer_token(header: str) -> str:
    """Return the access token of the header Authorization (RFC 6750). Raises Unauthenticated."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or " " in token.strip():
        raise Unauthenticated
    return token.strip()


def check_idempotency_key(key: str | None) -> str | None:
    """Return the header Idempotency-Key, if there is one. Raises InvalidPayload."""
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidPayload("/Idempotency-Key", "expected 1 to 255 printable ASCII characters")
    return key


def _typed(text: str, kind: str | None) -> str | int | bool:
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    return text


def fingerprint(meant: Mapping[str, Any]) -> str:
    """Return a fingerprint of a value, independent of its spelling: JSON's 12 and 12.0 are one number."""
    return sha256(orjson.dumps(_plain(dict(meant)), option=orjson.OPT_SORT_KEYS)).hexdigest()


def notification_id(tenant_id: str, user_id: str, idempotency_key: str) -> str:
    """Return the fixed id of a notification with an idempotency key. None of the names contains a NUL."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{tenant_id}\0{user_id}\0{idempotency_key}"))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value
