"""Revocation for other back ends: of one token, of a user's tokens, of a tenant's.

    revocations = RevocationService.from_url(os.environ["REDIS_URL"])
    revocations.revoke_user("acme", "ana")

Open connections end on every node within a second, and the tokens are refused from then on. The caller names the
tenant, so only trusted code may call this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis

from app.realtime.services.requests import checked_user, tenant_keys
from app.realtime.services.service import Service
from app.realtime.store.address import NodeAddress
from app.realtime.store.revocations import Claimed, RevocationStore, What, revoked
from realtime_contracts.rules.claims import is_token_id
from realtime_contracts.rules.errors import InvalidPayload
from realtime_contracts.rules.times import to_rfc3339

#: Seconds that a revocation is kept. The default of REVOCATION_SECONDS.
REVOCATION_SECONDS = 400 * 86_400


@dataclass(frozen=True)
class Revocation:
    """What was revoked: tokens issued before `issued_before` are refused until `kept_until`."""

    issued_before: datetime
    kept_until: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the fields with RFC 3339 times."""
        return {"issued_before": to_rfc3339(self.issued_before), "kept_until": to_rfc3339(self.kept_until)}


class RevocationService(Service):
    """Revokes access tokens. Every method is one round trip and may raise Unavailable and InvalidPayload."""

    def __init__(
        self,
        redis_client: redis.Redis,
        revocation_seconds: int = REVOCATION_SECONDS,
        address: NodeAddress | None = None,
    ) -> None:
        """`revocation_seconds` as the servers have it; the rest as in Service."""
        super().__init__(redis_client, address)
        self._kept_ms = revocation_seconds * 1000
        self._store = RevocationStore(redis_client, self._address)

    def revoke_token(self, tenant_id: str, token_id: str) -> Revocation:
        """Revoke the token with this `jti`."""
        if not is_token_id(token_id):
            raise InvalidPayload("/jti", "not the id of a token")
        return self._revoke(tenant_id, "token", token_id=token_id)

    def revoke_user(self, tenant_id: str, user_id: str, *, issued_before: datetime | None = None) -> Revocation:
        """Revoke the tokens of a user that were issued before a time: before now by Redis' clock if it is None."""
        return self._revoke(tenant_id, "user", user_id=checked_user(user_id), issued_before=issued_before)

    def revoke_tenant(self, tenant_id: str, *, issued_before: datetime | None = None) -> Revocation:
        """As `revoke_user`, for all users of a tenant; its back ends' tokens, too."""
        return self._revoke(tenant_id, "tenant", issued_before=issued_before)

    def refuse_revoked(self, tenant_id: str, token: Claimed) -> None:
        """Raise Unauthenticated if a token has been revoked."""
        if self._store.is_revoked(tenant_keys(tenant_id), token):
            raise revoked()

    def _revoke(
        self,
        tenant_id: str,
        what: What,
        *,
        user_id: str = "",
        token_id: str = "",
        issued_before: datetime | None = None,
    ) -> Revocation:
        before_ms = None if issued_before is None else round(issued_before.timestamp() * 1000)
        found = self._store.revoke(
            tenant_keys(tenant_id),
            what,
            user_id=user_id,
            token_id=token_id,
            before_ms=before_ms,
            kept_ms=self._kept_ms,
        )
        return Revocation(*(datetime.fromtimestamp(ms / 1000, UTC) for ms in found))
