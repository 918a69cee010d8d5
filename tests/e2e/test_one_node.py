"""What only a whole node shows: its settings reach what they are for, and it forgets who has gone.

The node loses its data where a test says so, and puts its connections back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
import requests

from app.realtime.store.keys import node_tenants
from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import Cluster
from tests.integration.backend import Wire, eventually
from tests.redis_server import running_redis

NOTIFICATION_SECONDS, ACTIVITY_SECONDS = 1000, 9000
#: Seconds in which a notification that has ended can still be told to have ended.
TOLD_SECONDS = 3600

POLICY = """
def accountants_only(request):
    return request.role == "accountant"
"""


@pytest.fixture(scope="module")
def node(redis_kind: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("one-node")
    (folder / "policy.py").write_text(POLICY, "utf-8")
    settings = {
        "ROOM_POLICY": "policy:accountants_only",
        "PYTHONPATH": str(folder),
        "NOTIFICATION_TTL_SECONDS": str(NOTIFICATION_SECONDS),
        "ACTIVITY_TTL_SECONDS": str(ACTIVITY_SECONDS),
        # These clients answer pings only while they wait for something.
        "PING_TIMEOUT": "60",
    }
    with running_redis(redis_kind) as server:
        cluster = Cluster(server.url, secret, folder, nodes=1, **settings)
        cluster.start()
        yield cluster
        cluster.close()


@pytest.fixture
def direct(node: Cluster) -> Iterator[redis.Redis]:
    """Yield a client of the node's Redis."""
    with redis.Redis.from_url(node.redis_url, decode_responses=True) as client:
        yield client


def connect(node: Cluster, token: str) -> Wire:
    wire = Wire(node.urls[0], token)
    assert wire.refusal is None
    wire.expect("presence:list")
    return wire


def test_a_member_admitted_for_their_role_is_in_the_room_again_after_redis_has_lost_its_data(
    node: Cluster, direct: redis.Redis, mint: Mint
) -> None:
    ana = connect(node, mint("ana", "roles", role="accountant"))
    ben = connect(node, mint("ben", "roles", role="user"))
    join = {"entity_type": "invoice", "entity_id": 42}
    assert ben.ask("room:join", join)["error"]["code"] == "forbidden"
    assert ana.ask("room:join", join)["ok"]
    ana.expect("room:users")
    direct.flushall()
    assert [user["user_id"] for user in ana.expect("room:users")["users"]] == ["ana"]
    ana.goodbye()
    ben.goodbye()


def test_what_is_published_over_rest_is_kept_for_the_time_of_its_own_setting(
    node: Cluster, direct: redis.Redis, mint: Mint
) -> None:
    def publish(path: str, **body: Any) -> None:
        headers = {"Authorization": f"Bearer {mint('billing', 'times', role='service')}"}
        answer = requests.post(f"{node.urls[0]}/api/v1/{path}", json=body, headers=headers, timeout=10)
        assert answer.status_code == 201, answer.text

    def longest(kind: str) -> int:
        return max(int(direct.ttl(key)) for key in direct.scan_iter(f"{kind}:*times*"))

    publish("notifications", user_id="ana", type="t", title="T")
    publish("activity", user_id="ana", user_name="Ana", action="x", entity_type="a", entity_id="1", entity_name="A")
    assert NOTIFICATION_SECONDS < longest("notifications") <= NOTIFICATION_SECONDS + TOLD_SECONDS
    assert ACTIVITY_SECONDS - 60 < longest("activity") <= ACTIVITY_SECONDS


def test_a_tenant_without_connections_is_not_looked_after_any_more(
    node: Cluster, direct: redis.Redis, mint: Mint
) -> None:
    ana = connect(node, mint("ana", "gone"))
    zoe = connect(node, mint("zoe", "stays"))
    [node_id] = direct.zrange("ws:nodes", 0, -1)
    assert {"gone", "stays"} <= direct.smembers(node_tenants(node_id))
    ana.goodbye()
    eventually(lambda: "gone" not in direct.smembers(node_tenants(node_id)), "the node forgets the tenant")
    # The node writes down whom it looks after as soon as it notices that this is lost.
    direct.flushall()
    zoe.expect("presence:list")
    looked_after = direct.smembers(node_tenants(node_id))
    assert "stays" in looked_after
    assert "gone" not in looked_after
    zoe.goodbye()
