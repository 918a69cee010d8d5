"""Which version a change takes."""

from __future__ import annotations

import pytest

from realtime_contracts.contract.schemas import Unreadable
from realtime_contracts.diff.judging import Change, Verdict
from realtime_contracts.diff.versions import Effect, parsed


@pytest.mark.parametrize(
    ("old", "effect", "takes"),
    [
        ("0.3.0", Effect.BREAKING, "0.4.0"),
        ("0.3.7", Effect.COMPATIBLE, "0.3.8"),
        ("0.3.7", Effect.NONE, "0.3.8"),
        ("0.9.9", Effect.BREAKING, "0.10.0"),
        ("1.2.3", Effect.BREAKING, "2.0.0"),
        ("1.2.3", Effect.COMPATIBLE, "1.3.0"),
        ("1.2.3", Effect.NONE, "1.2.4"),
        ("1.2.3", None, "1.2.3"),
    ],
)
def test_the_version_that_a_change_takes(old: str, effect: Effect | None, takes: str) -> None:
    changes = () if effect is None else (Change(effect, "", ""), Change(Effect.NONE, "", ""))

    assert Verdict(old, takes, changes).takes == takes
    assert Verdict(old, takes, changes).enough


@pytest.mark.parametrize(
    ("old", "new", "effect", "enough"),
    [
        ("0.3.0", "0.3.9", Effect.BREAKING, False),
        ("0.3.0", "0.5.0", Effect.BREAKING, True),
        ("0.3.0", "1.0.0", Effect.BREAKING, True),
        ("0.9.0", "0.10.0", Effect.BREAKING, True),
        ("1.0.0", "1.9.9", Effect.BREAKING, False),
        ("1.0.0", "1.0.9", Effect.COMPATIBLE, False),
        ("0.3.0", "0.2.9", None, False),
        ("0.3.0", "0.3.0", Effect.NONE, False),
        ("0.3.0", "0.4.0", None, True),
    ],
)
def test_whether_a_version_says_enough(old: str, new: str, effect: Effect | None, *, enough: bool) -> None:
    assert Verdict(old, new, () if effect is None else (Change(effect, "", ""),)).enough == enough


@pytest.mark.parametrize("text", ["", "1", "1.2", "1.2.3-rc1", "01.2.3", "v1.2.3", "1.2.3\n", "\uff11.2.3"])
def test_what_is_no_version_is_said(text: str) -> None:
    with pytest.raises(Unreadable, match=r"of the form 1\.2\.3"):
        parsed(text, "old")
