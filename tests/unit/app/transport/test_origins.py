"""Which pages may connect, and with what."""

from __future__ import annotations

from typing import Any

import pytest

from app.realtime.transport import limits
from app.realtime.transport.engine import Engine
from app.realtime.transport.http import Http
from tests.unit.app.transport.test_last_poll import Silent

LISTED, OTHER = "https://app.example", "https://evil.example"


def headers(origins: list[str] | None, origin: str | None, method: str = "GET") -> dict[str, str]:
    """The headers about origins of the answer to a handshake."""
    answered: list[tuple[str, str]] = []
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "QUERY_STRING": "EIO=4&transport=polling"}
    if origin is not None:
        environ["HTTP_ORIGIN"] = origin
    Http(Engine(limits.Timing(25, 20, 1000), Silent()), origins)(environ, lambda _, fields: answered.extend(fields))
    return {name: value for name, value in answered if name.startswith(("Access-Control-Allow-", "Vary"))}


@pytest.mark.parametrize("origin", [LISTED, OTHER, "null"])
def test_where_any_page_may_connect_none_is_named_and_none_sends_cookies(origin: str) -> None:
    assert headers(None, origin) == {"Access-Control-Allow-Origin": "*"}


def test_a_page_on_the_list_is_named_and_may_send_cookies() -> None:
    assert headers([LISTED], LISTED) == {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": LISTED,
        "Access-Control-Allow-Credentials": "true",
    }


@pytest.mark.parametrize("origin", [OTHER, "null", f"{LISTED}.evil.example", "*", "", None])
@pytest.mark.parametrize("origins", [[LISTED], []])
def test_another_page_is_told_nothing(origins: list[str], origin: str | None) -> None:
    assert headers(origins, origin) == {"Vary": "Origin"}
