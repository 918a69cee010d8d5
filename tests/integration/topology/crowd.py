"""Many clients of two nodes, ten in each tenant, of whom one edits: what they are told, and what they hold."""

from __future__ import annotations

import selectors
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

from tests.integration.backend import eventually
from tests.integration.topology.member import ROOM_ID, Edit, Member, Tenant, frames

#: Clients of a tenant, every other one at the other node.
MEMBERS = 10

#: Seconds between two edits of the whole crowd, if someone is free to make one.
PACE_SECONDS = 0.001


class Crowd:
    """Its clients are read and edit in a thread of their own. `with` ends it, and fails with what failed there."""

    def __init__(self, urls: list[str], tenants: int) -> None:
        self.tenants = [Tenant(f"crowd-{number}") for number in range(tenants)]
        for tenant in self.tenants:
            for number in range(MEMBERS):
                tenant.members.append(Member(urls[number % len(urls)], tenant, number))
        self.members = [member for tenant in self.tenants for member in tenant.members]
        self.edits = True
        #: Whose turn it is to edit.
        self._turns = deque(self.tenants)
        self._keys = (f"k{number}" for number in count())
        self._views_asked = self._ends = False
        self._failure = ""
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def running(self) -> Iterator[Crowd]:
        """All edit and hear until the end of the block."""
        self._thread.start()
        try:
            yield self
            self.fails()
        finally:
            self._ends = True
            self._thread.join()
            for member in self.members:
                with suppress(OSError):
                    member.wire.socket.setblocking(True)
                    member.wire.goodbye()
        self.fails()

    def fails(self) -> None:
        """Fail if the crowd's thread has."""
        assert self._failure == "", self._failure

    def acked(self, more: int) -> None:
        """Wait until so many more edits are acknowledged in each tenant."""
        before = [len(tenant.acked) for tenant in self.tenants]

        def look() -> bool:
            self.fails()
            return all(len(one.acked) >= had + more for one, had in zip(self.tenants, before, strict=True))

        eventually(look, f"{more} more edits in each tenant", within=30)

    def see_right(self) -> float:
        """Wait until every client sees everybody online and in the room. Returns the seconds that it took."""
        everybody = sorted(f"user-{number}" for number in range(MEMBERS))
        began = asked = time.monotonic()
        for member in self.members:
            member.in_room, member.online = [], []
        self._views_asked = True
        wrong = self.members
        while wrong := [member for member in wrong if (member.in_room, member.online) != (everybody, everybody)]:
            self.fails()
            now = time.monotonic()
            assert now < began + 30, [(m.tenant.name, m.user_id, m.in_room, m.online) for m in wrong[:3]]
            if now > asked + 0.5:
                self._views_asked, asked = True, now
            time.sleep(0.01)
        return time.monotonic() - began

    def stop_editing(self) -> None:
        """No more edits; returns when those on their way are answered, and all hold what the server has."""
        self.edits = False
        eventually(lambda: self.fails() or all(one.members[0].edit is None for one in self.tenants), "all are answered")
        for tenant in self.tenants:

            def agree(tenant: Tenant = tenant) -> bool:
                self.fails()
                first = tenant.members[0].holds
                return all(member.holds == first for member in tenant.members)

            eventually(agree, f"all of {tenant.name} hold the same", within=10)
        self._agree_with_the_server()

    def lost(self) -> list[Edit]:
        """Edits that were acknowledged and that the server has not. Each is of an epoch that is over."""
        lost = []
        for tenant in self.tenants:
            epoch, _, keys = tenant.members[0].holds
            gone = [edit for edit in tenant.acked if edit.key not in keys]
            assert all(edit.epoch != epoch for edit in gone), f"{tenant.name} has lost {gone} of the epoch that is"
            lost += gone
        return lost

    def _agree_with_the_server(self) -> None:
        """What a tenant's clients hold is what the server has, by one who asks for the whole of it."""
        since = time.monotonic()
        before = [tenant.members[1].holds for tenant in self.tenants]
        for tenant in self.tenants:
            tenant.members[1].synced_at = 0.0
        eventually(lambda: self.fails() or all(one.members[1].synced_at > since for one in self.tenants), "all asked")
        for tenant, had in zip(self.tenants, before, strict=True):
            assert tenant.members[1].holds == had, f"{tenant.name} held {had[:2]}"

    def _run(self) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                for member in self.members:
                    selector.register(member.wire.socket, selectors.EVENT_READ, member)
                while not self._ends:
                    self._step(selector)
        except BaseException:  # noqa: BLE001 - the test's thread shows it
            self._failure = traceback.format_exc()

    def _step(self, selector: selectors.BaseSelector) -> None:
        for key, _ in selector.select(PACE_SECONDS):
            member = key.data
            received = key.fileobj.recv(1 << 18)  # type: ignore[union-attr]
            assert received, f"the connection of {member.user_id} of {member.tenant.name} has ended"
            member.wire._read += received
            for frame in frames(member.wire._read):
                member.take(frame)
        if self._views_asked:
            self._views_asked = False
            for member in self.members:
                member.ask("room:users", {"room_id": ROOM_ID})
                member.ask("presence:list", {})
        for member in self.members:
            if member.synced_at == 0:
                member.sync()
        self._edit()

    def _edit(self) -> None:
        """One edit, by the tenant whose turn it is and that has none on its way."""
        for _ in self.tenants:
            self._turns.rotate(-1)
            if self._turns[-1].members[0].go_on(next(self._keys) if self.edits else None):
                return
