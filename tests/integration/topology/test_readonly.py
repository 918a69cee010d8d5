"""A back end whose connection stays open while its server becomes a replica."""

from __future__ import annotations

import pytest

from app.realtime.services.notification_service import NotificationService
from realtime_contracts.rules.errors import Unavailable
from tests.integration.backend import eventually
from tests.redis_processes import Process


@pytest.fixture
def server() -> Process:
    """Return a Redis, not yet started."""
    return Process('save ""')


def test_a_back_end_gives_a_connection_up_that_may_not_write(server: Process, tenant: str) -> None:
    server.start()
    try:
        with NotificationService.from_url(f"redis://{server.place}/0") as notifications:
            notifications.create(tenant, "ana", type="invoice", title="Paid")
            assert clients(server) == 1
            server.ask("REPLICAOF", "127.0.0.1", 1)
            with pytest.raises(Unavailable):
                notifications.create(tenant, "ana", type="invoice", title="Sent")
            eventually(lambda: clients(server) == 0, "the connection is closed")
            server.ask("REPLICAOF", "NO", "ONE")
            assert notifications.create(tenant, "ana", type="invoice", title="Sent").new
    finally:
        server.stop()


def clients(server: Process) -> int:
    """How many connections there are besides that of this question."""
    return sum("cmd=client" not in line for line in str(server.ask("CLIENT", "LIST")).splitlines())
