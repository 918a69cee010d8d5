"""What patterns and bounds allow: judged by automata as `re` and jsonschema-rs judge it."""

from __future__ import annotations

import json
import random
import re

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_contracts.contract.payloads.languages import Strings, Unsupported, draw, separating, shortest
from realtime_contracts.contract.registry import registry


def _patterns(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["pattern"]} if isinstance(node.get("pattern"), str) else set()
        return own.union(*(_patterns(part) for part in node.values()))
    return set().union(*(_patterns(part) for part in node)) if isinstance(node, list) else set()


FILES = sorted((registry().folder / "schemas").rglob("*.json"))
PATTERNS = sorted(set().union(*(_patterns(json.loads(path.read_text(encoding="utf-8"))) for path in FILES)))

#: Regular expressions of every construct, small enough that random texts hit and miss them.
SMALL = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "[^a]", "[a-c]", "\\.", "\\u0061", "c"]),
    lambda part: st.one_of(
        st.lists(part, min_size=1, max_size=3).map("".join),
        st.lists(part, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(part, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,}"])).map(lambda it: f"({it[0]}){it[1]}"),
    ),
    max_leaves=5,
)
TEXTS = st.text(alphabet="abc.", max_size=6)


def _allowed(pattern: str, text: str) -> bool:
    judge = jsonschema_rs.Draft202012Validator({"type": "string", "pattern": pattern})
    return judge.is_valid(text)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_drawn_for_a_pattern_of_the_contract_fit_it(pattern: str) -> None:
    rng = random.Random(1)
    drawn = [
        text for length in range(60) for _ in range(5) if (text := draw(Strings(0, None, (pattern,)), rng, length))
    ]

    assert drawn
    assert [text for text in drawn if not re.fullmatch(pattern, text) or not _allowed(pattern, text)] == []


@given(SMALL, st.integers(0, 6), st.integers(0, 1000))
def test_a_text_is_drawn_of_each_length_that_there_is(part: str, length: int, seed: int) -> None:
    pattern = f"^{part}$"

    text = draw(Strings(0, None, (pattern,)), random.Random(seed), length)

    assert text is None or (len(text) == length and re.fullmatch(part, text))


@given(SMALL, SMALL, TEXTS)
def test_what_tells_two_patterns_apart_does_and_where_nothing_does_no_text_can(one: str, other: str, text: str) -> None:
    apart = separating(Strings(0, 5, (f"^{one}$",)), Strings(0, 5, (f"^{other}$",)))

    if apart is None:
        assert not (len(text) <= 5 and re.fullmatch(one, text)) or re.fullmatch(other, text)
    else:
        assert re.fullmatch(one, apart)
        assert not re.fullmatch(other, apart)
        assert _allowed(f"^{one}$", apart)
        assert not _allowed(f"^{other}$", apart)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (Strings(1, 64), Strings(1, 32), "a" * 33),
        (Strings(1, 64), Strings(2, 64), "a"),
        (Strings(1, 64), Strings(0, 65), None),
        (Strings(0, None), Strings(0, 2), "aaa"),
        (Strings(0, 64, ("^[a-z]{1,64}$",)), Strings(1, 64, ("^[a-z]*$",)), None),
        (Strings(3, 9, ("^[a-z]+$",)), Strings(3, 9, ("^[a-y]+$",)), "aaz"),
        (Strings(0, 9, ("^(a|b)*$",)), Strings(0, 9, ("^(a*b*)*$",)), None),
        (Strings(0, 9), Strings(0, 9, ("a",)), ""),
        (Strings(0, 9, ("b", "^a")), Strings(0, 9, ("^ab",)), "aab"),
        (Strings(0, 9, ("^😀$",)), Strings(0, 1), None),
        (Strings(0, 9, ("^a|b$",)), Strings(0, 9, ("^a",)), "b"),
    ],
)
def test_what_one_allows_and_the_other_does_not(one: Strings, other: Strings, apart: str | None) -> None:
    assert separating(one, other) == apart


def test_the_shortest_text() -> None:
    assert shortest(Strings(2, 9, ("^[0-9]+$",))) == "00"
    assert shortest(Strings(2, 9, ("^[0-9]$",))) is None


@pytest.mark.parametrize(
    "pattern", ["^\\d$", "(?=a)", "a^b", "(a$)", "[[:alpha:]]", "a{2,1}", "*", "(a", "[a", "a**", ".", "[b-a]", "\\u00"]
)
def test_what_dialects_read_differently_or_not_at_all_is_not_read(pattern: str) -> None:
    with pytest.raises(Unsupported):
        separating(Strings(0, 9), Strings(0, 9, (pattern,)))


def test_patterns_that_are_not_read_are_equal_to_themselves() -> None:
    assert separating(Strings(2, 5, ("^\\d+$",)), Strings(1, 5, ("^\\d+$",))) is None
