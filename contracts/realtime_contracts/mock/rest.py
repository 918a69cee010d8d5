"""The REST API, on the same companies: what a page asks for once, and what a back end does."""

from __future__ import annotations

import asyncio
import functools
import re
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.contract.schemas import file_of, own_schemas
from realtime_contracts.mock.access import Access, User, is_safe_id
from realtime_contracts.mock.clock import rfc3339
from realtime_contracts.mock.company import Companies, Company
from realtime_contracts.mock.outbox import Faults
from realtime_contracts.mock.presence import LOCATION, Trigger
from realtime_contracts.mock.refusals import Refused, invalid

PREFIX = "/api/v1"

#: The role of a back end's token: it alone makes notifications and records activity.
SERVICE = "service"

JSON = "application/json"

#: What pages of other origins may do here: a front end in development is one.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
}

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_IDEMPOTENCY_KEY = re.compile(r"[ -~]{1,255}")

Payload = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request: whose it is, the places of its path, and what it asks for, without what is null."""

    user: User
    company: Company
    places: Mapping[str, str]
    data: Payload
    key: str | None


def _list_presence(call: Call) -> Payload:
    users = call.company.presence.list()["users"]
    return {"users": users, "count": len(users)}


def _get_presence(call: Call) -> Payload:
    user_id = call.places["user_id"]
    if not is_safe_id(user_id):
        raise invalid("/user_id", "not the id of a user")
    return {"presence": _shown(call.company, user_id)}


def _choose_status(call: Call) -> Payload:
    user_id = call.user.user_id
    if user_id not in call.company.presence.users:
        raise Refused("conflict", "You are offline: connect first")
    call.company.presence.change(user_id, Trigger(call.data["status"]), always=True)
    return {"presence": _shown(call.company, user_id)}


def _shown(company: Company, user_id: str) -> Payload:
    record = company.presence.users.get(user_id)
    if record is None:
        return {"user_id": user_id, "status": "offline", "last_active_at": None, **dict.fromkeys(LOCATION)}
    shown = {"user_id": user_id, "status": record.state.status, "last_active_at": rfc3339(record.last_active)}
    return {**shown, **record.place}


def _list_notifications(call: Call) -> Payload:
    page = {"unread_only": False, "limit": 50, "offset": 0, **call.data}
    return call.company.notifications.page(call.user.user_id, **page)


def _count_notifications(call: Call) -> Payload:
    return {"count": call.company.notifications.count(call.user.user_id)}


def _read_notification(call: Call) -> Payload:
    read = call.company.notifications.read(call.user.user_id, call.places["notification_id"])
    return {"notification": read, "unread_count": call.company.notifications.count(call.user.user_id)}


def _read_all_notifications(call: Call) -> Payload:
    return {"marked_count": call.company.notifications.read_all(call.user.user_id), "unread_count": 0}


def _delete_notification(call: Call) -> Payload:
    return {"unread_count": call.company.notifications.delete(call.user.user_id, call.places["notification_id"])}


def _create_notification(call: Call) -> tuple[Payload, int]:
    asked = dict(call.data)
    made, new = call.company.notifications.create(asked.pop("user_id"), asked, call.key)
    return {"notification": made}, 201 if new else 200


def _list_activity(call: Call) -> Payload:
    return call.company.activity.feed(call.data)


def _list_activity_of_entity(call: Call) -> Payload:
    places = {name: call.places[name] for name in ("entity_type", "entity_id")}
    violation = registry().check(Direction.CLIENT, "activity:feed", places)
    if violation is not None:
        raise invalid(violation.path, violation.reason)
    return call.company.activity.feed({**call.data, **places})


def _record_activity(call: Call) -> tuple[Payload, int]:
    item, new = call.company.activity.record(call.data, call.key)
    return {"activity": item}, 201 if new else 200


#: Every operation, by its name in the contract: method, path, who does it, and whose only it is.
OPERATIONS: dict[str, tuple[str, str, Callable[[Call], Payload | tuple[Payload, int]], str | None]] = {
    "presence:list": ("GET", "/presence", _list_presence, None),
    "presence:status": ("PUT", "/presence/status", _choose_status, None),
    "presence:get": ("GET", "/presence/{user_id:(?s:.+)}", _get_presence, None),
    "notifications:list": ("GET", "/notifications", _list_notifications, None),
    "notifications:count": ("GET", "/notifications/unread/count", _count_notifications, None),
    "notifications:read_all": ("PUT", "/notifications/read-all", _read_all_notifications, None),
    "notifications:read": ("PUT", "/notifications/{notification_id}/read", _read_notification, None),
    "notifications:delete": ("DELETE", "/notifications/{notification_id}", _delete_notification, None),
    "notifications:create": ("POST", "/notifications", _create_notification, SERVICE),
    "activity:list": ("GET", "/activity", _list_activity, None),
    "activity:entity": ("GET", "/activity/entity/{entity_type}/{entity_id}", _list_activity_of_entity, None),
    "activity:record": ("POST", "/activity", _record_activity, SERVICE),
}


def add_routes(app: web.Application, companies: Companies, access: Access, faults: Faults) -> None:
    """Add the API and the two questions of who runs a server; answers are as late as messages."""

    def view(operation: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        _, _, handler, role = OPERATIONS[operation]

        async def answer(request: web.Request) -> web.Response:
            await asyncio.sleep(faults.delay())
            result = handler(await _call(request, operation, companies, access, role))
            body, status = result if isinstance(result, tuple) else (result, 200)
            return _response({"success": True, **body}, status)

        return answer

    for operation, (method, path, _, _) in OPERATIONS.items():
        app.router.add_route(method, PREFIX + path, view(operation))
    for path, status in (("/healthz", "alive"), ("/readyz", "ready")):
        app.router.add_get(path, functools.partial(_ops, status))


@web.middleware
async def answered(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every request below /api gets the contract's answer, and pages of all origins may read it."""
    if not f"{request.path}/".startswith("/api/"):
        return await handler(request)
    if request.method == "OPTIONS":
        return web.Response(status=204, headers=CORS)
    headers: dict[str, str] = {}
    try:
        response = await handler(request)
    except Refused as error:
        refused = error
    except web.HTTPMethodNotAllowed as error:
        refused = Refused("method_not_allowed")
        headers["Allow"] = ", ".join(sorted(error.allowed_methods - {"HEAD"}))
    except web.HTTPNotFound:
        refused = Refused("not_found", "No such path")
    except web.HTTPRequestEntityTooLarge:
        refused = Refused("too_large", "The body is too large")
    else:
        response.headers.update(CORS)
        return response
    if refused.status == 401:  # noqa: PLR2004 - HTTP's own number
        headers["WWW-Authenticate"] = "Bearer"
    body: Payload = {"success": False, "error": refused.message, "code": refused.code}
    if refused.details is not None:
        body["details"] = refused.details
    return _response(body, refused.status, headers)


