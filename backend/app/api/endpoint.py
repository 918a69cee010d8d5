"""What all REST operations share: authentication, roles, checked requests, and always an answer.

A handler gets the caller and a request that conforms to the contract, calls one method of a manager or a service, and
returns the fields of the answer:

    @operation(notifications, "delete")
    def delete_notification(call: Call, notification_id: str) -> Result: ...

The blueprint's name and the operation's name identify it in `contracts/operations.json` (`notifications.delete`), which
gives its method, path and role. They are also its endpoint in Flask. Any exception becomes an error of the contract.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
import structlog
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import ClientDisconnected, HTTPException

from app.realtime.container import get_services
from app.settings import Settings
from realtime_contracts.contract.operations import Operation, operations
from realtime_contracts.rules.errors import (
    Forbidden,
    Internal,
    InvalidPayload,
    RateLimited,
    RealtimeError,
    Unauthenticated,
)
from realtime_contracts.rules.rates import RateLimit
from realtime_contracts.rules.requests import bearer_token, check_idempotency_key, check_request, read_query

logger = structlog.get_logger(__name__)

#: The role of a back end's token. Only back ends create notifications and record activity.
SERVICE = "service"

JSON = "application/json"

Payload = dict[str, Any]
#: The fields of the answer; with a status unless it is 200.
Result = Payload | tuple[Payload, int]
Handler = Callable[..., Result]


@dataclass(frozen=True)
class Call:
    """One request: the caller and the payload."""

    user_id: str
    tenant_id: str
    #: The query or the body as the contract defines it, without null values: null means absent.
    data: Payload
    idempotency_key: str | None


def operation(blueprint: Blueprint, name: str) -> Callable[[Handler], Handler]:
    """Register the handler of an operation, with the contract's path and role."""
    known = operations()[f"{blueprint.name}.{name}"]

    def register(handler: Handler) -> Handler:
        def view(**places: str) -> Response:
            try:
                result = handler(_call(known), **places)
                body, status = result if isinstance(result, tuple) else (result, 200)
                return _response({"success": True, **body}, status)
            except RealtimeError as error:
                return failed(error)
            except HTTPException:
                raise  # `register_api` answers it.
            except Exception:
                internal = Internal(uuid4().hex)
                logger.exception("request_failed", operation=known.name, **internal.details)
                return failed(internal)

        blueprint.add_url_rule(rule_of(known), name, view, methods=[known.method])
        return handler

    return register


def rule_of(known: Operation) -> str:
    """Return an operation's path in Flask's syntax; a user's id may contain slashes (`app.api.presence.UserId`)."""
    return known.path.replace("{user_id}", "{user_id:user_id}").replace("{", "<").replace("}", ">")


def failed(error: RealtimeError, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer to a failed request."""
    response = _response(error.to_answer(), error.http_status)
    response.headers.update(headers or {})
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(math.ceil(error.retry_after))
    if not isinstance(error, Internal):  # It is in the log already, with its traceback.
        logger.info("request_refused", operation=request.endpoint, code=error.code)
    return response


def rate_limits(settings: Settings) -> dict[bool, RateLimit]:
    """Return the rate limits of an app: for services (True) and for all others (False)."""
    return {True: RateLimit(settings.service_rate_limit), False: RateLimit(settings.rest_rate_limit)}


def _response(body: Payload, status: int) -> Response:
    # A user's data changes with every event, so no cache may keep the answer.
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, mimetype=JSON)


def _call(known: Operation) -> Call:
    user = get_services().connections.verify(_token())
    is_service = user["role"] == SERVICE
    wait = current_app.extensions["rate_limits"][is_service].take((user["tenant_id"], user["user_id"]))
    if wait:
        raise RateLimited(math.ceil(wait * 1000) / 1000)
    get_services().revocations.refuse_revoked(user["tenant_id"], user["token"])
    if known.role is not None and user["role"] != known.role:
        raise Forbidden
    data = {name: value for name, value in _asked(known).items() if value is not None}
    return Call(user["user_id"], user["tenant_id"], data, _idempotency_key())


def _token() -> str:
    """Return the bearer token (RFC 6750). Only from the header, because URLs are logged."""
    return bearer_token(request.headers.get("Authorization", ""))


def _asked(known: Operation) -> Payload:
    """Return the request as one object that conforms to the contract. Raises InvalidPayload."""
    try:
        query = dict(request.args.lists())
    except UnicodeDecodeError:
        raise InvalidPayload("", "the query is not UTF-8") from None
    payload = read_query(known, query)
    return check_request(known, _body() if payload is None else payload)


def _body() -> Any:
    if request.mimetype != JSON:
        raise InvalidPayload("", f"expected Content-Type {JSON}", "The body must be JSON")
    try:
        body = request.get_data()
        request.stream.read(1)  # Reads a chunked body up to the limit, then checks whether there is more.
        return orjson.loads(body)
    except ValueError:
        raise InvalidPayload("", "expected one JSON value in UTF-8", "The body is not JSON") from None
    except (OSError, ClientDisconnected):
        raise InvalidPayload("", "it ends too early, or is not in chunks", "The body cannot be read") from None


def _idempotency_key() -> str | None:
    return check_idempotency_key(request.headers.get("Idempotency-Key") if request.method == "POST" else None)
