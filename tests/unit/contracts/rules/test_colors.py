"""A user's colour: always the same, and one that everybody can see."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from realtime_contracts.rules.colors import PALETTE, color_of

#: A page, and one of a dark theme.
BACKGROUNDS = {"light": "#ffffff", "dark": "#121212"}

#: WCAG 2.2, 1.4.11: graphics that must be seen.
LEAST_CONTRAST = 3.0


def luminance(color: str) -> float:
    """WCAG's relative luminance, 0 to 1."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("background", BACKGROUNDS.values(), ids=BACKGROUNDS)
@pytest.mark.parametrize("color", PALETTE)
def test_every_colour_is_legible_on_light_and_on_dark(color: str, background: str) -> None:
    lighter, darker = sorted((luminance(color), luminance(background)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= LEAST_CONTRAST


def test_colours_are_written_as_the_contract_has_them_and_are_different() -> None:
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in PALETTE)
    assert len(set(PALETTE)) == len(PALETTE)


def test_a_user_has_one_colour_for_ever() -> None:
    """Stored by nobody, so it must not change with a release: front ends remember it."""
    assert {user: color_of(user) for user in ("ana", "ben", "\N{SNOWMAN}")} == {
        "ana": "#8a6d00",
        "ben": "#db2777",
        "\N{SNOWMAN}": color_of("\N{SNOWMAN}"),
    }


def test_users_get_all_colours_about_equally_often() -> None:
    counted = Counter(color_of(f"user-{number}") for number in range(12_000))
    assert set(counted) == set(PALETTE)
    assert min(counted.values()) > 800
