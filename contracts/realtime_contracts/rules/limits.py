"""The numbers of the contract: how much there may be of a thing, and for how long.

A server may be run with other timeouts, and with other limits where its settings have one. These are the defaults.
"""

from __future__ import annotations

#: Rooms that one connection may be in.
MAX_ROOMS = 50

#: Connections that one user may have.
MAX_CONNECTIONS = 20

#: Bytes of one message, and of one request's body.
MAX_MESSAGE_BYTES = 1024 * 1024

#: Bytes that a document may have, as compact JSON in UTF-8.
MAX_DOCUMENT_BYTES = 1024 * 1024

#: Edits of a document that are kept for who has missed some. The server's script `lib/documents.lua` has it as well.
KEPT_EDITS = 500

#: Fields of a room that one user may type in at a time. People have two hands; it bounds what clients may store.
MAX_TYPING_FIELDS = 20

#: Locks that one user may hold in a room: a form has fewer fields. And all users: everybody is sent them all.
MAX_LOCKS_OF_USER, MAX_LOCKS_OF_ROOM = 100, 300

#: Notifications that a user may have. With more, the oldest that was read goes first, then the oldest of all.
MAX_NOTIFICATIONS = 1000

#: Items of activity that are kept of a tenant: the last ones.
MAX_ACTIVITY_ITEMS = 10_000

#: Bytes of JSON that an item's details may have: with all items, what a tenant may take of a server's memory.
MAX_DETAILS_BYTES = 8 * 1024

#: Items of a page of notifications or activity, unless a request says how many.
PAGE_ITEMS = 50

#: Characters of a user's name on the wire; a longer one is cut, because a name must not refuse a user.
MAX_NAME_LENGTH = 255

#: Characters of an event's name that an error repeats.
MAX_EVENT_LENGTH = 200

#: Seconds without activity after which an online user becomes away.
AWAY_SECONDS = 300

#: Seconds that a lost transport keeps its user online. A page reload takes under 5.
OFFLINE_SECONDS = 60

#: Seconds that typing lasts after its last start.
TYPING_SECONDS = 6

#: Seconds that a cursor lives without a move.
CURSOR_SECONDS = 300

#: Seconds that a lock lasts if its holder names no time.
LOCK_SECONDS = 30

#: Seconds that a notification is kept.
NOTIFICATION_SECONDS = 30 * 86_400

#: Seconds between two pings, and that a pong may take.
PING_INTERVAL_SECONDS, PING_TIMEOUT_SECONDS = 25, 30
