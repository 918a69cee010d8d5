"""Every Redis key and every Socket.IO room name, built in one place.

The tenant stands in braces: that is Redis Cluster's hash tag, so all keys of one tenant live in
one slot and one script may touch them together. Ids with braces or control characters never get
here (`realtime_contracts.rules.ids`), and a room's id holds exactly one colon, so no two things share a key.
"""

from __future__ import annotations

#: How the names of all channels of the bus begin. The name is Flask-SocketIO's own.
BUS = "flask-socketio"

#: Stands for the tenant in the names of channels that are no tenant's. No tenant's id has a brace.
NO_TENANT = "{"

#: Nodes by the end of their lease, in ms of the Redis clock.
NODES = "ws:nodes"


def tenant_of(channel: str) -> str:
    """The tenant whose Socket.IO room or channel this is."""
    return channel[channel.index("{") + 1 : channel.index("}")]


def bus_prefix(database: int) -> str:
    """How the names of a cluster's channels begin. Pub/sub ignores the database's number, hence it is in the name."""
    return f"{BUS}:{database}:"


def node_tenants(node_id: str) -> str:
    """Set: the tenants whose deadlines this node watches and whose connections it may hold.

    The tag puts it into the slot of `NODES`, so that both are lost together, or neither.
    """
    return f"ws:node:{node_id}:tenants:{{{NODES}}}"


