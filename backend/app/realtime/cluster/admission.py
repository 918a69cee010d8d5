"""Begins and ends the connections of this node."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from app.realtime.bus.manager import BusManager
from app.realtime.cluster.deadlines import Deadlines
from app.realtime.cluster.revocations import Revocations
from app.realtime.cluster.tasks import Tasks
from app.realtime.cluster.token_ends import TokenEnds
from app.realtime.managers.connection_manager import Connection, ConnectionManager
from app.realtime.store.keys import TenantKeys
from app.realtime.store.revocations import Claimed
from app.realtime.transport.addresses import Tally
from app.realtime.transport.reasons import Reason
from app.realtime.utils.message_types import MessageType
from app.realtime.utils.user_agents import parse_user_agent
from realtime_contracts.rules.errors import (
    Forbidden,
    LimitExceeded,
    RateLimited,
    RealtimeError,
    TokenExpired,
    Unauthenticated,
    Unavailable,
)
from realtime_contracts.rules.pace import Allowances, Pacing
from realtime_contracts.rules.times import to_rfc3339

logger = structlog.get_logger(__name__)


class Admission:
    """Lets clients in, and ends their connections: by themselves, or at the end of their token.

    `away_seconds`: how long after a connect its user may become away. `refuse_revoked` asks Redis of a tenant's token.
    """

    def __init__(
        self,
        tasks: Tasks,
        bus: BusManager,
        connections: ConnectionManager,
        deadlines: Deadlines,
        away_seconds: float,
        allowances: Allowances,
        max_of_address: int,
        refuse_revoked: Callable[[str, Claimed], None],
    ) -> None:
        self._tasks = tasks
        self._bus = bus
        self._connections = connections
        self._deadlines = deadlines
        self._away_seconds = away_seconds
        #: How many events each connection may send.
        self.pacing = Pacing(allowances)
        self._token_ends = TokenEnds(bus, self._end_expired)
        self._refuse_revoked = refuse_revoked
        self._revocations = Revocations(connections, self._end_soon)
        bus.delivery.on_revoked = self._revocations.hear
        #: The connections of each address.
        self._max_of_address = max_of_address
        self._addresses = Tally(max_of_address)
        self._closed = False
        #: How many connections ended for too many events.
        self.abusive = 0
        #: Whether the node is ready for clients.
        self.is_ready: Callable[[], bool] = lambda: True

    def close(self) -> None:
        """Let nobody in any more: the node stops."""
        self._closed = True

    def connect(self, sid: str, token: object, user_agent: str, ip_address: str) -> Connection:
        """Begin the connection `sid` of the user of a token. One round trip, two for the tenant's first.

        Raises Unauthenticated, TokenExpired, LimitExceeded and Unavailable.
        """
        if self._closed:
            raise Unavailable
        if not isinstance(token, str):
            raise Unauthenticated
        if self._addresses.is_full(ip_address):
            most = self._max_of_address
            raise LimitExceeded(most, f"An address may have {most} connections")
        user = self._connections.verify(token)
        if not self.is_ready():
            raise Unavailable
        self._bus.hear(TenantKeys(user["tenant_id"]).tenant_channel)
        device_type, browser = parse_user_agent(user_agent)
        self._addresses.add(ip_address)
        try:
            connection = self._connections.add_connection(
                sid, user, device_type=device_type, browser=browser, ip_address=ip_address
            )
        except BaseException:
            self._addresses.remove(ip_address)
            raise
        connection.paces = self.pacing.begin(_user(connection), time.monotonic())
        if not self._may_stay(sid):
            # The node stops, or the client left, while Redis was asked. The library reports no end of a connection that
            # had not begun.
            self.end(sid, goodbye=False)
            raise Unavailable
        try:
            self._revocations.refuse_late(connection)
        except Unauthenticated:
            self.end(sid, goodbye=False)
            raise
        self._token_ends.plan(connection)
        self._deadlines.plan_check(connection.tenant_id, self._away_seconds)
        logger.info("connected", sid=sid, user_id=connection.user_id, tenant_id=connection.tenant_id)
        return connection

    def refresh(self, connection: Connection, token: str) -> str | None:
        """Let a connection of this node end with a newer token. Returns its end (RFC 3339), None for never.

        One round trip.

        Raises Unauthenticated, TokenExpired, and Forbidden if the token is of another user or tenant.
        """
        user = self._connections.verify(token)
        if (user["tenant_id"], user["user_id"]) != _user(connection):
            raise Forbidden("The token is another user's")
        self._refuse_revoked(connection.tenant_id, user["token"])
        connection.role, connection.user_email = user["role"], user["user_email"]
        connection.token, connection.expires_at = user["token"], user["expires_at"]
        try:
            self._revocations.refuse_late(connection)
        except Unauthenticated as error:
            self._end_soon(connection.sid, error)
            raise
        self._token_ends.plan(connection)
        return None if connection.expires_at is None else to_rfc3339(connection.expires_at)

    def _may_stay(self, sid: str) -> bool:
        return not self._closed and self._bus.is_open(sid)

    def end(self, sid: str, *, goodbye: bool) -> Connection | None:
        """Remove a connection of this node that has ended. Returns it, None if it is not here."""
        self._token_ends.forget(sid)
        if (ending := self._connections.get_connection(sid)) is not None and ending.paces:
            self.pacing.end(_user(ending), ending.paces, time.monotonic())
        removed = self._connections.remove_connection(sid, goodbye=goodbye)
        if removed is None:
            return None
        connection, due_in = removed
        self._addresses.remove(connection.ip_address)
        if due_in is not None:
            self._deadlines.plan_check(connection.tenant_id, due_in)
        return connection

    def end_all(self, *, goodbye: bool) -> None:
        """End every connection: the node stops. `goodbye`: their users go offline at once.

        Their transports are closed, so that clients come back on another node.
        """
        for connection in list(self._connections.local_connections.values()):
            self.end(connection.sid, goodbye=goodbye)
            self._bus.cut(connection.sid, Reason.SERVER_STOPPING)

    def end_abusive(self, sid: str, error: RateLimited) -> None:
        """End a connection that has sent too many events for too long. An official client does not come back."""
        self.abusive += 1
        logger.info("ended_for_abuse", sid=sid)
        self._end_for_good(sid, error)

    def _end_expired(self, sid: str) -> None:
        self._end_soon(sid, TokenExpired())

    def _end_soon(self, sid: str, error: RealtimeError) -> None:
        """End a connection from where nothing may block: many may end at once, and each asks Redis."""
        self._tasks.running.spawn(self._end_for_good, sid, error)

    def _end_for_good(self, sid: str, error: RealtimeError) -> None:
        """End a connection with an error and a DISCONNECT."""
        self._bus.send(sid, MessageType.ERROR.value, error.to_dict(None))
        self._bus.end(sid)


def _user(connection: Connection) -> tuple[str, str]:
    return connection.tenant_id, connection.user_id
