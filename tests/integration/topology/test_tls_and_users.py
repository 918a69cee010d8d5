"""Redis with TLS, client certificates and ACL users, and what happens when a password changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis import exceptions

from app.doctor import examine
from app.realtime.services.notification_service import NotificationService
from app.realtime.store import topology
from app.realtime.store.pipeline import PipelinedRedis
from app.settings import Settings
from realtime_contracts.rules.errors import Unavailable
from tests.e2e.cluster import Cluster
from tests.integration.backend import SECRET, come, eventually
from tests.integration.conftest import QUIET
from tests.integration.topology.tls_proxy import Authority, tls_in_front_of
from tests.redis_processes import Process

USER, PASSWORD = "realtime", "first-password"


@pytest.fixture
def server() -> Iterator[Process]:
    """Yield a Redis with a user besides the default one."""
    process = Process('save ""', f"user {USER} on >{PASSWORD} ~* &* +@all")
    process.start()
    try:
        yield process
    finally:
        process.stop()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return a CA that signs clients and servers."""
    return Authority(tmp_path)


def test_a_node_and_a_back_end_speak_tls_with_certificates_of_their_own(
    server: Process, authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.sign("client")
    server.ask("ACL", "SETUSER", "default", "off")
    files = {"REDIS_CA_FILE": authority.file, "REDIS_CERT_FILE": certificate, "REDIS_KEY_FILE": key}
    access = {"REDIS_USERNAME": USER, "REDIS_PASSWORD": PASSWORD}
    with tls_in_front_of(server.port, authority) as port:
        settings = {name: str(value) for name, value in files.items()} | access
        cluster = Cluster(f"rediss://127.0.0.1:{port}/0", SECRET, tmp_path, nodes=1, **QUIET, **settings)
        parameters = f"ssl_ca_certs={authority.file}&ssl_certfile={certificate}&ssl_keyfile={key}"
        url = f"rediss://{USER}:{PASSWORD}@127.0.0.1:{port}/0?{parameters}"
        try:
            cluster.start()
            ana = come(cluster.urls[0], "ana")
            with NotificationService.from_url(url) as notifications:
                notifications.create("acme", "ana", type="invoice", title="Paid")
            assert ana.expect("notification")["title"] == "Paid"
            ana.goodbye()
        finally:
            cluster.close()
        found = {finding.what: finding.verdict for finding in examine(url)}
        assert (found["redis"], found["scripts"]) == ("good", "good"), found


@pytest.mark.parametrize("wrong", ["the CA", "no certificate"])
def test_a_server_or_a_client_that_the_ca_has_not_signed_is_refused(
    wrong: str, server: Process, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    certificate, key = authority.sign("client")
    trusted = other if wrong == "the CA" else authority
    own = "" if wrong == "no certificate" else f"&ssl_certfile={certificate}&ssl_keyfile={key}"
    with tls_in_front_of(server.port, authority) as port:
        url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={trusted.file}{own}"
        with NotificationService.from_url(url) as notifications, pytest.raises(Unavailable):
            notifications.unread_count("acme", "ana")


def test_a_password_that_has_changed_ends_what_connects_anew_and_the_right_one_brings_it_back(server: Process) -> None:
    settings = Settings(
        redis_url=f"redis://{USER}@127.0.0.1:{server.port}/0", redis_password=PASSWORD, jwt_secret_key=SECRET
    )
    commands = topology.of_settings(settings).commands()
    try:
        assert commands.ping()
        server.ask("ACL", "SETUSER", USER, "resetpass", ">second-password")
        server.ask("CLIENT", "KILL", "USER", USER)
        eventually(lambda: refused(commands), "the old password is refused")
        server.ask("ACL", "SETUSER", USER, f">{PASSWORD}")
        eventually(lambda: not refused(commands), "the old password is right again")
        assert commands.link.problem is None
    finally:
        commands.link.close()


def test_a_password_that_is_asked_for_since_is_said_to_be_missing(server: Process) -> None:
    """The connection that stayed open was made without one; the next one gets NOAUTH until no password is asked for."""
    url = f"redis://127.0.0.1:{server.port}/0"
    commands = topology.of_settings(Settings(redis_url=url, jwt_secret_key=SECRET)).commands()
    operator = redis.Redis(port=server.port, username=USER, password=PASSWORD)
    try:
        assert commands.ping()
        operator.config_set("requirepass", "secret")
        operator.client_kill_filter(_type="normal", skipme=True)
        eventually(lambda: refused(commands), "NOAUTH")
        operator.config_set("requirepass", "")
        eventually(lambda: not refused(commands), "no password is asked for")
    finally:
        commands.link.close()
        operator.close()


@pytest.mark.parametrize("cut", [True, False], ids=["connections are cut", "connections stay open"])
def test_clients_of_two_nodes_go_on_once_what_the_user_may_do_is_right_again(
    *, cut: bool, server: Process, tmp_path: Path
) -> None:
    """A wrong password is for who connects anew; commands and channels that are taken away are refused at once."""
    access = {"REDIS_USERNAME": USER, "REDIS_PASSWORD": PASSWORD}
    nodes = Cluster(f"redis://{server.place}/0", SECRET, tmp_path, **QUIET, **access)
    try:
        nodes.start()
        ana, ben = come(nodes.urls[0], "ana"), come(nodes.urls[1], "ben")
        if cut:
            server.ask("ACL", "SETUSER", USER, "resetpass", ">second-password")
            server.ask("CLIENT", "KILL", "USER", USER)
        else:
            server.ask("ACL", "SETUSER", USER, "-@all", "resetchannels")
        eventually(lambda: not nodes.nodes[0].ready() and not nodes.nodes[1].ready(), "no node is ready")
        assert not ana.ask("presence:update", {"status": "busy"})["ok"]
        assert not ben.ask("presence:update", {"status": "busy"})["ok"]
        server.ask("ACL", "SETUSER", USER, "resetpass", f">{PASSWORD}", "+@all", "allchannels")
        nodes.wait_ready()
        assert ana.ask("presence:update", {"status": "busy"})["ok"]
        ben.expect("presence:update", user_id="ana", status="busy")
        assert ben.ask("presence:update", {"status": "busy"})["ok"]
        ana.expect("presence:update", user_id="ben", status="busy")
        ana.goodbye()
        ben.goodbye()
    finally:
        nodes.close(check=cut)  # a command that the user may not is a defect in the log, with its trace


def refused(commands: PipelinedRedis) -> bool:
    """Whether a command is refused."""
    try:
        commands.link.execute(("PING",))
    except exceptions.ConnectionError:  # which AuthenticationError is
        return True
    return False
