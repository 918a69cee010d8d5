"""How sentences find their steps."""

from __future__ import annotations

import pytest

from realtime_contracts.conformance.phrase import Phrase, names


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Ana", ["Ana"]), ("Ana and Ben", ["Ana", "Ben"]), ("Ana, Ben and Cy", ["Ana", "Ben", "Cy"])],
)
def test_a_list_of_people(text: str, expected: list[str]) -> None:
    assert names(text) == expected
    assert Phrase("{people} are here").parse_arguments(f"{text} are here") == {"people": expected}


def test_places_take_what_their_name_says() -> None:
    phrase = Phrase('{who} leaves "{room}" {n} times')
    assert phrase.parse_arguments('Ana leaves "invoice:42" 3 times') == {"who": "Ana", "room": "invoice:42", "n": "3"}


@pytest.mark.parametrize(
    "sentence",
    ['ana leaves "a:1" 3 times', 'Ana leaves "a:1" x times', 'Ana leaves "a"b" 3 times', 'So Ana leaves "a:1" 3 times'],
)
def test_another_sentence_is_not_its_own(sentence: str) -> None:
    phrase = Phrase('{who} leaves "{room}" {n} times')
    assert not phrase.is_matching(sentence)
    assert phrase.parse_arguments(sentence) is None
