"""The HTTP endpoints: the REST API, the contract, and the operator's endpoints."""

from __future__ import annotations

import re
from http import HTTPStatus
from uuid import uuid4

import structlog
from flask import Flask, Response, request
from flask_cors import CORS
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.api.activity import activity
from app.api.contract import contract
from app.api.endpoint import failed, rate_limits
from app.api.notifications import notifications
from app.api.ops import ops
from app.api.presence import UserId, presence
from app.realtime.container import get_services
from realtime_contracts.rules import errors

logger = structlog.get_logger(__name__)

#: Seconds for which a browser may keep the answer to a CORS preflight request.
PREFLIGHT_SECONDS = 600


def register_api(app: Flask) -> None:
    """Register all HTTP endpoints, and the answers to unknown paths."""
    settings = get_services(app).settings
    app.config["MAX_CONTENT_LENGTH"] = settings.max_message_bytes
    app.extensions["rate_limits"] = rate_limits(settings)
    app.url_map.converters["user_id"] = UserId
    app.url_map.merge_slashes = False  # A user's id may contain two slashes.
    for blueprint in (ops, contract, presence, notifications, activity):
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, _no_operation)
    app.after_request(_counted)
    origins = settings.cors_allowed_origins
    CORS(
        app,
        resources=[r"/api/.*", r"/contract.*"],
        # Flask-CORS treats text with a `*` as a pattern. Engine.IO does not, so neither do we.
        origins=origins if origins == "*" else [re.compile(re.escape(origin) + r"\Z") for origin in origins],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
        expose_headers=["ETag", "Retry-After"],
        max_age=PREFLIGHT_SECONDS,
        send_wildcard=True,
        always_send=False,
    )


def _no_operation(error: HTTPException) -> Response | HTTPException:
    """Answer an unknown operation: the contract's JSON error below /api, else Flask's own."""
    status = error.code or 0
    if not f"{request.path}/".startswith("/api/") or status < HTTPStatus.BAD_REQUEST:
        return error
    if isinstance(error, MethodNotAllowed):
        return failed(errors.MethodNotAllowed(), {"Allow": ", ".join(sorted(error.valid_methods or ()))})
    if status == HTTPStatus.NOT_FOUND:
        return failed(errors.NotFound("No such path"))
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return failed(errors.TooLarge("The body is too large"))
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return failed(errors.InvalidPayload("", error.name))
    internal = errors.Internal(uuid4().hex)
    logger.error("request_failed", operation=request.endpoint, **internal.details)
    return failed(internal)


def _counted(response: Response) -> Response:
    if request.method != "OPTIONS":  # a CORS preflight request
        get_services().metrics.request(request.endpoint, response.status_code)
    return response
