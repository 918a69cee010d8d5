"""Ids: of users, tenants and rooms, and which texts may be none."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_contracts.rules.ids import as_text, is_room_id, is_safe_id

#: What `is_safe_id` lets in, colons and spaces and signs of all sorts among it.
SAFE_IDS = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zs", "Zl", "Zp"), exclude_characters="{}"),
    min_size=1,
    max_size=64,
).map(lambda text: unicodedata.normalize("NFC", text)).filter(lambda text: len(text) <= 128) | st.text(
    ":a", min_size=1, max_size=12
)

ROOM_IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,63}:[A-Za-z0-9._-]{1,128}", fullmatch=True)


@given(SAFE_IDS)
def test_an_id_without_braces_and_controls_is_safe(value: str) -> None:
    assert is_safe_id(value)


@pytest.mark.parametrize(
    "value",
    [
        "a",
        "a" * 128,
        "ana@acme.example",
        "a b",
        "a:b",
        "ö",
        "日本",
        "😀",
        "-1",
        "a\u3000b",
        "\u0645\u06cc\u200c\u062e",
        "👩\u200d💻",
        "é",
    ],
)
def test_an_id_that_people_have_is_safe(value: str) -> None:
    assert is_safe_id(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a" * 129,
        "{",
        "}",
        "a{b}",
        "a\n",
        "\x00",
        "\x1f",
        "\x7f",
        "\x9f",
        "a\tb",
        "\ud800",
        "a\udfffb",
        "a\r\nb",
        " a",
        "a ",
        " ",
        "\u00a0a",
        "a\u3000",
        "a\u2028",
        "e\u0301",
        "\u212b",
        "a\u202eb",
        "a\u2066b",
        "\u200ea",
        "a\u061c",
        "a\u200bb",
        "\ufeffa",
        "\u0344",
    ],
)
def test_an_id_that_could_do_harm_is_not(value: str) -> None:
    assert not is_safe_id(value)


@pytest.mark.parametrize("value", [None, 1, True, 1.5, b"ana", ["ana"], {"ana": 1}])
def test_only_text_is_an_id(value: object) -> None:
    assert not is_safe_id(value)


@given(ROOM_IDS)
def test_a_type_and_an_id_name_a_room(value: str) -> None:
    assert is_room_id(value)


@pytest.mark.parametrize(
    "value", ["a:1", "invoice:42", "Z9_-:a.B_-9", "a" * 64 + ":" + "1" * 128, "invoice:..", "a:-1"]
)
def test_a_room_may_be_called_so(value: str) -> None:
    assert is_room_id(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        ":",
        "invoice",
        "invoice:",
        ":42",
        "invoice:42:users",
        "invoice:4 2",
        "invoice:42\n",
        "\ninvoice:42",
        "1nvoice:42",
        "_a:42",
        "in.voice:42",
        "invoice:4/2",
        "invoice:{42}",
        "invoice:ö",
        "a" * 65 + ":1",
        "a:" + "1" * 129,
    ],
)
def test_a_room_may_not_be_called_so(value: str) -> None:
    assert not is_room_id(value)


@pytest.mark.parametrize(
    ("entity_id", "text"), [(42, "42"), (42.0, "42"), ("42", "42"), ("a.b", "a.b"), (None, None)], ids=repr
)
def test_an_entitys_id_is_answered_as_text(entity_id: str | float | None, text: str | None) -> None:
    assert as_text(entity_id) == text
