"""Revoked tokens in Redis: one typed call per script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.script import Script, reaching_redis
from realtime_contracts.rules.errors import Unauthenticated

#: What a revocation concerns: all tokens of a tenant or of a user that were issued before a time, or one token.
What = Literal["tenant", "user", "token"]


@dataclass(frozen=True)
class Claimed:
    """Of a token, what revocations concern: its user, its `jti` or '', and when it was issued, in s since 1970.

    A token that does not say when it was issued is older than any revocation.
    """

    user_id: str
    token_id: str = ""
    issued_at: float = 0.0

    @property
    def issued_at_ms(self) -> int:
        """When it was issued, in ms since 1970."""
        return int(self.issued_at * 1000)


def revoked() -> Unauthenticated:
    """Return the error of a revoked token."""
    return Unauthenticated("Token has been revoked")


class RevocationStore:
    """Revocations in Redis. Every method is one round trip, and may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress) -> None:
        self._revoke = Script(client, "token_revoke", address)
        self._redis = client

    def revoke(
        self, keys: TenantKeys, what: What, *, user_id: str, token_id: str, before_ms: int | None, kept_ms: int
    ) -> tuple[int, int]:
        """Revoke, and tell all nodes. Returns the time before which tokens are revoked, and the end of this (ms)."""
        before, until = self._revoke(
            keys, user_id=user_id, token_id=token_id, what=what, before_ms=before_ms, kept_ms=kept_ms
        )
        return int(before), int(until)

    def is_revoked(self, keys: TenantKeys, token: Claimed) -> bool:
        """Whether a token has been revoked. The script `connect` has the same rule, in `lib/revoked.lua`."""
        with reaching_redis():
            found = cast(
                "list[str | None]",
                self._redis.mget(
                    keys.revoked_tenant, keys.revoked_user(token.user_id), keys.revoked_token(token.token_id)
                ),
            )
        of_tenant, of_user, of_token = found
        return of_token is not None or token.issued_at_ms < max(int(of_tenant or 0), int(of_user or 0))
