"""What is checked before every operation: the token, the rate, the role, the query and the body.

No service is called by a request that is refused.
"""

from __future__ import annotations

import logging
from typing import Any

import pytest

from app.api import endpoint
from app.settings import Settings
from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.rules.errors import NotFound, RateLimited, RealtimeError, Unavailable
from realtime_contracts.wire import tokens
from tests.unit.app.api.support import Api
from tests.unit.app.test_errors import OF_REST, RAISED

NOTIFICATION = {"user_id": "ben", "type": "invoice.overdue", "title": "Invoice 42 is overdue"}

#: A status, so that a request is right in all but what a test changes.
STATUS = {"json": {"status": "busy"}}

#: Operations that a service alone may ask for.
OF_SERVICES = [("POST", "notifications"), ("POST", "activity")]


# The token and the role.


def test_a_token_of_the_tenant_is_accepted(api: Api) -> None:
    answer = api.ask("GET", "presence")
    assert (answer.status_code, answer.json) == (200, {"success": True, "users": [], "count": 0})
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert api.presence.asked == [("get_online_users", ("acme",), {})]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_written_in_any_case(api: Api, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {api.token()}"}
    assert api.bare("GET", "presence", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer x.y.z",
        "{token}",
        "Basic {token}",
        "Token {token}",
        "Bearer Bearer {token}",
        "Bearer {token}, Bearer {token}",
        "Bearer {token} x",
        "Bearer {refresh}",
        "Bearer {forged}",
        "Bearer {nowhere}",
        "Bearer \xff\xfe",
    ],
)
def test_a_request_without_a_valid_bearer_token_is_refused(api: Api, header: str | None) -> None:
    if header is not None:
        header = header.format(
            token=api.token(),
            refresh=api.token(changed={"type": "refresh"}),
            forged=tokens.mint("another secret of 32 bytes or more.", "ana", "acme"),
            nowhere=api.token(changed={"tenant_id": tokens.ABSENT}),
        )
    answer = api.bare("GET", "presence", headers={} if header is None else {"Authorization": header})
    assert api.refused(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert api.asked_nothing()


def test_an_expired_token_has_a_code_of_its_own(api: Api) -> None:
    answer = api.ask("GET", "presence", token=api.token(ttl=-60))
    assert api.refused(answer) == (401, "token_expired")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("where", ["query", "cookie", "body"])
def test_a_token_is_taken_from_the_header_only(api: Api, where: str) -> None:
    token = api.token()
    request: dict[str, Any] = {
        "query": {"query_string": {"token": token, "access_token": token, "jwt": token}},
        "cookie": {"headers": {"Cookie": f"access_token_cookie={token}; token={token}"}},
        "body": {"data": {"access_token": token}},
    }[where]
    assert api.refused(api.bare("GET", "presence", **request)) == (401, "unauthenticated")


@pytest.mark.parametrize(("method", "path"), OF_SERVICES)
@pytest.mark.parametrize(
    "role", ["user", "admin", "Service", "services", "", "service ", " service", "service\x00", "\u200bservice"]
)
def test_only_a_service_makes_notifications_and_activity(api: Api, method: str, path: str, role: str) -> None:
    answer = api.ask(method, path, role=role, json=NOTIFICATION)
    assert api.refused(answer) == (403, "forbidden")
    assert api.asked_nothing()


def test_the_tenant_and_the_user_are_the_tokens(api: Api) -> None:
    api.notifications.answers["unread_count"] = 3
    answer = api.ask("GET", "notifications/unread/count", token=api.token("ben", "globex"))
    assert answer.json == {"success": True, "count": 3}
    assert api.notifications.asked == [("unread_count", ("globex", "ben"), {})]


# The rate.


def limited(secret: str, **limits: int) -> Api:
    from app import create_app

    settings = Settings(jwt_secret_key=secret, **limits)  # type: ignore[arg-type]
    api = Api(create_app(settings), secret)
    for limit in api.app.extensions["rate_limits"].values():
        limit._clock = lambda: 1000.0
    return api


def test_a_request_over_the_rate_is_told_how_long_to_wait(secret: str) -> None:
    api = limited(secret, rest_rate_limit=2)
    token = api.token()
    assert [api.ask("GET", "presence", token=token).status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    answer = api.ask("GET", "presence", token=token)
    assert api.refused(answer) == (429, "rate_limited")
    assert answer.json["details"] == {"retry_after": 0.5}
    assert answer.headers["Retry-After"] == "1"


def test_each_user_of_each_tenant_has_a_rate(secret: str) -> None:
    api = limited(secret, rest_rate_limit=1)
    for _ in range(3):
        last = api.ask("GET", "presence")
    assert last.status_code == 429
    assert api.ask("GET", "presence", token=api.token("ben")).status_code == 200
    assert api.ask("GET", "presence", token=api.token("ana", "globex")).status_code == 200


def test_a_service_has_a_rate_of_its_own(secret: str) -> None:
    api = limited(secret, rest_rate_limit=1, service_rate_limit=2)
    statuses = [api.ask("GET", "presence", role="service").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]


def test_a_refused_request_counts_against_the_rate(secret: str) -> None:
    api = limited(secret, rest_rate_limit=1)
    statuses = [api.ask("POST", "notifications", json={}).status_code for _ in range(3)]
    assert statuses == [403, 403, 429]


def test_a_request_without_a_token_counts_against_no_rate(secret: str) -> None:
    api = limited(secret, rest_rate_limit=1)
    for _ in range(5):
        assert api.bare("GET", "presence").status_code == 401
    assert api.ask("GET", "presence").status_code == 200


def test_each_app_has_its_own_rates(secret: str) -> None:
    first, second = limited(secret, rest_rate_limit=1), limited(secret, rest_rate_limit=1)
    for _ in range(3):
        last = first.ask("GET", "presence")
    assert last.status_code == 429
    assert second.ask("GET", "presence").status_code == 200


def test_retry_after_is_rounded_up_to_whole_seconds(api: Api) -> None:
    with api.app.test_request_context():
        answer = endpoint.failed(RateLimited(1.001))
    assert answer.headers["Retry-After"] == "2"


# The query.


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", {}),
        ("limit=1", {"limit": 1}),
        ("limit=100&offset=0", {"limit": 100, "offset": 0}),
        ("unread_only=true", {"unread_only": True}),
        ("unread_only=false&offset=7", {"unread_only": False, "offset": 7}),
        ("%6Cimit=5", {"limit": 5}),
    ],
)
def test_a_query_reaches_the_service_in_its_types(api: Api, query: str, options: dict[str, Any]) -> None:
    api.notifications.answers["list_requested"] = NotFound()
    api.ask("GET", "notifications", query_string=query)
    assert api.notifications.asked == [("list_requested", ("acme", "ana", options), {})]


