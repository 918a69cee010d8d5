"""What all operations of the REST API have in common: who asks, may they, is the request right; and an answer always.

A handler gets the caller and a request that conforms to the contract, calls one method of a manager or a service, and
returns the fields of the answer:

    @operation(notifications, "delete")
    def delete_notification(call: Call, notification_id: str) -> Result: ...

The blueprint's name and its own are the operation's in `contracts/operations.json`, `notifications.delete`, which says
its method, its path and its role. That is also its endpoint in Flask. Whatever a handler raises becomes an error of
the contract.
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

from app.realtime.managers.access_tokens import user_of
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

#: The role of a token that a back end holds: it alone makes notifications and records activity.
SERVICE = "service"

JSON = "application/json"

Payload = dict[str, Any]
#: The fields of the answer; with a status if that is not 200.
Result = Payload | tuple[Payload, int]
Handler = Callable[..., Result]


@dataclass(frozen=True)
class Call:
    """One request: whose it is, and what it asks for."""

    user_id: str
    tenant_id: str
    #: The query or the body, as the contract has it. What is null is left out: that means the same.
    data: Payload
    idempotency_key: str | None


def operation(blueprint: Blueprint, name: str) -> Callable[[Handler], Handler]:
    """Register the handler of an operation of the contract, at the path and for the role that it has there."""
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
                raise  # `register_api` answers it
            except Exception:
                internal = Internal(uuid4().hex)
                logger.exception("request_failed", operation=known.name, **internal.details)
                return failed(internal)

        blueprint.add_url_rule(rule_of(known), name, view, methods=[known.method])
        return handler

    return register


def rule_of(known: Operation) -> str:
    """An operation's path as Flask writes it; a user's id may have slashes (`app.api.presence.UserId`)."""
    return known.path.replace("{user_id}", "{user_id:user_id}").replace("{", "<").replace("}", ">")


def failed(error: RealtimeError, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that failed."""
    response = _response(error.to_answer(), error.http_status)
    response.headers.update(headers or {})
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(math.ceil(error.retry_after))
    if not isinstance(error, Internal):  # that one is in the log already, with its trace
        logger.info("request_refused", operation=request.endpoint, code=error.code)
    return response


def rate_limits(settings: Settings) -> dict[bool, RateLimit]:
    """The rate limits of an app: for services (True) and for everybody else."""
    return {True: RateLimit(settings.service_rate_limit), False: RateLimit(settings.rest_rate_limit)}


def _response(body: Payload, status: int) -> Response:
    # What a user may see changes with every event: nobody is to keep an answer.
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, mimetype=JSON)


def _call(known: Operation) -> Call:
    user = user_of(_token())
    is_service = user["role"] == SERVICE
    wait = current_app.extensions["rate_limits"][is_service].take((user["tenant_id"], user["user_id"]))
    if wait:
        raise RateLimited(math.ceil(wait * 1000) / 1000)
    if known.role is not None and user["role"] != known.role:
        raise Forbidden
    data = {name: value for name, value in _asked(known).items() if value is not None}
    return Call(user["user_id"], user["tenant_id"], data, _idempotency_key())


def _token() -> str:
    """The bearer token (RFC 6750): of the header only, because a URL is written to logs."""
    return bearer_token(request.headers.get("Authorization", ""))


def _asked(known: Operation) -> Payload:
    """The request as one object, which conforms to the contract. Raises InvalidPayload."""
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
        request.stream.read(1)  # of a chunked body only as much is read as may be: is there more?
        return orjson.loads(body)
    except ValueError:
        raise InvalidPayload("", "expected one JSON value in UTF-8", "The body is not JSON") from None
    except (OSError, ClientDisconnected):
        raise InvalidPayload("", "it ends too early, or is not in chunks", "The body cannot be read") from None


def _idempotency_key() -> str | None:
    return check_idempotency_key(request.headers.get("Idempotency-Key") if request.method == "POST" else None)
