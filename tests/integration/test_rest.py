"""The REST API on a real Redis: what the features cannot see of it. They prove what each operation does.

Every answer is held against the contract, errors too.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app import create_app
from app.realtime.node import get_node
from app.settings import Settings
from realtime_contracts import Direction
from realtime_contracts.contract.operations import operations
from realtime_contracts.contract.registry import registry
from realtime_contracts.wire import tokens
from tests.integration.backend import SECRET, keys_of
from tests.redis_server import RedisServer

JSON = dict[str, Any]

NOTIFICATION = {
    "type": "invoice.overdue",
    "title": "Invoice 42 is overdue",
    "message": "By 30 days",
    "priority": "high",
    "source_type": "invoice",
    "source_id": 42,
    "action_url": "/invoices/42",
}
ACTIVITY = {
    "user_id": "ana",
    "user_name": "Ana",
    "action": "approved",
    "entity_type": "invoice",
    "entity_id": 42,
    "entity_name": "Invoice 42",
    "details": {"amount": 120.5, "lines": [1, 2]},
}

#: An id as the server makes them, of nothing.
NO_ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

NOBODY = {
    "status": "offline",
    "current_page": None,
    "current_entity_type": None,
    "current_entity_id": None,
    "last_active_at": None,
}


class Api:
    """The API of one node, and whoever asks it."""

    def __init__(self, redis_url: str, tenant: str) -> None:
        self.app = create_app(Settings(redis_url=redis_url, jwt_secret_key=SECRET, socketio_async_mode="threading"))
        self.node = get_node(self.app)
        self.redis = self.node._redis
        self.tenant = tenant

    def ask(
        self,
        operation_id: str,
        path: str,
        user_id: str = "ana",
        *,
        tenant: str | None = None,
        role: str = "user",
        status: int = 200,
        **request: Any,
    ) -> JSON:
        """Ask for an operation; the answer must have `status`, and be what the contract says."""
        known = operations()[operation_id]
        token = tokens.mint(SECRET, user_id, tenant or self.tenant, role=role)
        headers = {"Authorization": f"Bearer {token}", **request.pop("headers", {})}
        answer: TestResponse = self.app.test_client().open(
            f"/api/v1/{path}", method=known.method, headers=headers, **request
        )
        body = cast("JSON", answer.json)
        name = known.event if answer.status_code < 400 else "error"
        violation = registry().check(Direction.RESPONSE, name, body)
        assert violation is None, f"{operation_id} {body} breaks the contract: {violation}"
        assert answer.status_code == status, body
        return body

    def notify(self, user_id: str = "ana", *, status: int = 201, key: str | None = None, **fields: Any) -> JSON:
        """Ask for a notification as a service of the tenant; returns it, or the error."""
        body = self.ask(
            "notifications.create",
            "notifications",
            "billing",
            role="service",
            status=status,
            json={"user_id": user_id, **NOTIFICATION, **fields},
            headers={} if key is None else {"Idempotency-Key": key},
        )
        return cast("JSON", body.get("notification", body))

    def record(self, *, status: int = 201, key: str | None = None, **fields: Any) -> JSON:
        """Record activity as a service of the tenant; returns it, or the error."""
        body = self.ask(
            "activity.record",
            "activity",
            "billing",
            role="service",
            status=status,
            json={**ACTIVITY, **fields},
            headers={} if key is None else {"Idempotency-Key": key},
        )
        return cast("JSON", body.get("activity", body))

    def unread(self) -> int:
        return cast("int", self.ask("notifications.count", "notifications/unread/count")["count"])

    def titles(self, query: str) -> list[str]:
        body = self.ask("notifications.list", f"notifications?{query}")
        return [one["title"] for one in body["notifications"]]

    def close(self) -> None:
        for user in self.node.presence.get_online_users(self.tenant):
            self.node.presence.set_offline(user["user_id"], self.tenant)
        left = keys_of(self.redis, self.tenant)
        if left:
            self.redis.delete(*left)
        self.redis.connection_pool.disconnect()


@pytest.fixture
def api(redis_url: str, tenant: str) -> Iterator[Api]:
    """Yield the API; nothing of the tenant is left afterwards."""
    api = Api(redis_url, tenant)
    yield api
    api.close()


# Presence.


def test_another_tenants_people_are_not_seen(api: Api) -> None:
    api.node.presence.set_online("ben", api.tenant, "Ben", current_page="/invoices")
    other = f"tenant-{uuid4().hex[:12]}"
    assert api.ask("presence.list", "presence", tenant=other)["count"] == 0
    body = api.ask("presence.get", "presence/ben", tenant=other)
    assert body["presence"] == {"user_id": "ben", **NOBODY}


@pytest.mark.parametrize("user_id", ["%7Bben%7D", "x" * 129, "%00"])
def test_what_cannot_be_a_users_id_is_refused(api: Api, user_id: str) -> None:
    assert api.ask("presence.get", f"presence/{user_id}", status=422)["details"]["path"] == "/user_id"


# Notifications.


def test_many_at_once_with_one_key_make_one_notification(api: Api) -> None:
    statuses = []

    def ask(_number: int) -> None:
        token = tokens.mint(SECRET, "billing", api.tenant, role="service")
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
        answer = api.app.test_client().post(
            "/api/v1/notifications", json={"user_id": "ana", **NOTIFICATION}, headers=headers
        )
        statuses.append(answer.status_code)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(32)))
    assert sorted(statuses) == [200] * 31 + [201]
    assert api.unread() == 1


def test_only_unread_ones_if_that_is_asked_for(api: Api) -> None:
    read = api.notify(title="read")
    api.notify(title="unread")
    api.ask("notifications.read", f"notifications/{read['id']}/read")
    assert api.titles("unread_only=true") == ["unread"]
    assert api.titles("unread_only=false") == ["unread", "read"]
    body = api.ask("notifications.list", "notifications?unread_only=true&limit=1")
    assert (body["total"], body["unread_count"]) == (1, 1)
    body = api.ask("notifications.list", "notifications?limit=1")
    assert (body["total"], body["unread_count"]) == (2, 1)


@pytest.mark.parametrize("notification_id", ["nope", "read-all", NO_ID, "%00", "%7B%7D", "x" * 500, "%C3%BC"])
@pytest.mark.parametrize(("operation_id", "end"), [("notifications.read", "/read"), ("notifications.delete", "")])
def test_what_is_no_notification_is_not_found(api: Api, notification_id: str, operation_id: str, end: str) -> None:
    api.notify()
    body = api.ask(operation_id, f"notifications/{notification_id}{end}", status=404)
    assert body["code"] == "not_found"
    assert api.unread() == 1


# Activity.


def test_keys_of_notifications_and_of_activity_are_two_things(api: Api) -> None:
    api.notify(key="42")
    api.record(key="42")


def test_the_feed_can_be_of_a_kind_of_thing_of_one_thing_or_of_one_user(api: Api) -> None:
    bill = api.record(entity_type="bill", entity_id="b.1", user_id="ben", user_name="Ben")["id"]
    other = api.record(entity_id=43)["id"]
    this = api.record()["id"]

    def ids(operation_id: str, path: str) -> list[str]:
        return [item["id"] for item in api.ask(operation_id, path)["items"]]

    assert ids("activity.list", "activity?entity_type=invoice") == [this, other]
    assert ids("activity.list", "activity?user_id=ben") == [bill]
    assert ids("activity.list", "activity?entity_type=invoice&user_id=ben") == []
    assert ids("activity.entity", "activity/entity/invoice/42") == [this]
    assert ids("activity.entity", "activity/entity/bill/b.1") == [bill]
    assert ids("activity.entity", "activity/entity/bill/b.1?user_id=ana") == []
    assert ids("activity.entity", f"activity/entity/invoice/42?since={this}") == []
    assert ids("activity.entity", "activity/entity/quote/42") == []


@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("activity?before=abc", "/before"),
        ("activity?since=x.y", "/since"),
        ("activity?since=", "/since"),
        ("activity?entity_type=in%20voice", "/entity_type"),
        ("activity?user_id=%7B%7D", "/user_id"),
        ("activity?entity_id=42", ""),
        ("activity?offset=10001", "/offset"),
        ("activity/entity/in%20voice/42", "/entity_type"),
        ("activity/entity/invoice/4:2", "/entity_id"),
        ("activity/entity/invoice/%00", "/entity_id"),
        ("activity/entity/invoice/42?entity_type=bill", ""),
    ],
)
def test_what_cannot_be_asked_of_the_feed_is_refused(api: Api, path: str, at: str) -> None:
    operation_id = "activity.entity" if "/" in path else "activity.list"
    body = api.ask(operation_id, path, status=422)
    assert (body["code"], body["details"]["path"]) == ("invalid_payload", at)


# Redis is away.


def test_without_redis_nothing_is_promised(own_redis: RedisServer, tenant: str) -> None:
    api = Api(own_redis.url, tenant)
    made = api.notify()
    own_redis.stop()
    for operation_id, path, request in [
        ("presence.list", "presence", {}),
        ("presence.get", "presence/ana", {}),
        ("presence.status", "presence/status", {"json": {"status": "busy"}}),
        ("notifications.list", "notifications", {}),
        ("notifications.delete", f"notifications/{made['id']}", {}),
        ("activity.list", "activity", {}),
    ]:
        assert api.ask(operation_id, path, status=503, **request)["code"] == "unavailable"
    assert api.notify(status=503)["code"] == "unavailable"
    assert api.record(status=503)["code"] == "unavailable"
    api.redis.connection_pool.disconnect()
