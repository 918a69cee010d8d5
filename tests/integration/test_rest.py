"""The REST API on a real Redis: what each operation does, whose it is, and whose it is not.

Every answer is held against the contract, errors too.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
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
from tests.integration.backend import SECRET, Tape, keys_of
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

    def unread(self, user_id: str = "ana") -> int:
        return cast("int", self.ask("notifications.count", "notifications/unread/count", user_id)["count"])

    def titles(self, query: str = "", user_id: str = "ana") -> list[str]:
        body = self.ask("notifications.list", f"notifications?{query}", user_id)
        return [one["title"] for one in body["notifications"]]

    def online(self, user_id: str, name: str) -> None:
        """Make a user online, without a connection."""
        self.node.presence.set_online(user_id, self.tenant, name, current_page="/invoices")

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


@pytest.fixture
def tape(api: Api) -> Iterator[Tape]:
    """Record what is published from now on."""
    recording = Tape(api.redis)
    yield recording
    recording.close()


# Presence.


def test_nobody_is_online_at_first(api: Api) -> None:
    assert api.ask("presence.list", "presence") == {"success": True, "users": [], "count": 0}


def test_who_is_online_is_listed_by_name(api: Api) -> None:
    api.online("u2", "Ben")
    api.online("u1", "Cleo")
    body = api.ask("presence.list", "presence")
    assert [(user["user_id"], user["user_name"]) for user in body["users"]] == [("u2", "Ben"), ("u1", "Cleo")]
    assert body["count"] == 2


def test_another_tenants_people_are_not_seen(api: Api) -> None:
    api.online("ben", "Ben")
    other = f"tenant-{uuid4().hex[:12]}"
    assert api.ask("presence.list", "presence", tenant=other)["count"] == 0
    body = api.ask("presence.get", "presence/ben", tenant=other)
    assert body["presence"] == {"user_id": "ben", **NOBODY}


def test_one_users_presence_is_theirs_while_they_are_online(api: Api) -> None:
    assert api.ask("presence.get", "presence/ben")["presence"] == {"user_id": "ben", **NOBODY}
    api.online("ben", "Ben")
    presence = api.ask("presence.get", "presence/ben")["presence"]
    assert presence["last_active_at"] is not None
    assert presence == {
        "user_id": "ben",
        "status": "online",
        "current_page": "/invoices",
        "current_entity_type": None,
        "current_entity_id": None,
        "last_active_at": presence["last_active_at"],
    }
    api.node.presence.set_offline("ben", api.tenant)
    assert api.ask("presence.get", "presence/ben")["presence"] == {"user_id": "ben", **NOBODY}


@pytest.mark.parametrize("user_id", ["%7Bben%7D", "x" * 129, "%00"])
def test_what_cannot_be_a_users_id_is_refused(api: Api, user_id: str) -> None:
    assert api.ask("presence.get", f"presence/{user_id}", status=422)["details"]["path"] == "/user_id"


@pytest.mark.parametrize("status", ["online", "away", "busy"])
def test_a_user_chooses_their_status_and_everybody_hears_it(api: Api, tape: Tape, status: str) -> None:
    api.online("ana", "Ana")
    tape.heard()
    presence = api.ask("presence.status", "presence/status", json={"status": status})["presence"]
    assert (presence["user_id"], presence["status"]) == ("ana", status)
    assert presence["current_page"] == "/invoices"
    assert [one.payload["status"] for one in tape.heard("presence:update")] == [status]


def test_a_status_chosen_again_is_announced_again(api: Api, tape: Tape) -> None:
    api.online("ana", "Ana")
    for _ in range(2):
        api.ask("presence.status", "presence/status", json={"status": "busy"})
    assert [one.payload["status"] for one in tape.heard("presence:update")] == ["busy", "busy"]


def test_a_chosen_away_outlasts_activity(api: Api) -> None:
    api.online("ana", "Ana")
    api.ask("presence.status", "presence/status", json={"status": "away"})
    api.node.presence.update_activity("ana", api.tenant)
    assert api.ask("presence.get", "presence/ana")["presence"]["status"] == "away"


def test_who_is_offline_has_no_status_to_choose(api: Api, tape: Tape) -> None:
    api.online("ben", "Ben")
    tape.heard()
    body = api.ask("presence.status", "presence/status", status=409, json={"status": "busy"})
    assert body["code"] == "conflict"
    assert tape.heard() == []
    assert api.ask("presence.get", "presence/ana")["presence"]["status"] == "offline"


# Notifications.


def test_a_service_notifies_a_user_of_its_tenant(api: Api, tape: Tape) -> None:
    made = api.notify()
    assert made == {
        "id": made["id"],
        **NOTIFICATION,
        "source_id": "42",
        "created_at": made["created_at"],
        "is_read": False,
        "read_at": None,
    }
    assert api.ask("notifications.list", "notifications") == {
        "success": True,
        "notifications": [made],
        "total": 1,
        "unread_count": 1,
    }


def test_what_is_not_said_or_null_is_the_default(api: Api) -> None:
    nothing = dict.fromkeys(("message", "priority", "source_type", "source_id", "action_url", "expires_in"))
    made = api.notify(**nothing)
    assert {name: made[name] for name in nothing if name in made} == {
        "message": None,
        "priority": "normal",
        "source_type": None,
        "source_id": None,
        "action_url": None,
    }


def test_a_user_may_not_notify_anybody(api: Api) -> None:
    body = {"user_id": "ben", **NOTIFICATION}
    assert api.ask("notifications.create", "notifications", status=403, json=body)["code"] == "forbidden"
    assert api.unread("ben") == 0


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"user_id": "{ben}"}, "/user_id"),
        ({"title": ""}, "/title"),
        ({"title": None}, "/title"),
        ({"priority": "loud"}, "/priority"),
        ({"action_url": "javascript:alert(1)"}, "/action_url"),
        ({"action_url": "//evil.example"}, "/action_url"),
        ({"expires_in": 0}, "/expires_in"),
        ({"expires_in": 2_592_001}, "/expires_in"),
        ({"tenant_id": "globex"}, ""),
    ],
)
def test_a_notification_that_is_not_the_contracts_is_not_made(api: Api, fields: JSON, path: str) -> None:
    body = api.notify(status=422, **fields)
    assert (body["code"], body["details"]["path"]) == ("invalid_payload", path)
    assert keys_of(api.redis, api.tenant) == []


def test_the_same_key_makes_one_notification(api: Api) -> None:
    first = api.notify(key="invoice-42")
    assert api.notify(key="invoice-42", status=200) == first
    assert api.unread() == 1
    assert api.notify("ben", key="invoice-42")["id"] != first["id"]


def test_a_key_is_not_for_two_things(api: Api) -> None:
    api.notify(key="invoice-42")
    assert api.notify(key="invoice-42", status=409, title="Something else")["code"] == "conflict"
    assert api.titles() == [NOTIFICATION["title"]]


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


def test_notifications_come_newest_first_in_pages(api: Api) -> None:
    for number in range(5):
        api.notify(title=f"number {number}")
    assert api.titles("limit=2") == ["number 4", "number 3"]
    assert api.titles("limit=2&offset=2") == ["number 2", "number 1"]
    assert api.titles("offset=4") == ["number 0"]
    assert api.titles("offset=5") == []


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


def test_reading_one_is_heard_and_may_be_done_again(api: Api, tape: Tape) -> None:
    made = api.notify()
    api.notify()
    tape.heard()
    body = api.ask("notifications.read", f"notifications/{made['id']}/read")
    assert body["unread_count"] == 1
    assert body["notification"]["is_read"] is True
    read_at = body["notification"]["read_at"]
    assert read_at is not None
    again = api.ask("notifications.read", f"notifications/{made['id']}/read")
    assert again["notification"]["read_at"] == read_at
    assert again["unread_count"] == 1


def test_reading_all_says_how_many(api: Api) -> None:
    for _ in range(3):
        api.notify()
    body = api.ask("notifications.read_all", "notifications/read-all")
    assert (body["marked_count"], body["unread_count"]) == (3, 0)
    body = api.ask("notifications.read_all", "notifications/read-all")
    assert (body["marked_count"], body["unread_count"]) == (0, 0)
    assert api.unread() == 0


def test_deleting_one_forgets_it(api: Api) -> None:
    made = api.notify(title="first")
    api.notify(title="second")
    assert api.ask("notifications.delete", f"notifications/{made['id']}")["unread_count"] == 1
    assert api.titles() == ["second"]
    assert api.ask("notifications.delete", f"notifications/{made['id']}", status=404)["code"] == "not_found"
    assert api.ask("notifications.read", f"notifications/{made['id']}/read", status=404)["code"] == "not_found"


@pytest.mark.parametrize(("operation_id", "end"), [("notifications.read", "/read"), ("notifications.delete", "")])
def test_anothers_notification_is_not_found(api: Api, operation_id: str, end: str) -> None:
    path = f"notifications/{api.notify('ana')['id']}{end}"
    assert api.ask(operation_id, path, "ben", status=404)["code"] == "not_found"
    other = f"tenant-{uuid4().hex[:12]}"
    assert api.ask(operation_id, path, "ana", tenant=other, status=404)["code"] == "not_found"
    assert api.ask(operation_id, path, "billing", role="service", status=404)["code"] == "not_found"
    assert api.unread("ana") == 1
    assert api.titles(user_id="ben") == []


@pytest.mark.parametrize("notification_id", ["nope", "read-all", NO_ID, "%00", "%7B%7D", "x" * 500, "%C3%BC"])
@pytest.mark.parametrize(("operation_id", "end"), [("notifications.read", "/read"), ("notifications.delete", "")])
def test_what_is_no_notification_is_not_found(api: Api, notification_id: str, operation_id: str, end: str) -> None:
    api.notify()
    body = api.ask(operation_id, f"notifications/{notification_id}{end}", status=404)
    assert body["code"] == "not_found"
    assert api.unread() == 1


# Activity.


def test_a_service_records_what_happened_and_everybody_reads_it(api: Api, tape: Tape) -> None:
    made = api.record()
    assert made == {"id": made["id"], **ACTIVITY, "entity_id": "42", "created_at": made["created_at"]}
    for user_id in ("ana", "ben"):
        assert api.ask("activity.list", "activity", user_id) == {"success": True, "items": [made], "next": None}


def test_what_happened_in_another_tenant_is_not_seen(api: Api) -> None:
    api.record()
    other = f"tenant-{uuid4().hex[:12]}"
    for operation_id, path in (("activity.list", "activity"), ("activity.entity", "activity/entity/invoice/42")):
        assert api.ask(operation_id, path, tenant=other)["items"] == []


def test_a_user_may_not_record_anything(api: Api) -> None:
    assert api.ask("activity.record", "activity", status=403, json=ACTIVITY)["code"] == "forbidden"
    assert keys_of(api.redis, api.tenant) == []


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"entity_type": "in voice"}, "/entity_type"),
        ({"entity_id": None}, "/entity_id"),
        ({"entity_id": "4/2"}, "/entity_id"),
        ({"action": ""}, "/action"),
        ({"details": [1]}, "/details"),
        ({"id": "1"}, ""),
    ],
)
def test_activity_that_is_not_the_contracts_is_not_recorded(api: Api, fields: JSON, path: str) -> None:
    body = api.record(status=422, **fields)
    assert (body["code"], body["details"]["path"]) == ("invalid_payload", path)
    assert keys_of(api.redis, api.tenant) == []


def test_details_may_be_8_kib_of_json(api: Api) -> None:
    frame = len('{"a":""}')
    assert api.record(details={"a": "x" * (8192 - frame)})["details"] == {"a": "x" * (8192 - frame)}
    assert api.record(details={"a": "x" * (8193 - frame)}, status=413)["code"] == "too_large"


def test_the_same_key_records_once_and_only_one_thing(api: Api) -> None:
    first = api.record(key="approval-7")
    assert api.record(key="approval-7", status=200) == first
    assert api.record(key="approval-7", status=409, action="refused")["code"] == "conflict"
    assert api.ask("activity.list", "activity")["items"] == [first]


def test_keys_of_notifications_and_of_activity_are_two_things(api: Api) -> None:
    api.notify(key="42")
    api.record(key="42")


def test_the_feed_comes_newest_first_in_pages(api: Api) -> None:
    ids = [api.record(action=f"step {number}")["id"] for number in range(5)]
    seen, query = [], ""
    for _ in count():
        page = api.ask("activity.list", f"activity?limit=2{query}")
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query = f"&before={page['next']}"
    assert seen == ids[::-1]
    since = api.ask("activity.list", f"activity?since={ids[2]}")
    assert [item["id"] for item in since["items"]] == [ids[4], ids[3]]
    shifted = api.ask("activity.list", "activity?limit=2&offset=1")
    assert [item["id"] for item in shifted["items"]] == [ids[3], ids[2]]


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
    assert api.ask("presence.list", "presence", status=503)["code"] == "unavailable"
    assert api.ask("presence.get", "presence/ana", status=503)["code"] == "unavailable"
    assert api.ask("presence.status", "presence/status", status=503, json={"status": "busy"})["code"] == "unavailable"
    assert api.ask("notifications.list", "notifications", status=503)["code"] == "unavailable"
    assert api.ask("notifications.delete", f"notifications/{made['id']}", status=503)["code"] == "unavailable"
    assert api.notify(status=503)["code"] == "unavailable"
    assert api.ask("activity.list", "activity", status=503)["code"] == "unavailable"
    assert api.record(status=503)["code"] == "unavailable"
    api.redis.connection_pool.disconnect()