BAD_LIMITS = ["0", "101", "", "five", "5.0", "+5", "%205", "05", "1_0", "%D9%A5", "true", "null", "-1", "9" * 19]
BAD_QUERIES = [
    *(("/limit", query) for query in ["limit", f"limit={'9' * 5000}", *(f"limit={value}" for value in BAD_LIMITS)]),
    *(("/offset", f"offset={value}") for value in ["-1", "1001"]),
    *(("/unread_only", f"unread_only={value}") for value in ["True", "1", ""]),
    *(("", query) for query in ["unknown=1", "Limit=1", "limit[]=1", "limit=1&limit=1", "x=1&x=2", "=1"]),
    *(("", query) for query in ["unread_only=true&limit=5&unread_only=false", "%00=1", "%ff=%fe"]),
    *(("", query) for query in ["user_id=ben", "tenant_id=globex"]),
]


@pytest.mark.parametrize(("path", "query"), BAD_QUERIES)
def test_a_query_that_is_not_the_contracts_is_refused(api: Api, query: str, path: str) -> None:
    answer = api.ask("GET", "notifications", query_string=query)
    assert api.invalid(answer, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "presence"),
        ("GET", "presence/ben"),
        ("GET", "notifications/unread/count"),
        ("PUT", "notifications/read-all"),
        ("PUT", "notifications/1/read"),
        ("DELETE", "notifications/1"),
    ],
)
def test_an_operation_without_query_parameters_refuses_any(api: Api, method: str, path: str) -> None:
    answer = api.ask(method, path, query_string="limit=1")
    assert api.invalid(answer, "") == "unexpected query parameter 'limit'"


def test_properties_of_the_body_are_refused_in_the_query(api: Api) -> None:
    api.invalid(api.ask("PUT", "presence/status", query_string="status=busy", **STATUS))


def test_a_query_that_is_not_utf_8_is_refused(api: Api) -> None:
    api.invalid(api.ask("GET", "notifications", environ_overrides={"QUERY_STRING": "limit=\xff"}))


# The body.

GOOD_TYPES = ["application/json", "Application/JSON", "application/json; charset=utf-8"]
BAD_TYPES = [
    None,
    "",
    "text/plain",
    "text/json",
    "application/jsonp",
    "application/merge-patch+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "json",
]


@pytest.mark.parametrize("content_type", GOOD_TYPES)
def test_a_content_type_of_json_is_accepted_however_it_is_written(api: Api, content_type: str) -> None:
    api.presence.answers["choose_status"] = None
    answer = api.ask("PUT", "presence/status", data='{"status":"busy"}', content_type=content_type)
    assert api.refused(answer) == (409, "conflict")


