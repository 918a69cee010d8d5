"""What back ends ask of the services, held to the contract: the same rules in Python as over REST."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

from app.errors import InvalidPayload
from app.realtime.store.keys import TenantKeys, is_safe_id
from realtime_contracts.contract.registry import Direction, registry

#: Below this a number without a fraction is the same as an integer and as a float.
EXACT = 2**53

#: A name of the caller's choosing, as it may stand in a header: printable ASCII.
IDEMPOTENCY_KEY = re.compile(r"[ -~]{1,255}")


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


def checked(operation: str, direction: Direction = Direction.REQUEST, **fields: Any) -> dict[str, Any]:
    """What is asked of an operation of the contract, without what is None: that is absent. Raises InvalidPayload."""
    asked = {name: value for name, value in fields.items() if value is not None}
    violation = registry().check(direction, operation, asked)
    if violation is not None:
        raise InvalidPayload(violation.path, violation.reason)
    return asked


def checked_key(key: object) -> str | None:
    """The idempotency key, if there is one and it may be one: over REST it is a header. Raises InvalidPayload."""
    if key is None:
        return None
    if isinstance(key, str) and IDEMPOTENCY_KEY.fullmatch(key):
        return key
    raise InvalidPayload("/idempotency_key", "expected 1 to 255 printable ASCII characters")


def fingerprint(meant: Mapping[str, Any]) -> str:
    """What tells one thing that is meant from another, however it is spelt: JSON's 12 and 12.0 are one number."""
    return sha256(orjson.dumps(_plain(dict(meant)), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)
    return value
