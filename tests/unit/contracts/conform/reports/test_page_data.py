"""What the page embeds is cut if it would be too much: of what passed first, and the page says so."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from realtime_contracts.conform.reports.html import CUTS, Embedded, embedded
from tests.unit.contracts.conform.reports.making import big_run, run


@pytest.fixture(scope="module")
def whole() -> int:
    """Return how large a run of forty requirements is as it is."""
    return len(embedded([big_run(40)], [""]).json)


def wires(made: Embedded) -> dict[str, set[int]]:
    """Of each verdict, how many lines its logs have."""
    found: dict[str, set[int]] = {}
    for told in json.loads(made.json)["results"]:
        found.setdefault(told[5], set()).add(len(told[12]))
    return found


def test_what_fits_is_whole(whole: int) -> None:
    made = embedded([big_run(40)], [""], whole)
    assert made.missing == ""
    assert wires(made) == {"pass": {40}, "fail": {40}}


def test_what_passed_is_cut_first(whole: int) -> None:
    made = embedded([big_run(40)], [""], whole // 3)
    assert wires(made) == {"pass": {0}, "fail": {40}}
    assert made.missing == (
        "To keep this page usable, the wire logs of what passed are left out and payloads of what failed are cut to "
        "200 characters; the JSON report has all of it."
    )


def test_at_last_all_logs_are_left_out() -> None:
    made = embedded([big_run(40)], [""], 1)
    assert wires(made) == {"pass": {0}, "fail": {0}}
    assert "all wire logs are left out" in made.missing


def test_a_cut_payload_is_the_beginning_of_its_json() -> None:
    long: Any = {"text": "x" * 10_000}
    [first, *_] = run().results
    made = embedded([run(results=(replace(first, wire=(replace(first.wire[0], payload=long),)),))], [""])
    data = json.loads(made.json)
    [payload] = data["payloads"]
    text = data["values"][payload]
    assert text == '{"text":"' + "x" * (CUTS[0][0] - 9) + "…"


def test_what_differs_in_type_only_is_not_the_same() -> None:
    values = [1, True, 1.0, "1", None, [1], {"1": 1}, 10**400, float("nan"), "\ud800"]
    [first, *_] = run().results
    lines = tuple(replace(first.wire[0], payload=[value]) for value in values)
    data = json.loads(embedded([run(results=(replace(first, wire=lines),))], [""]).json)

    def unpacked(packed: Any) -> Any:
        if isinstance(packed, int):
            return data["values"][packed]
        parts = [unpacked(part) for part in packed[1:]]
        return parts if packed[0] < 0 else dict(zip(data["shapes"][packed[0]], parts, strict=True))

    told = [unpacked(data["payloads"][line[5]])[0] for line in data["results"][0][12]]
    expected = [1, True, 1.0, "1", None, [1], {"1": 1}, repr(10**400), "nan", "\\ud800"]
    assert [(type(value), value) for value in told] == [(type(value), value) for value in expected]