@pytest.mark.parametrize("content_type", BAD_TYPES)
def test_a_body_of_another_content_type_is_refused(api: Api, content_type: str | None) -> None:
    answer = api.ask("PUT", "presence/status", data='{"status":"busy"}', content_type=content_type)
    assert api.invalid(answer, "", "The body must be JSON") == "expected Content-Type application/json"


DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"{'status':'busy'}",
        b'{"status":"busy",}',
        b'{"status":NaN}',
        b'{"status":Infinity}',
        b'{"status":1e400}',
        b'{"status":"\\ud800"}',
        b'{"status":"\xff"}',
        b'{"\xed\xa0\x80":1}',
        b'\xef\xbb\xbf{"status":"busy"}',
        '{"status":"busy"}'.encode("utf-16"),
        b"\x00" * 100,
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b"status=busy",
    ],
    ids=range(18),
)
def test_a_body_that_is_not_json_is_refused(api: Api, body: bytes) -> None:
    answer = api.ask("PUT", "presence/status", data=body, content_type="application/json")
    api.invalid(answer, error="The body is not JSON")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('{"status":' + "[" * 500 + "]" * 500 + "}", ""),
        ('{"status":99999999999999999999999}', "/status"),
    ],
)
def test_json_that_is_not_the_contracts_is_refused(api: Api, body: str, path: str) -> None:
    answer = api.ask("PUT", "presence/status", data=body, content_type="application/json")
    api.invalid(answer, path, "Invalid payload")


def test_a_deeply_nested_value_is_refused_even_where_any_json_is_allowed(api: Api) -> None:
    details = "[" * 200 + "]" * 200
    body = (
        '{"user_id":"ana","user_name":"Ana","action":"opened","entity_type":"invoice","entity_id":42,'
        f'"entity_name":"Invoice 42","details":{{"a":{details}}}}}'
    )
    answer = api.ask("POST", "activity", role="service", data=body, content_type="application/json")
    assert "nested deeper" in api.invalid(answer)


def test_a_property_that_is_null_is_left_out(api: Api) -> None:
    api.notifications.answers["create_requested"] = NotFound()
    body = {**NOTIFICATION, "message": None, "source_id": None, "priority": None, "expires_in": None}
    api.ask("POST", "notifications", role="service", json=body)
    assert api.notifications.asked == [("create_requested", ("acme", NOTIFICATION, None), {})]


@pytest.mark.parametrize("data", [b"{}", b"not json", b"\xff"])
def test_a_body_is_ignored_where_an_operation_takes_none(api: Api, data: bytes) -> None:
    api.notifications.answers["mark_all_read"] = 2
    assert api.ask("PUT", "notifications/read-all", data=data).status_code == 200
    assert api.ask("GET", "presence", data=data, content_type="application/json").status_code == 200


def test_a_body_that_ends_too_early_is_refused(api: Api) -> None:
    class Torn:
        def read(self, _size: int = -1) -> bytes:
            raise OSError("unexpected end of file while reading chunked data header")

    answer = api.ask(
        "PUT",
        "presence/status",
        content_type="application/json",
        environ_overrides={"wsgi.input": Torn(), "wsgi.input_terminated": True},
    )
    api.invalid(answer, error="The body cannot be read")


# The idempotency key.


