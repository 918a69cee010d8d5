"""The online users as a front end would show them: folded from the list and later messages.

The fold is strict. Each violation is noted as a complaint: a list older than a message before it, a missing or
misplaced number, a user who joins twice or leaves without being there, a list that contradicts the messages. A test
with a complaint fails.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

PRESENCE_MESSAGES = frozenset({"presence:update", "presence:user_joined", "presence:user_left"})


@dataclass(frozen=True)
class Seen:
    """One online user."""

    name: str
    status: str
    page: str | None = None


class PresenceView:
    """One connection's view of its tenant."""

    def __init__(self) -> None:
        self.users: dict[str, Seen] = {}
        #: The number of the newest message in this view; None before the first list.
        self.seq: int | None = None
        #: True from a gap to the next list: the view may be wrong.
        self.gap = False
        self.complaints: list[str] = []
        self._listed = -1  # The number of the last list: it includes messages up to this one.
        self._newest = -1  # The number of the newest message or list received.

    def take_list(self, payload: dict[str, Any], *, filtered: bool = False) -> None:
        """Take in a `presence:list`. A list of one entity's viewers says nothing about other users."""
        seq = payload.get("seq")
        users = {u["user_id"]: Seen(u["user_name"], u["status"], u["current_page"]) for u in payload["users"]}
        if not isinstance(seq, int):
            # A server that does not number its messages: the users are known, the order cannot be judged.
            self.users = self.users if filtered else users
            return
        if seq < self._newest:
            self.complaints.append(f"list {seq} came after message {self._newest}")
        if filtered:
            return
        if len(users) != len(payload["users"]):
            self.complaints.append(f"list {seq} has a user twice: {payload['users']}")
        if self.seq == seq and not self.gap and users != self.users:
            self.complaints.append(f"list {seq} says {users}, the messages up to {seq} said {self.users}")
        self.users, self.seq, self.gap = users, seq, False
        self._listed = self._newest = max(self._newest, seq)

    def take_message(self, event: str, payload: dict[str, Any]) -> None:
        """Take in a presence message."""
        seq = payload.get("seq")
        if not isinstance(seq, int):
            self._apply(event, payload)
            return
        if self._listed < seq <= self._newest:
            self.complaints.append(f"{event} {seq} came after {self._newest}")
            return
        self._newest = max(self._newest, seq)
        if self.seq is None or seq <= self._listed:
            return  # In the list already, or in the next one.
        if seq != self.seq + 1:
            self.gap = True
            self.complaints.append(f"{event} {seq} came after {self.seq}: a gap")
        self.seq = seq
        self._apply(event, payload)

    def _apply(self, event: str, payload: dict[str, Any]) -> None:
        user_id = payload["user_id"]
        known = self.users.get(user_id)
        if event == "presence:user_joined":
            if known is not None and not self.gap:
                self.complaints.append(f"{user_id} joined, but was online already")
            self.users[user_id] = Seen(payload["user_name"], payload["status"])
        elif event == "presence:user_left":
            if known is None and not self.gap:
                self.complaints.append(f"{user_id} left, but was not online")
            self.users.pop(user_id, None)
        else:
            if known is None and not self.gap:
                self.complaints.append(f"{user_id} changed, but was not online")
            seen = known or Seen(payload["user_name"], payload["status"])
            name, status, page = payload["user_name"], payload["status"], payload["current_page"]
            self.users[user_id] = replace(seen, name=name, status=status, page=page)
