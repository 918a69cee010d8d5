"""The presence table of the contract, as data.

A user's status is the user's, not a tab's, and what ends it depends on who chose it: an away that
the server set ends with any activity, one that the user chose does not; busy (Do Not Disturb) ends
only by the user's word. So there are four states behind three statuses.
"""

from __future__ import annotations

from enum import Enum

from realtime_contracts.rules.errors import InvalidPayload


class PresenceState(str, Enum):
    """A status together with who chose it."""

    ONLINE = "online"
    AUTO_AWAY = "auto_away"
    AWAY = "away"
    BUSY = "busy"

    @property
    def status(self) -> str:
        """Return the status that other users see."""
        return "away" if self is PresenceState.AUTO_AWAY else self.value


class Trigger(str, Enum):
    """An event that affects a user's presence."""

    ACTIVITY = "activity"  # heartbeat, cursor, typing, edit, join, a new connection
    UPDATE = "update"  # presence:update without a status
    CHOOSE_ONLINE = "choose_online"
    CHOOSE_AWAY = "choose_away"
    CHOOSE_BUSY = "choose_busy"
    IDLE = "idle"  # no activity for `away` seconds
    NONE = "none"  # heartbeat {active: false}: the connection is alive, the user inactive


_ONLINE, _AUTO, _AWAY, _BUSY = PresenceState

#: trigger → state → next state. Columns: online, away by the server, away chosen, busy.
PRESENCE_TABLE: dict[Trigger, dict[PresenceState, PresenceState]] = {
    trigger: dict(zip(PresenceState, row, strict=True))
    for trigger, row in {
        Trigger.ACTIVITY: (_ONLINE, _ONLINE, _AWAY, _BUSY),
        Trigger.UPDATE: (_ONLINE, _ONLINE, _ONLINE, _BUSY),
        Trigger.CHOOSE_ONLINE: (_ONLINE, _ONLINE, _ONLINE, _ONLINE),
        Trigger.CHOOSE_AWAY: (_AWAY, _AWAY, _AWAY, _AWAY),
        Trigger.CHOOSE_BUSY: (_BUSY, _BUSY, _BUSY, _BUSY),
        Trigger.IDLE: (_AUTO, _AUTO, _AWAY, _BUSY),
        Trigger.NONE: (_ONLINE, _AUTO, _AWAY, _BUSY),
    }.items()
}

_CHOICES = {"online": Trigger.CHOOSE_ONLINE, "away": Trigger.CHOOSE_AWAY, "busy": Trigger.CHOOSE_BUSY}


def choice(status: str | None) -> Trigger:
    """Return the trigger of a `presence:update` with `status`, or without one."""
    return Trigger.UPDATE if status is None else _CHOICES[status]


def moves(trigger: Trigger) -> dict[str, str]:
    """The row of `trigger` as JSON: state → next state, by name."""
    return {before.value: after.value for before, after in PRESENCE_TABLE[trigger].items()}


def place_of(user_name: str, user_id: str) -> str:
    """Return the `next` of a `presence:list` that ends with this user."""
    return f"{user_name}\0{user_id}".encode().hex()


def user_at(place: str) -> tuple[str, str]:
    """Return the name and id of the user with whom a `presence:list` ended. Raises InvalidPayload at /after."""
    try:
        user_name, user_id = bytes.fromhex(place).decode().rsplit("\0", 1)
    except ValueError:
        raise InvalidPayload("/after", "expected the next of a presence:list") from None
    return user_name, user_id