class TenantKeys:
    """The keys of one tenant."""

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self._tag = "{" + tenant_id + "}"
        #: Hash: `name NUL user_id` → what `presence:list` says of them, as JSON. The seed's set, with values.
        self.online = f"presence:online:{self._tag}"
        #: Sorted set of `name NUL user_id`: the order of `presence:list`.
        self.names = f"presence:names:{self._tag}"
        #: Sorted set of `type LF id LF name NUL user_id` and `type LF LF name NUL user_id`, type and id as JSON: who
        #: views an entity, and one of a type, each in the order of `presence:list`.
        self.viewing = f"presence:viewers:{self._tag}"
        #: Sorted set: user_id → last activity (ms) of those who can become away.
        self.active = f"presence:active:{self._tag}"
        #: Sorted set: user_id → when a user without connection goes offline (ms).
        self.grace = f"presence:grace:{self._tag}"
        #: The tenant's counter over all presence messages.
        self.seq = f"presence:seq:{self._tag}"
        #: String: the master on which the counter counts, noted by the first list.
        self.seq_master = f"presence:seq:{self._tag}:master"
        #: Sorted set: room_id → when a node should look after the room (ms): a cursor, typing or a lock may end.
        self.rooms_due = f"rooms:due:{self._tag}"
        #: Sorted set: user_id → when the first of a user's notifications comes to its end (ms).
        self.notifications_due = f"notifications:due:{self._tag}"
        #: Stream: what happened in the tenant, the last so many.
        self.activity = f"activity:{self._tag}"
        #: Sorted set of text: what happened, by type, by entity and by user.
        self.activity_index = f"activity:index:{self._tag}"
        #: Hash: idempotency key → the item that was recorded with it.
        self.activity_recorded = f"activity:keys:{self._tag}"
        #: Sorted set: room_id → when its document ends if nobody uses it (ms).
        self.documents_ends = f"doc:ends:{self._tag}"
        #: Hash: room_id → bytes of its document and log; of the name '' the sum.
        self.documents_bytes = f"doc:bytes:{self._tag}"
        #: Set: all sids of the tenant.
        self.connections = f"ws:tenant:{self._tag}:connections"

        #: String: the tenant's tokens issued before this time (ms) are revoked.
        self.revoked_tenant = f"auth:revoked:{self._tag}"

    def revoked_user(self, user_id: str) -> str:
        """String: the user's tokens issued before this time (ms) are revoked."""
        return f"auth:revoked:{self._tag}:user:{user_id}"

    def revoked_token(self, token_id: str) -> str:
        """String: the token with this `jti` is revoked."""
        return f"auth:revoked:{self._tag}:token:{token_id}"

    def user(self, user_id: str) -> str:
        """Hash: one user's presence."""
        return f"presence:{self._tag}:{user_id}"

    def user_connections(self, user_id: str) -> str:
        """Set: the sids of one user."""
        return f"ws:user:{self._tag}:{user_id}:connections"

    def connection(self, sid: str) -> str:
        """Hash: one connection."""
        return f"ws:conn:{self._tag}:{sid}"

    def connection_rooms(self, sid: str) -> str:
        """Set: the room_ids that one connection is in."""
        return f"ws:conn:{self._tag}:{sid}:rooms"

    def node_connections(self, node_id: str) -> str:
        """Set: the sids that one node holds of this tenant."""
        return f"ws:node:{self._tag}:{node_id}"

    def room(self, room_id: str) -> str:
        """Hash: a room that has somebody in it."""
        return f"room:{self._tag}:{room_id}"

    def room_users(self, room_id: str) -> str:
        """Hash: user_id → name, time of joining and sids in the room."""
        return f"room:{self._tag}:{room_id}:users"

    def entity_room(self, room_id: str) -> str:
        """String: the room of an entity."""
        return f"entity_room:{self._tag}:{room_id}"

    def cursors(self, room_id: str) -> str:
        """Hash: user_id → the user's cursor in a room."""
        return f"room:{self._tag}:{room_id}:cursors"

    def typing(self, room_id: str) -> str:
        """Hash: user_id and field → that the user types there."""
        return f"room:{self._tag}:{room_id}:typing"

    def locks(self, room_id: str) -> str:
        """Hash: place in a room's document → who has locked it, until when."""
        return f"room:{self._tag}:{room_id}:locks"

    def document(self, room_id: str) -> str:
        """Hash: a room's document. It outlives the room."""
        return f"doc:{self._tag}:{room_id}"

    def document_log(self, room_id: str) -> str:
        """List: the document's last edits."""
        return f"doc:{self._tag}:{room_id}:log"

    def document_edits(self, room_id: str) -> str:
        """Sorted set: user_id and edit_id → version, of the document's last edits."""
        return f"doc:{self._tag}:{room_id}:edits"

    def document_witness(self, room_id: str) -> str:
        """String: epoch and version of the document that were told last. It outlives the document."""
        return f"document:{self._tag}:{room_id}"

    def notifications(self, user_id: str) -> str:
        """Hash: id → one of the user's notifications."""
        return f"notifications:{self._tag}:{user_id}"

    def notifications_unread(self, user_id: str) -> str:
        """Sorted set: id → when it was made (µs), of those that the user has not read."""
        return f"notifications:unread:{self._tag}:{user_id}"

    def notifications_read(self, user_id: str) -> str:
        """Sorted set: id → when it was made (µs), of those that the user has read."""
        return f"notifications:read:{self._tag}:{user_id}"

    def notifications_ends(self, user_id: str) -> str:
        """Sorted set: id → when it comes to its end (ms)."""
        return f"notifications:ends:{self._tag}:{user_id}"

    # Names of Socket.IO rooms, and, after the bus' prefix, of channels: a prefix each, so that no name is of two kinds.

    @property
    def tenant_channel(self) -> str:
        """Socket.IO room and channel of all connections of the tenant."""
        return f"tenant:{self._tag}"

    @property
    def users_channel(self) -> str:
        """How the names of users' Socket.IO rooms begin; the user's id follows."""
        return f"user:{self._tag}:"

    def user_channel(self, user_id: str) -> str:
        """Socket.IO room of all connections of one user."""
        return f"{self.users_channel}{user_id}"

    def room_channel(self, room_id: str) -> str:
        """Socket.IO room and channel of an entity room's members."""
        return f"room:{self._tag}:{room_id}"

    def node_channel(self, node_id: str) -> str:
        """Channel for messages to single connections of the tenant that a node holds."""
        return f"node:{self._tag}:{node_id}"
