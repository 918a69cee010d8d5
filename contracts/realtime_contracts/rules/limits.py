"""The limits of the contract: sizes, numbers and times.

A server may run with other timeouts, and with other limits where it has settings. These are the defaults.
"""

from __future__ import annotations

#: Rooms that one connection may be in.
MAX_ROOMS = 50

#: Connections that one user may have.
MAX_CONNECTIONS = 20

#: Users in one `presence:list`: 200 kB, a millisecond of Redis.
PRESENCE_LIST = 1000

#: Events that one connection may send in a second, and at once. Cursors and typing are counted by themselves.
EVENTS_PER_SECOND, EVENTS_AT_ONCE = 100, 200
POSITIONS_PER_SECOND, POSITIONS_AT_ONCE = 60, 120

#: How many connections' events one user may send, on all of theirs.
CONNECTIONS_OF_EVENTS = 5

#: Seconds of more events than that, after which a connection ends.
ABUSE_SECONDS = 10

#: Characters of an access token.
MAX_TOKEN_LENGTH = 8192

#: Seconds by which the clock that made a token may differ from the server's.
LEEWAY_SECONDS = 5

#: Seconds before the end of its token that a connection is told of it.
EXPIRING_SECONDS = 60

#: Bytes of one message, and of one request's body.
MAX_MESSAGE_BYTES = 1024 * 1024

#: Bytes that a document may have, as compact JSON in UTF-8.
MAX_DOCUMENT_BYTES = 1024 * 1024
#: Members and items of a document in all: an edit may move them a thousand times, within 50 ms.
MAX_DOCUMENT_PARTS = 40_000

#: Edits kept of a document for clients that missed some. The server's script `lib/documents.lua` has the same number.
KEPT_EDITS = 500

#: Fields of a room that one user may type in at a time; it limits what clients can store.
MAX_TYPING_FIELDS = 20

#: Locks per user in a room, and per room: every member is sent all of them, and each lock reads all.
MAX_LOCKS_OF_USER, MAX_LOCKS_OF_ROOM = 20, 100

#: Levels of the place of a lock. Each edit asks for the places above its own.
MAX_LOCK_DEPTH = 16

#: Notifications per user. With more, the oldest read one is deleted first, then the oldest of all.
MAX_NOTIFICATIONS = 1000

#: Latest activity items kept per tenant.
MAX_ACTIVITY_ITEMS = 10_000

#: Bytes of JSON of an item's details: times the number of items, a tenant's share of the server's memory.
MAX_DETAILS_BYTES = 8 * 1024

#: Default page size of notifications or activity.
PAGE_ITEMS = 50

#: Characters of a user's name on the wire. A longer one is cut, because a name must not exclude a user.
MAX_NAME_LENGTH = 255

#: Characters of an event's name repeated in an error.
MAX_EVENT_LENGTH = 200

#: Seconds without activity after which an online user becomes away.
AWAY_SECONDS = 300

#: Seconds that a lost transport keeps its user online. A page reload takes under 5.
OFFLINE_SECONDS = 60

#: Seconds that typing lasts after its last start.
TYPING_SECONDS = 6

#: Seconds that a cursor lives without a move.
CURSOR_SECONDS = 300

#: Default seconds that a lock lasts.
LOCK_SECONDS = 30

#: Seconds that a notification is kept.
NOTIFICATION_SECONDS = 30 * 86_400

#: Seconds between two pings, and for a pong to arrive.
PING_INTERVAL_SECONDS, PING_TIMEOUT_SECONDS = 25, 30
