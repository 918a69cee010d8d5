"""Who writes the noted heartbeats, on a real Redis: nothing that is noted is lost, whatever fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.realtime.container import Services, make_services
from app.realtime.managers.connection_manager import Connection
from app.realtime.store.keys import TenantKeys
from app.settings import Settings
from realtime_contracts.rules.errors import Unavailable
from tests.integration.backend import SECRET, Backend
from tests.integration.conftest import MakeBackend


@pytest.fixture
def services(redis_url: str) -> Iterator[Services]:
    """Return the services of a node that is not started: nothing runs by itself."""
    made = make_services(Settings(redis_url=redis_url, jwt_secret_key=SECRET))
    yield made
    made.commands.link.close()


@pytest.fixture
def server(make_backend: MakeBackend) -> Backend:
    """Return other code of the tenant's company; at the end it takes everybody offline."""
    return make_backend()


def come(services: Services, tenant: str, user_id: str) -> Connection:
    """A user of the node is connected and steady."""
    user = {"user_id": user_id, "tenant_id": tenant, "user_name": user_id}
    connection = services.connections.add_connection(f"sid-of-{user_id}-{tenant}", user)
    services.presence.heartbeat(connection, active=True)
    return connection


def status(server: Backend, connection: Connection) -> str:
    presence = server.presence.get_presence(connection.user_id, connection.tenant_id)
    assert presence is not None
    return presence.status.value


def test_who_was_set_away_is_online_again_although_the_first_of_them_failed(
    services: Services, server: Backend, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, presence, names = services.lifecycle.heartbeats, services.presence, ["ana", "ben", "cleo"]
    users = [come(services, tenant, name) for name in names]
    for user in users:
        presence.heartbeat(user, active=True)
        server.presence.set_away(user.user_id, tenant)
    with monkeypatch.context() as patched:
        patched.setattr(presence, "be_active", lambda _: (_ for _ in ()).throw(Unavailable()))
        writer._due()
        with pytest.raises(Unavailable):  # as the writer's greenlet hears it, which then tries again
            writer._write()
    assert [status(server, user) for user in users] == ["away"] * 3
    writer._write()
    assert [status(server, user) for user in users] == ["online"] * 3
    for user in users:
        services.connections.remove_connection(user.sid, goodbye=True)


def test_a_tenant_whose_data_is_broken_keeps_no_other_user_away(
    services: Services, server: Backend, tenant: str
) -> None:
    writer, broken = services.lifecycle.heartbeats, f"a {tenant}"
    ben, ana = come(services, tenant, "ben"), come(services, broken, "ana")
    for user in (ana, ben):
        services.presence.heartbeat(user, active=True)
        server.presence.set_away(user.user_id, user.tenant_id)
    online = TenantKeys(broken).online
    server.redis.rename(online, f"{online} aside")
    server.redis.set(online, "no hash")
    writer._due()
    writer._write()
    assert status(server, ben) == "online"
    assert not services.presence.heartbeats.refused
    server.redis.rename(f"{online} aside", online)
    for user in (ana, ben):
        services.connections.remove_connection(user.sid, goodbye=True)


def test_notes_of_more_tenants_than_may_be_in_flight_are_written(redis_url: str, server: Backend, tenant: str) -> None:
    services = make_services(Settings(redis_url=redis_url, jwt_secret_key=SECRET, redis_max_in_flight=4))
    users = [come(services, f"{tenant} {number}", "ana") for number in range(9)]
    for user in users:
        services.presence.heartbeat(user, active=True)
    services.lifecycle.heartbeats.finish()
    assert not services.presence.heartbeats.waiting
    for user in users:
        services.connections.remove_connection(user.sid, goodbye=True)
    services.commands.link.close()


def test_a_node_that_stops_writes_its_last_notes_and_notes_no_more(
    services: Services, server: Backend, tenant: str
) -> None:
    server.nodes.renew(60_000)  # Another node lives, so that Ana stays online for her grace.
    ana = come(services, tenant, "ana")
    [first] = [user["last_active_at"] for user in server.presence.get_online_users(tenant)]
    while (told := services.presence.heartbeat(ana, active=True)) <= first:
        pass
    services.lifecycle.stop()
    [last] = [user["last_active_at"] for user in server.presence.get_online_users(tenant)]
    assert last == told
    assert not services.presence.heartbeats.note(ana, 0)
