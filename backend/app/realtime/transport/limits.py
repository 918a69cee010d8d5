"""What one client may use of a node, before anybody looks at what it says."""

from __future__ import annotations

from dataclasses import dataclass

#: What is read ahead of a session that is still busy with earlier messages. Then TCP holds the client back.
READ_AHEAD_MESSAGES, READ_AHEAD_BYTES = 64, 256 * 1024
#: Messages of one session, or frames of one socket, after which the others have their turn.
MESSAGES_PER_TURN = FRAMES_PER_TURN = 8
#: Bytes that are read from a socket, or of a body, in one turn.
READ_BYTES = 16 * 1024
#: What a WebSocket may send in a second. Beyond it is read no further in that second.
FRAMES_PER_SECOND, BYTES_PER_SECOND = 2000, 4 * 1024 * 1024
#: Frames of one message.
FRAGMENTS = 1024
#: Seconds beyond that budget, less the seconds within it, after which the session ends.
FLOOD_SECONDS = 10
#: Packets of one long-polling body.
PACKETS_PER_BODY = 64
#: Seconds to send a Socket.IO CONNECT, and to finish an upgrade.
CONNECT_SECONDS = UPGRADE_SECONDS = 10.0
#: Seconds in which a client may still poll what its session, which the server has ended, had to say.
LAST_POLL_SECONDS = 10.0
#: Seconds that a session waits after a CONNECT that was refused: to check a token takes as long as ten events.
REFUSED_SECONDS = 0.1
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
