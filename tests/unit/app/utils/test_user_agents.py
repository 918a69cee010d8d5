"""User agents: what people hold in their hands is called by its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.realtime.utils.user_agents import parse_user_agent

APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"

DEVICES = {
    "Chrome on Windows": (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/126.0.0.0 Safari/537.36",
        "desktop",
    ),
    "Firefox on Linux": ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "desktop"),
    "Safari on a Mac": (
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/17.5 Safari/605.1.15",
        "desktop",
    ),
    "Edge on Windows": (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
        "desktop",
    ),
    "Safari on an iPhone": (
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {APPLE} Version/17.5 Mobile/15E148 Safari/604.1",
        "mobile",
    ),
    "Chrome on an Android phone": (
        f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {BLINK} Chrome/126.0.0.0 Mobile Safari/537.36",
        "mobile",
    ),
    "Chrome that hides its phone": (
        f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Chrome/126.0.0.0 Mobile Safari/537.36",
        "mobile",
    ),
    "Safari on an iPad": (
        f"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) {APPLE} Version/16.6 Mobile/15E148 Safari/604.1",
        "tablet",
    ),
    "Chrome on an Android tablet": (
        f"Mozilla/5.0 (Linux; Android 13; SM-X906C) {BLINK} Chrome/126.0.0.0 Safari/537.36",
        "tablet",
    ),
}

BROWSERS = {
    "Chrome on Windows": "Chrome",
    "Firefox on Linux": "Firefox",
    "Safari on a Mac": "Safari",
    "Edge on Windows": "Edge",
    "Safari on an iPhone": "Mobile Safari",
    "Chrome on an Android phone": "Chrome Mobile",
    "Safari on an iPad": "Mobile Safari",
}


@pytest.mark.parametrize("what", DEVICES)
def test_a_device_is_told_by_its_kind(what: str) -> None:
    user_agent, device_type = DEVICES[what]
    assert parse_user_agent(user_agent)[0] == device_type


@pytest.mark.parametrize("what", BROWSERS)
def test_a_browser_is_told_by_its_name(what: str) -> None:
    assert parse_user_agent(DEVICES[what][0])[1] == BROWSERS[what]


@pytest.mark.parametrize("user_agent", ["", "-", "x", "our-own-client/1.0"])
def test_who_says_nothing_known_is_unknown_on_a_desktop(user_agent: str) -> None:
    assert parse_user_agent(user_agent) == ("desktop", "unknown")


@given(st.text())
def test_no_header_fails(user_agent: str) -> None:
    device_type, browser = parse_user_agent(user_agent)
    assert device_type in {"desktop", "mobile", "tablet"}
    assert browser


def test_of_an_endless_header_the_beginning_is_read() -> None:
    edge = DEVICES["Edge on Windows"][0]
    assert parse_user_agent(edge + " " * 500 + "x" * 100_000) == ("desktop", "Edge")
    assert parse_user_agent("x" * 100_000) == ("desktop", "unknown")
