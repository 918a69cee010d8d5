"""The answers where there is no operation, and CORS."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask, abort

from app import create_app
from app.settings import Settings
from tests.unit.app.api.support import Api


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v2/presence",
        "/api/v1/nope",
        "/api/v1/presence/",
        "/api/v1//presence",
        "/api/v1/notifications/1/2/3",
        "/api/v1/notifications/",
        "/api/v1/activity/entity/invoice",
        "/api/v1/presence\x00",
        "/api/%ff",
    ],
)
def test_an_unknown_path_below_api_is_not_found_in_json(api: Api, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = api.bare(method, path)
        assert api.refused(answer) == (404, "not_found")
        assert answer.content_type == "application/json"


@pytest.mark.parametrize("path", ["/", "/nope", "/apiary", "/API/v1/presence"])
def test_an_unknown_path_outside_api_is_answered_by_flask(api: Api, path: str) -> None:
    answer = api.bare("GET", path)
    assert (answer.status_code, answer.is_json) == (404, False)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "presence", "GET, HEAD, OPTIONS"),
        ("PATCH", "presence/ben", "GET, HEAD, OPTIONS"),
        ("DELETE", "presence/status", "GET, HEAD, OPTIONS, PUT"),
        ("DELETE", "notifications", "GET, HEAD, OPTIONS, POST"),
        ("GET", "notifications/1", "DELETE, OPTIONS"),
        ("POST", "notifications/1/read", "OPTIONS, PUT"),
        ("TRACE", "activity", "GET, HEAD, OPTIONS, POST"),
        ("BREW", "activity", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_refused_with_those_it_has(
    api: Api, method: str, path: str, allowed: str
) -> None:
    answer = api.bare(method, path)
    assert api.refused(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed


def test_a_body_over_the_limit_is_too_large(secret: str) -> None:
    api = Api(create_app(Settings(jwt_secret_key=secret, max_message_bytes=2000)), secret)
    api.presence.answers["choose_status"] = None
    body = '{"status":"busy"}'
    ask = {"content_type": "application/json"}
    assert api.ask("PUT", "presence/status", data=body.ljust(2000), **ask).status_code == 409
    answer = api.ask("PUT", "presence/status", data=body.ljust(2001), **ask)
    assert api.refused(answer) == (413, "too_large")
    assert answer.json["error"] == "The body is too large"
    chunked = {"wsgi.input": BytesIO(body.ljust(3000).encode()), "wsgi.input_terminated": True}
    answer = api.ask("PUT", "presence/status", environ_overrides=chunked, **ask)
    assert api.refused(answer) == (413, "too_large")


@pytest.mark.parametrize("code", [400, 409, 415, 418, 431])
def test_other_http_errors_below_api_are_invalid_payload_in_json(api: Api, code: int) -> None:
    api.app.add_url_rule("/api/v1/refusing", "refusing", lambda: abort(code))
    assert api.refused(api.bare("GET", "refusing")) == (422, "invalid_payload")


def test_a_defect_outside_an_operation_is_in_json_too(api: Api) -> None:
    api.app.add_url_rule("/api/v1/broken", "broken", lambda: 1 / 0)
    answer = api.bare("GET", "broken")
    assert api.refused(answer) == (500, "internal")
    assert answer.json["details"]["correlation_id"]


# CORS.

ORIGIN = "https://app.example"


def with_origins(secret: str, origins: str) -> Api:
    settings = Settings(jwt_secret_key=secret, cors_origins=origins)
    return Api(create_app(settings), secret)


def preflight(
    api: Api, origin: str = ORIGIN, method: str = "PUT", path: str = "/api/v1/presence/status"
) -> dict[str, str]:
    answer = api.bare(
        "OPTIONS",
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key, x-other",
        },
    )
    assert answer.status_code == 200
    return {name: value for name, value in answer.headers.items() if name.startswith("Access-Control")}


def test_a_page_of_another_origin_may_send_the_headers_and_methods_of_the_api(api: Api) -> None:
    assert preflight(api) == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Headers": "authorization, content-type, idempotency-key",
        "Access-Control-Allow-Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
        "Access-Control-Expose-Headers": "ETag, Retry-After",
        "Access-Control-Max-Age": "600",
    }


@pytest.mark.parametrize("path", ["presence", "nope", "presence?limit=1"])
def test_a_page_of_another_origin_can_read_answers_and_errors(api: Api, path: str) -> None:
    answer = api.ask("GET", path, headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag, Retry-After"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_the_allowed_origins_are_those_of_the_settings(secret: str) -> None:
    api = with_origins(secret, f"{ORIGIN}, https://other.example")
    assert preflight(api)["Access-Control-Allow-Origin"] == ORIGIN
    answer = api.ask("GET", "presence", headers={"Origin": "https://other.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://other.example"
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("allowed", "origin"),
    [
        (ORIGIN, "https://evil.example"),
        (ORIGIN, f"{ORIGIN}.evil.example"),
        (ORIGIN, "https://appxexample"),
        (ORIGIN, "http://app.example"),
        (ORIGIN, "null"),
        ("", ORIGIN),
    ],
)
def test_other_origins_are_not_allowed(secret: str, allowed: str, origin: str) -> None:
    api = with_origins(secret, allowed)
    assert preflight(api, origin) == {}
    answer = api.ask("GET", "presence", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_request_without_an_origin_gets_no_cors_headers(api: Api) -> None:
    assert not [name for name, _ in api.ask("GET", "presence").headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_operator_endpoints_have_no_cors_headers(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, headers={"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in answer.headers