@pytest.mark.parametrize("key", ["x", "a" * 255, "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "a b~!"])
def test_an_idempotency_key_reaches_the_service(api: Api, key: str) -> None:
    api.notifications.answers["create_requested"] = NotFound()
    api.ask("POST", "notifications", role="service", json=NOTIFICATION, headers={"Idempotency-Key": key})
    assert api.notifications.asked[0][1][2] == key


def test_an_idempotency_key_is_ignored_where_nothing_is_made(api: Api) -> None:
    api.notifications.answers["unread_count"] = 3
    assert api.ask("GET", "notifications/unread/count", headers={"Idempotency-Key": "é"}).status_code == 200


@pytest.mark.parametrize("key", ["", "a" * 256, "ü", "a\tb", "a\x7fb"])
def test_an_idempotency_key_is_short_printable_ascii(api: Api, key: str) -> None:
    answer = api.ask("POST", "notifications", role="service", json=NOTIFICATION, headers={"Idempotency-Key": key})
    api.invalid(answer, "/Idempotency-Key")


# Errors.


@pytest.mark.parametrize(
    "error", [error for error in RAISED + OF_REST if "rest" in error_codes()[error.code].over], ids=repr
)
def test_an_error_is_the_contracts_in_json(api: Api, error: RealtimeError) -> None:
    api.presence.answers["get_online_users"] = error
    answer = api.ask("GET", "presence")
    assert answer.status_code == error.http_status
    assert answer.json["error"] == error.message
    assert answer.json["code"] == error.code
    assert answer.json.get("details") == error.details
    assert answer.headers["Cache-Control"] == "no-store"


def test_details_are_absent_if_there_are_none(api: Api) -> None:
    api.presence.answers["get_online_users"] = Unavailable()
    assert api.ask("GET", "presence").json == {
        "success": False,
        "error": "Temporarily unavailable",
        "code": "unavailable",
    }


class Broken(Exception):
    """A defect whose text nobody outside should see."""


@pytest.mark.parametrize("broken", [Broken("s3cret"), KeyError("s3cret"), RecursionError("s3cret")])
def test_a_defect_is_answered_without_a_trace_and_logged_once_with_one(
    api: Api, broken: Exception, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    api.presence.answers["get_online_users"] = broken
    answer = api.ask("GET", "presence")
    assert api.refused(answer) == (500, "internal")
    assert answer.json["error"] == "Internal error"
    assert b"s3cret" not in answer.data
    logged = caplog.text + capsys.readouterr().out
    assert logged.count(answer.json["details"]["correlation_id"]) == 1
    assert logged.count("Traceback") == 1


def test_what_cannot_be_written_as_json_is_a_defect(api: Api) -> None:
    api.presence.answers["get_online_users"] = ["\ud800"]
    assert api.refused(api.ask("GET", "presence")) == (500, "internal")


def test_neither_a_token_nor_a_body_is_logged(
    api: Api, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    token = api.token(ttl=-60)
    api.ask("PUT", "presence/status", token=token, json={"status": "s3cret"})
    api.ask("PUT", "presence/status", json={"status": "s3cret"}, headers={"Origin": "https://a.example"})
    api.ask("GET", "notifications", query_string="limit=s3cret&s3cret=1")
    api.bare("GET", f"presence?token={token}")
    api.bare("GET", "s3cret/path")
    logged = caplog.text + capsys.readouterr().out
    assert "request_refused" in logged
    assert "s3cret" not in logged
    assert token.split(".")[0] not in logged


# HTTP.


def test_head_is_get_without_a_body(api: Api) -> None:
    got, head = api.ask("GET", "presence"), api.ask("HEAD", "presence")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert api.bare("HEAD", "presence").status_code == 401


def test_head_takes_the_query_as_get_does(api: Api) -> None:
    assert api.ask("HEAD", "notifications", query_string="limit=0").status_code == 422


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("presence", {"GET", "HEAD", "OPTIONS"}),
        ("presence/status", {"GET", "HEAD", "OPTIONS", "PUT"}),
        ("notifications", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("notifications/1", {"DELETE", "OPTIONS"}),
    ],
)
def test_options_needs_no_token(api: Api, path: str, allowed: set[str]) -> None:
    answer = api.bare("OPTIONS", path)
    assert answer.status_code == 200
    assert set(answer.headers["Allow"].split(", ")) == allowed


def test_a_user_whose_id_is_status_has_a_presence(api: Api) -> None:
    api.presence.answers["get_presence"] = None
    assert api.ask("GET", "presence/status").json["presence"]["user_id"] == "status"


@pytest.mark.parametrize(
    ("path", "user_id"),
    [
        ("ben", "ben"),
        ("auth0%7Cben", "auth0|ben"),
        ("https%3A%2F%2Fidp.example%2Fben", "https://idp.example/ben"),
        ("https://idp.example/ben", "https://idp.example/ben"),
        ("J%C3%BCrgen", "Jürgen"),
        ("a%20b", "a b"),
        ("a%3Fb", "a?b"),
    ],
)
def test_a_user_id_may_have_any_characters_of_a_login(api: Api, path: str, user_id: str) -> None:
    api.presence.answers["get_presence"] = None
    presence = api.ask("GET", f"presence/{path}").json["presence"]
    assert presence == {
        "user_id": user_id,
        "status": "offline",
        "current_page": None,
        "current_entity_type": None,
        "current_entity_id": None,
        "last_active_at": None,
    }
    assert api.presence.asked == [("get_presence", (user_id, "acme"), {})]


@pytest.mark.parametrize("user_id", ["%7B", "a%7Db", "%00", "a%0Ab", "x" * 129, "%7F"])
def test_an_invalid_user_id_is_refused(api: Api, user_id: str) -> None:
    api.serve_with(presence=api.real_presence)
    answer = api.ask("GET", f"presence/{user_id}")
    api.invalid(answer, "/user_id")
