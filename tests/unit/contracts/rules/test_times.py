"""Times: RFC 3339 in UTC, with milliseconds and a Z, and back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_contracts.contract.registry import registry
from realtime_contracts.rules.times import from_rfc3339, to_rfc3339

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001 - as above
    timezones=st.timezones(),
)


def test_a_time_is_in_utc_with_milliseconds() -> None:
    assert to_rfc3339(datetime(2026, 1, 31, 12, tzinfo=UTC)) == "2026-01-31T12:00:00.000Z"


def test_a_time_of_another_zone_is_put_into_utc() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    assert to_rfc3339(datetime(2026, 1, 1, 3, tzinfo=east)) == "2025-12-31T21:30:00.000Z"


def test_a_part_of_a_millisecond_is_cut() -> None:
    assert to_rfc3339(datetime(2026, 1, 31, 12, 0, 0, 123_999, tzinfo=UTC)) == "2026-01-31T12:00:00.123Z"


@given(MOMENTS)
def test_a_time_is_the_contracts(moment: datetime) -> None:
    identifiers = json.loads((registry().folder / "schemas" / "shared" / "identifiers.json").read_text("utf-8"))
    assert re.search(identifiers["$defs"]["time"]["pattern"], to_rfc3339(moment))


@given(MOMENTS)
def test_a_time_comes_back_to_the_millisecond(moment: datetime) -> None:
    back = from_rfc3339(to_rfc3339(moment))
    assert back.tzinfo is not None
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)


@pytest.mark.parametrize("text", ["", "now", "2026-02-30T00:00:00.000Z"])
def test_what_is_no_time_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|day is out of range"):
        from_rfc3339(text)
