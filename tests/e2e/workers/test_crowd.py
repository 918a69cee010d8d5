"""Many official clients on long-polling over two workers, which nobody keeps at one of them."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import Any

import aiohttp
import pytest
import socketio

from realtime_contracts.wire.tokens import Mint
from tests.e2e.transport.wire import metrics, new_tenant
from tests.e2e.workers.host import Host, worker_of

#: The client leaves its last poll to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

#: Clients, and how many of them are colleagues, who hear each other.
CLIENTS, COLLEAGUES = int(os.environ.get("CLIENTS", "300")), 10
#: Clients that connect at the same time.
CONNECTING = 15
#: Events that each client sends, one after the other's ack.
EVENTS = 4
#: Seconds for all of it, with a machine to itself; more if others use it.
SECONDS = 100.0


class Colleague:
    """An official asyncio client. It takes a TCP connection of its own for each request, which any worker may get."""

    def __init__(self, tenant: str, user: str, token: str) -> None:
        self.tenant, self.user, self._token = tenant, user, token
        self.pages: Counter[tuple[str, str]] = Counter()
        self.has_heard_all = asyncio.Event()
        self.ended: list[str] = []
        self.statuses: Counter[int] = Counter()

    async def connect(self, url: str) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._on_answer)
        connector = aiohttp.TCPConnector(force_close=True)
        self._http = aiohttp.ClientSession(connector=connector, trace_configs=[trace])
        self.client = socketio.AsyncClient(reconnection=False, http_session=self._http, request_timeout=60)
        self.client.on("presence:update", self._on_update)
        self.client.on("disconnect", self._on_end)
        await self.client.connect(url, auth={"token": self._token}, transports=["polling"], wait_timeout=60)

    async def _on_answer(self, _session: Any, _context: Any, answer: aiohttp.TraceRequestEndParams) -> None:
        self.statuses[answer.response.status] += 1

    def _on_update(self, data: dict[str, Any]) -> None:
        self.pages[data["user_id"], data["current_page"]] += 1
        if sum(self.pages.values()) == COLLEAGUES * EVENTS:
            self.has_heard_all.set()

    def _on_end(self, reason: str) -> None:
        self.ended.append(reason)

    async def send(self) -> None:
        for number in range(EVENTS):
            try:
                ack = await self.client.call("presence:update", {"current_page": f"/{number}"}, timeout=60)
            except socketio.exceptions.TimeoutError:
                raise AssertionError(f"{self.user} has no ack of {number}: {self.ended} {self.statuses}") from None
            assert ack["ok"], (ack, self.ended)

    async def close(self) -> None:
        await self.client.disconnect()
        await self._http.close()


async def in_batches(work: list[Any]) -> None:
    for first in range(0, len(work), CONNECTING):
        await asyncio.gather(*work[first : first + CONNECTING])


async def meet(url: str, everybody: list[Colleague]) -> None:
    await in_batches([colleague.connect(url) for colleague in everybody])
    await asyncio.gather(*(colleague.send() for colleague in everybody))
    await asyncio.gather(*(colleague.has_heard_all.wait() for colleague in everybody))


@pytest.mark.timeout(400)
def test_no_request_is_refused_and_no_event_is_lost(host: Host, mint: Mint) -> None:
    tenants = [new_tenant() for _ in range(CLIENTS // COLLEAGUES)]
    everybody = [
        Colleague(tenant, f"user-{number}", mint(f"user-{number}", tenant))
        for tenant in tenants
        for number in range(COLLEAGUES)
    ]
    waiting = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    refused_before = len(host.lines("request_refused"))

    async def run() -> None:
        try:
            await asyncio.wait_for(meet(host.url, everybody), SECONDS * min(waiting, 3.5))
            assert [colleague.ended for colleague in everybody if colleague.ended] == []
            # Now, because a client that closes may have a poll on its way, which is refused then.
            assert {status for colleague in everybody for status in colleague.statuses} == {200}
            assert len(host.lines("request_refused")) == refused_before
            per_worker = Counter(worker_of(colleague.client.eio.sid) for colleague in everybody)
            # The kernel deals the connections out by chance: one in a million runs is less even than that.
            assert min(per_worker[1], per_worker[2]) > CLIENTS * 0.33, per_worker
            found = metrics(host.url)
            for number in (1, 2):
                assert found[f'realtime_connections{{worker="{number}"}}'] >= per_worker[number]
        finally:
            await asyncio.gather(*(colleague.close() for colleague in everybody), return_exceptions=True)

    asyncio.run(run())
    expected = Counter({(f"user-{n}", f"/{page}"): 1 for n in range(COLLEAGUES) for page in range(EVENTS)})
    for colleague in everybody:
        assert colleague.pages == expected