async def _ops(status: str, _request: web.Request) -> web.Response:
    return _response({"success": True, "status": status}, 200)


def _response(body: Payload, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    headers = {"Content-Type": JSON, "Cache-Control": "no-store", **CORS, **(headers or {})}
    return web.Response(body=orjson.dumps(body), status=status, headers=headers)


async def _call(request: web.Request, operation: str, companies: Companies, access: Access, role: str | None) -> Call:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if request.headers.get("Authorization") and (scheme.lower() != "bearer" or " " in token.strip()):
        raise Refused("unauthenticated")
    user = access.user_of(token.strip() or None)
    if role is not None and user.role != role:
        raise Refused("forbidden")
    asked = await _asked(request, operation)
    company = companies.of(user.tenant_id)
    company.know(user.user_id)
    data = {name: value for name, value in asked.items() if value is not None}
    return Call(user, company, request.match_info, data, _idempotency_key(request))


async def _asked(request: web.Request, operation: str) -> Payload:
    """The request as one object, which conforms to the contract. Raises Refused (invalid_payload)."""
    kinds = _kinds(operation)
    in_body = kinds is not None and request.method != "GET"
    payload: Any = _query(request.query_string, {} if in_body or kinds is None else kinds)
    if kinds is None or in_body:
        if payload:
            raise invalid("", f"unexpected query parameter {next(iter(payload))[:60]!r}")
        if kinds is None:
            return {}
        payload = await _body(request)
    violation = registry().check(Direction.REQUEST, operation, payload)
    if violation is not None:
        raise invalid(violation.path, violation.reason)
    return dict(payload)


def _query(text: str, kinds: Mapping[str, str]) -> Payload:
    found: Payload = {}
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True):
        if name in found:
            raise invalid("", f"query parameter {name[:60]!r} is given more than once")
        found[name] = _value(value, kinds.get(name))
    return found


def _value(text: str, kind: str | None) -> str | int | bool:
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    return text


async def _body(request: web.Request) -> Any:
    if request.content_type != JSON:
        raise invalid("", f"expected Content-Type {JSON}", "The body must be JSON")
    try:
        return orjson.loads(await request.read())
    except ValueError:
        raise invalid("", "expected one JSON value in UTF-8", "The body is not JSON") from None


def _idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise invalid("/Idempotency-Key", "expected 1 to 255 printable ASCII characters")
    return key


@functools.cache
def _kinds(operation: str) -> Mapping[str, str] | None:
    """The JSON type of each property of a request, None if the operation takes none."""
    if operation not in registry().events(Direction.REQUEST):
        return None
    file = file_of(Direction.REQUEST.value, operation)
    properties = own_schemas().files[file]["properties"]
    return {name: str(own_schemas().resolve(file, part)[1].get("type")) for name, part in properties.items()}
