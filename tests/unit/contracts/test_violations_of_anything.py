"""Whatever Python value comes, `check` answers, the same each time, in text that can be sent."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_contracts import Direction, Violation
from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.violations import PATH_LENGTH, not_json

MESSAGES = [(direction, event) for direction in Direction for event in sorted(registry().events(direction))]

CYCLE: list[Any] = []
CYCLE.append(CYCLE)


class Status(StrEnum):
    BUSY = "busy"


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=9), part, max_size=4),
    max_leaves=12,
)
#: By name, because a failing test shows what it drew, and some of these cannot be shown.
ODDITIES = {
    "an enum": Status.BUSY,
    "a huge integer": 10**5000,
    "an object": object(),
    "NotImplemented": NotImplemented,
    "a cycle": CYCLE,
    "a class": int,
    "a deep nest": nested(300),
    "a bottomless nest": nested(100_000),
}


def odd(name: str) -> object:
    return ODDITIES[name]


SCALARS = st.one_of(
    st.floats(),
    st.integers(min_value=-(10**400), max_value=10**400),
    st.binary(max_size=9),
    st.complex_numbers(),
    st.decimals(),
    st.uuids(),
    st.datetimes(),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Lu", "So"])),
    st.sampled_from(sorted(ODDITIES)).map(odd),
)
ANYTHING = st.recursive(
    JSON | SCALARS,
    lambda part: st.one_of(
        st.lists(part, max_size=4),
        st.tuples(part, part),
        st.sets(st.integers() | st.binary(), max_size=3),
        st.dictionaries(st.text(max_size=9) | st.integers() | st.none(), part, max_size=4),
    ),
    max_leaves=12,
)


def judge(message: tuple[Direction, str], payload: object) -> Violation | None:
    violation = registry().check(*message, payload)
    if violation is not None:
        (violation.path + violation.reason).encode()
        assert 0 < len(violation.reason) <= 500
        assert len(violation.path) <= PATH_LENGTH
        assert violation == registry().check(*message, payload)
    return violation


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(MESSAGES), ANYTHING)
def test_no_value_makes_the_check_raise(message: tuple[Direction, str], payload: object) -> None:
    judge(message, payload)


@settings(deadline=None, max_examples=600)
@given(st.data())
def test_no_value_inside_a_good_payload_makes_the_check_raise(data: st.DataObject) -> None:
    message = data.draw(st.sampled_from(MESSAGES))
    goods = [example.data for example in registry().examples(*message) if example.valid]
    payload = json.loads(json.dumps(data.draw(st.sampled_from(goods))))
    place = payload
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from([*keys, "extra"] if isinstance(place, dict) else keys or [None]))
        if key is None:
            return
        if key == "extra" or not (isinstance(place[key], (dict, list)) and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(ANYTHING)
    if judge(message, payload) is None:
        json.dumps(payload, allow_nan=False, ensure_ascii=False).encode()


@given(JSON)
def test_json_is_json(payload: object) -> None:
    assert not_json(payload) is None or isinstance(payload, (int, list, dict))
