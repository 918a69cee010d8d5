"""What a report shows of what went over the wire: never a token, never more than anybody reads, always JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_contracts.wire import tokens
from realtime_contracts.wire.redaction import DEEP, MOST_OF_A_TEXT, REDACTED, redacted, shown
from tests.unit.contracts.conform.playing import SECRET

TOKEN = tokens.mint(SECRET, "ana", "acme", name="Ana")
HEAD, BODY, SIGNATURE = TOKEN.split(".")


@pytest.mark.parametrize(
    "value",
    [
        TOKEN,
        f"Bearer {TOKEN}",
        f"http://127.0.0.1/socket.io/?token={TOKEN}&EIO=4",
        "x" * MOST_OF_A_TEXT + TOKEN,
        "x" * (MOST_OF_A_TEXT - 40) + TOKEN,
        [TOKEN],
        {"auth": {"token": TOKEN}},
        {TOKEN: 1},
        (TOKEN,),
        TOKEN.encode(),
        {"headers": [b"Bearer " + TOKEN.encode()]},
        f"{HEAD}.{BODY}.",
        f"{HEAD}.{BODY}",
        TOKEN.ljust(8193, "x"),
    ],
    ids=[
        *("alone", "as a bearer", "in a query", "behind a long text", "where a text is cut", "in a list"),
        *("in an object", "as a key", "in a tuple", "as bytes", "in bytes in a list"),
        *("without signature", "cut before it", "longer than allowed"),
    ],
)
def test_no_part_of_a_token_is_shown(value: Any) -> None:
    text = json.dumps(shown(value))
    assert BODY not in text
    assert SIGNATURE not in text
    assert BODY[:30] not in text


def test_what_stands_around_a_token_is_shown() -> None:
    assert redacted(f"two: {TOKEN}, {TOKEN}!") == f"two: {REDACTED}, {REDACTED}!"
    assert shown({"token": TOKEN, "n": 1}) == {"token": REDACTED, "n": 1}


@pytest.mark.parametrize("text", ["", "Ana", "eye.contact", "key", "keyJoin", "/page?x=1.2.3", "a.b.c"])
def test_what_is_no_token_stays(text: str) -> None:
    assert redacted(text) == text
    assert shown(text) == text


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    assert shown("x" * MOST_OF_A_TEXT) == "x" * MOST_OF_A_TEXT
    assert shown("x" * 2000) == "x" * MOST_OF_A_TEXT + "… (2,000 characters)"


@pytest.mark.parametrize("value", [None, True, False, 0, -7, 1.5, 2**53 - 1, [], {}, [None, {"a": [1]}]], ids=repr)
def test_json_is_shown_as_it_is(value: Any) -> None:
    assert shown(value) == value
    assert type(shown(value)) is type(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**53, "9007199254740992"),
        (-(10**400), "-1" + "0" * 400),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (b"\x00\xff", r"b'\x00\xff'"),
        ("a\ud800b", "a?b"),
        ({1: 2, None: 3}, {"1": 2, "None": 3}),
        ((1, 2), [1, 2]),
    ],
    ids=["too large", "far too large", "NaN", "infinity", "bytes", "half a character", "keys", "a tuple"],
)
def test_what_is_no_json_becomes_some(value: Any, expected: Any) -> None:
    assert shown(value) == expected
    json.dumps(shown(value), allow_nan=False).encode()


def test_what_is_nested_too_deep_is_cut() -> None:
    deep: Any = "bottom"
    for _ in range(5000):
        deep = [deep]
    text = json.dumps(shown(deep), ensure_ascii=False)
    assert text == "[" * DEEP + '"…"' + "]" * DEEP
