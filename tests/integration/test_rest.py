"""The REST API on a real Redis: what the features cannot see of it. They prove what each operation does.

Every answer is held against the contract, errors too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import gevent
import pytest
from werkzeug.test import TestResponse

from app import create_app
from app.realtime.container import get_services
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


class Api:
    """The API of one node, and whoever asks it."""

    def __init__(self, redis_url: str, tenant: str) -> None:
        self.app = create_app(Settings(redis_url=redis_url, jwt_secret_key=SECRET))
        self.services = get_services(self.app)
        self.redis = self.services.commands
        self.tenant = tenant

    def ask(
        self,
        operation_id: str,
        path: str,
        user_id: str = "ana",
        *,
        role: str = "user",
        status: int = 200,
        **request: Any,
    ) -> JSON:
        """Ask for an operation; the answer must have `status`, and be what the contract says."""
        known = operations()[operation_id]
        token = tokens.mint(SECRET, user_id, self.tenant, role=role)
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

    def close(self) -> None:
        for user in self.services.presence.get_online_users(self.tenant):
            self.services.presence.set_offline(user["user_id"], self.tenant)
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

    gevent.joinall([gevent.spawn(ask, number) for number in range(32)], raise_error=True)
    assert sorted(statuses) == [200] * 31 + [201]
    assert api.unread() == 1


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


def test_the_feed_of_one_thing_can_be_filtered_too(api: Api) -> None:
    first = api.record()["id"]
    second = api.record(user_id="ben", user_name="Ben")["id"]

    def ids(query: str) -> list[str]:
        return [item["id"] for item in api.ask("activity.entity", f"activity/entity/invoice/42?{query}")["items"]]

    assert (ids("user_id=ana"), ids(f"since={first}")) == ([first], [second])


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
