"""Checks of what back ends ask of the services, against the contract: the same rules as over REST."""

from __future__ import annotations

from typing import Any

from app.realtime.store.keys import TenantKeys
from realtime_contracts.contract.registry import Direction
from realtime_contracts.rules.errors import InvalidPayload
from realtime_contracts.rules.ids import is_safe_id
from realtime_contracts.rules.requests import IDEMPOTENCY_KEY, check

#: What is asked of an operation: its request as the contract has it, without what is null.
Request = dict[str, Any]


def tenant_keys(tenant_id: str) -> TenantKeys:
    """The keys of a tenant. Raises InvalidPayload."""
    if not is_safe_id(tenant_id):
        raise InvalidPayload("/tenant_id", "not the id of a tenant")
    return TenantKeys(tenant_id)


def checked_user(user_id: str) -> str:
    """The id, if it can be a user's. Raises InvalidPayload."""
    if not is_safe_id(user_id):
        raise InvalidPayload("/user_id", "not the id of a user")
    return user_id


def checked(operation: str, direction: Direction = Direction.REQUEST, **fields: Any) -> Request:
    """A request of an operation, held against the contract; None means absent. Raises InvalidPayload."""
    asked = {name: value for name, value in fields.items() if value is not None}
    return check(direction, operation, asked)


def checked_key(key: object) -> str | None:
    """A valid idempotency key, or None. Over REST it is a header. Raises InvalidPayload."""
    if key is None:
        return None
    if isinstance(key, str) and IDEMPOTENCY_KEY.fullmatch(key):
        return key
    raise InvalidPayload("/idempotency_key", "expected 1 to 255 printable ASCII characters")
