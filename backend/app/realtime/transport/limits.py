"""What one client may use of a node, before anybody looks at what it says."""

from __future__ import annotations

from dataclasses import dataclass

#: What is read ahead of a session that is still busy with earlier messages. Then TCP holds the client back.
READ_AHEAD_MESSAGES, READ_AHEAD_BYTES = 64, 256 * 1024
#: Messages of one session, or frames of one socket, after which the others have their turn.
MESSAGES_PER_TURN = FRAMES_PER_TURN = 8
#: Bytes of a session's messages after which they have, and that are read from a socket, or of a body, in one turn.
BYTES_PER_TURN = READ_BYTES = 16 * 1024
#: A turn of others that includes whoever's bytes have just come: after `sleep(0)` gevent runs up to 50 more callbacks
#: before it looks at sockets again.
PAUSE_SECONDS = 0.001
#: What a WebSocket may send in a second. Beyond it is read no further in that second.
FRAMES_PER_SECOND, BYTES_PER_SECOND = 2000, 4 * 1024 * 1024
#: Frames of one message.
FRAGMENTS = 1024
#: Seconds beyond that budget, less the seconds within it, after which the session ends.
FLOOD_SECONDS = 10
#: Packets of one long-polling body.
PACKETS_PER_BODY = 64
#: Seconds to finish an upgrade.
UPGRADE_SECONDS = 10.0
#: Seconds in which a client may still poll what its session, which the server has ended, had to say.
LAST_POLL_SECONDS = 10.0
#: Seconds that the peer has to close a WebSocket after us.
CLOSE_SECONDS = 2.0
#: What waits for a client that does not read: in all, and how many messages.
WAITING_BYTES, WAITING_MESSAGES = 1024 * 1024, 1000
#: Bytes of one answer to a poll. A single larger message is sent alone.
POLL_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Timing:
    """Seconds between pings, seconds to answer one, and the largest message in bytes."""

    ping_interval: float
    ping_timeout: float
    max_message_bytes: int


@dataclass(frozen=True)
class Entrance:
    """What anybody may use of a node before they have said who they are. The settings have the same names.

    `head_bytes` and `head_fields` are of a request's first line and header fields together.
    """

    head_seconds: float = 10.0
    head_bytes: int = 16 * 1024
    head_fields: int = 64
    #: A body has these seconds, and one more for so many bytes of it that have come.
    body_seconds: float = 10.0
    body_bytes_per_second: int = 64 * 1024
    #: How long a connection is kept for its next request.
    keep_alive_seconds: float = 15.0
    #: What a session may take and say until its CONNECT is accepted.
    connect_seconds: float = 10.0
    connect_packets: int = 8
    connect_bytes: int = 16 * 1024
    #: An office of 500 people with four tabs each has one address.
    max_connections_per_address: int = 2000
    #: All that one process has.
    max_connections: int = 50_000
    #: The part of the process' descriptors, in percent, beyond which nobody is let in: what is left is for Redis.
    max_descriptors_percent: int = 90
