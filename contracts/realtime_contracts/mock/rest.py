"""The REST API of the mock, on the same tenants."""

from __future__ import annotations

import asyncio
import functools
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from aiohttp import web

from realtime_contracts.contract.operations import Operation, operations
from realtime_contracts.contract.registry import Direction
from realtime_contracts.mock.access import Access
from realtime_contracts.mock.delivery import Faults
from realtime_contracts.mock.tenant import Tenant, Tenants
from realtime_contracts.rules.claims import Identity
from realtime_contracts.rules.errors import (
    Conflict,
    Forbidden,
    InvalidPayload,
    MethodNotAllowed,
    NotFound,
    RealtimeError,
    TooLarge,
    Unauthenticated,
)
from realtime_contracts.rules.ids import is_safe_id
from realtime_contracts.rules.limits import PAGE_ITEMS
from realtime_contracts.rules.presence import choice
from realtime_contracts.rules.requests import bearer_token, check, check_idempotency_key, check_request, read_query

JSON = "application/json"

#: CORS headers: pages of any origin may call the API, because a front end in development is one.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
}

Payload = dict[str, Any]
#: The fields of the answer; with a status unless it is 200.
Result = Payload | tuple[Payload, int]


@dataclass(frozen=True)
class Call:
    """One request: a method for each operation."""

    user: Identity
    tenant: Tenant
    #: The parameters of its path, by name.
    places: Mapping[str, str]
    #: Its query or body, without null values.
    data: Payload
    key: str | None

    def _list_presence(self) -> Result:
        users = self.tenant.presence.list()["users"]
        return {"users": users, "count": len(users)}

    def _get_presence(self) -> Result:
        if not is_safe_id(self.places["user_id"]):
            raise InvalidPayload("/user_id", "not the id of a user")
        return {"presence": self.tenant.presence.of_user(self.places["user_id"])}

    def _choose_status(self) -> Result:
        user_id = self.user.user_id
        if user_id not in self.tenant.presence.users:
            raise Conflict("You are offline: connect first")
        self.tenant.presence.change(user_id, choice(self.data["status"]), always=True)
        return {"presence": self.tenant.presence.of_user(user_id)}

    def _list_notifications(self) -> Result:
        page = {"unread_only": False, "limit": PAGE_ITEMS, "offset": 0, **self.data}
        return self.tenant.notifications.page(self.user.user_id, **page)

    def _count_notifications(self) -> Result:
        return {"count": self.tenant.notifications.count(self.user.user_id)}

    def _read_notification(self) -> Result:
        read = self.tenant.notifications.read(self.user.user_id, self.places["notification_id"])
        return {"notification": read, "unread_count": self.tenant.notifications.count(self.user.user_id)}

    def _read_all_notifications(self) -> Result:
        return {"marked_count": self.tenant.notifications.read_all(self.user.user_id), "unread_count": 0}

    def _delete_notification(self) -> Result:
        return {"unread_count": self.tenant.notifications.delete(self.user.user_id, self.places["notification_id"])}

    def _create_notification(self) -> Result:
        made, new = self.tenant.notifications.create(self.data["user_id"], self.data, self.key)
        return {"notification": made}, 201 if new else 200

    def _list_activity(self) -> Result:
        return self.tenant.activity.feed(self.data)

    def _list_activity_of_entity(self) -> Result:
        places = {name: self.places[name] for name in ("entity_type", "entity_id")}
        check(Direction.CLIENT, "activity:feed", places)
        return self.tenant.activity.feed({**self.data, **places})

    def _record_activity(self) -> Result:
        item, new = self.tenant.activity.record(self.data, self.key)
        return {"activity": item}, 201 if new else 200

    #: The method of each operation, except those for operators.
    HANDLERS: ClassVar[dict[str, Callable[[Call], Result]]] = {
        "presence.list": _list_presence,
        "presence.status": _choose_status,
        "presence.get": _get_presence,
        "notifications.list": _list_notifications,
        "notifications.count": _count_notifications,
        "notifications.read_all": _read_all_notifications,
        "notifications.read": _read_notification,
        "notifications.delete": _delete_notification,
        "notifications.create": _create_notification,
        "activity.list": _list_activity,
        "activity.entity": _list_activity_of_entity,
        "activity.record": _record_activity,
    }


def add_routes(app: web.Application, tenants: Tenants, access: Access, faults: Faults) -> None:
    """Add the API, and /healthz and /readyz. Answers have the latency of messages."""

    def view(operation: Operation) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            await asyncio.sleep(faults.delay())
            result = Call.HANDLERS[operation.name](await _call(request, operation, tenants, access))
            body, status = result if isinstance(result, tuple) else (result, 200)
            return _response({"success": True, **body}, status)

        return answer

    for name in Call.HANDLERS:
        operation = operations()[name]
        # A user's id may contain a slash.
        path = operation.path.replace("{user_id}", "{user_id:(?s:.+)}")
        app.router.add_route(operation.method, path, view(operation))
    for path, status in (("/healthz", "alive"), ("/readyz", "ready")):
        app.router.add_get(path, functools.partial(_ops, status))


@web.middleware
async def answered(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer every request below /api by the contract, with CORS headers."""
    if not f"{request.path}/".startswith("/api/"):
        return await handler(request)
    if request.method == "OPTIONS":
        return web.Response(status=204, headers=CORS)
    headers: dict[str, str] = {}
    refused: RealtimeError
    try:
        response = await handler(request)
    except RealtimeError as error:
        refused = error
    except web.HTTPMethodNotAllowed as error:
        refused = MethodNotAllowed()
        headers["Allow"] = ", ".join(sorted(error.allowed_methods - {"HEAD"}))
    except web.HTTPNotFound:
        refused = NotFound("No such path")
    except web.HTTPRequestEntityTooLarge:
        refused = TooLarge("The body is too large")
    else:
        response.headers.update(CORS)
        return response
    if isinstance(refused, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return _response(refused.to_answer(), refused.http_status, headers)


async def _ops(status: str, _request: web.Request) -> web.Response:
    return _response({"success": True, "status": status}, 200)


def _response(body: Payload, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    headers = {"Content-Type": JSON, "Cache-Control": "no-store", **CORS, **(headers or {})}
    return web.Response(body=orjson.dumps(body), status=status, headers=headers)


async def _call(request: web.Request, operation: Operation, tenants: Tenants, access: Access) -> Call:
    header = request.headers.get("Authorization")
    user = access.user_of(bearer_token(header) if header else None)
    if operation.role is not None and user.role != operation.role:
        raise Forbidden
    payload = read_query(operation, urllib.parse.parse_qs(request.query_string, keep_blank_values=True))
    asked = check_request(operation, await _body(request) if payload is None else payload)
    tenant = tenants.get(user.tenant_id)
    tenant.know(user.user_id)
    data = {name: value for name, value in asked.items() if value is not None}
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    return Call(user, tenant, request.match_info, data, check_idempotency_key(key))


async def _body(request: web.Request) -> Any:
    if request.content_type != JSON:
        raise InvalidPayload("", f"expected Content-Type {JSON}", "The body must be JSON")
    try:
        return orjson.loads(await request.read())
    except ValueError:
        raise InvalidPayload("", "expected one JSON value in UTF-8", "The body is not JSON") from None
