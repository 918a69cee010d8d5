"""Checks requests to the services against the contract, by the same rules as REST."""

from __future__ import annotations

from typing import Any

from app.realtime.store.keys import TenantKeys
from realtime_contracts.contract.registry import Direction
from realtime_contracts.rules.errors import InvalidPayload
from realtime_contracts.rules.ids import is_safe_id
from realtime_contracts.rules.requests import IDEMPOTENCY_KEY, check

#: A request of an operation as the contract defines it, without null values.
Request = dict[str, Any]


def tenant_keys(tenant_id: str) -> TenantKeys:
    """Return the keys of a tenant. Raises InvalidPayload."""
    if not is_safe_id(tenant_id):
        raise InvalidPayload("/tenant_id", "not the id of a tenant")
    return TenantKeys(tenant_id)


def checked_user(user_id: str) -> str:
    """Return the id if it is a valid user id. Raises InvalidPayload."""
    if not is_safe_id(user_id):
        raise InvalidPayload("/user_id", "not the id of a user")
    return user_id


def checked(operation: str, direction: Direction = Direction.REQUEST, **fields: Any) -> Request:
    """Return a checked request of an operation; None means absent. Raises InvalidPayload."""
    asked = {name: value for name, value in fields.items() if value is not None}
    return check(direction, operation, asked)


def checked_key(key: object) -> str | None:
    """Return a valid idempotency key, or None. In REST it is a header. Raises InvalidPayload."""
    if key is None:
        return None
    if isinstance(key, str) and IDEMPOTENCY_KEY.fullmatch(key):
        return key
    raise InvalidPayload("/idempotency_key", "expected 1 to 255 printable ASCII characters")
