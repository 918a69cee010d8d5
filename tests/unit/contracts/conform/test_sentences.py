"""How sentences find their steps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from realtime_contracts.conform import sentences
from realtime_contracts.conform.sentences import PLACES, fitting, given, names, pattern_of, then, when
from realtime_contracts.wire.tokens import FORGERS


@pytest.fixture(autouse=True)
def steps(monkeypatch: pytest.MonkeyPatch) -> list[sentences.Definition]:
    """The steps of this test alone."""
    own: list[sentences.Definition] = []
    monkeypatch.setattr(sentences, "DEFINITIONS", own)
    return own


def places(sentence: str, text: str) -> dict[str, object] | None:
    given(sentence)(lambda: None)
    return sentences.DEFINITIONS[-1].match(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Ana", ["Ana"]), ("Ana and Ben", ["Ana", "Ben"]), ("Ana, Ben and Cy", ["Ana", "Ben", "Cy"])],
)
def test_a_list_of_people(text: str, expected: list[str]) -> None:
    assert names(text) == expected
    assert places("{people} are here", f"{text} are here") == {"people": expected}
    assert places("those without {others}", f"those without {text}") == {"others": expected}


def test_one_person_is_no_list() -> None:
    assert places("{who} hears {whom}", "Ana hears Ben") == {"who": "Ana", "whom": "Ben"}
    assert places("{who} hears {whom}", "Ana and Ben hears Cy") is None


def test_places_take_what_their_name_says() -> None:
    found = places('{who} leaves "{room}" {n} times', 'Ana leaves "invoice:42" 3 times')
    assert found == {"who": "Ana", "room": "invoice:42", "n": "3"}


@pytest.mark.parametrize(
    "text",
    [
        'ana leaves "a:1" 3 times',
        'Ana leaves "a:1" x times',
        'Ana leaves "a"b" 3 times',
        'So Ana leaves "a:1" 3 times',
        'Ana leaves "a:1" 3 times ',
        'Ana leaves "a:1" 3 times\n',
    ],
)
def test_another_sentence_is_not_its_own(text: str) -> None:
    assert places('{who} leaves "{room}" {n} times', text) is None


def test_what_stands_between_places_is_text_and_no_pattern() -> None:
    assert pattern_of("is it (a) or [b]? {n}.").fullmatch("is it (a) or [b]? 7.")
    assert not pattern_of("is it (a) or [b]? {n}.").fullmatch("is it a or b 7x")


def test_every_name_of_a_place_is_a_pattern_that_takes_a_text_that_is_not_empty() -> None:
    examples = {
        "who": "Ana",
        "n": "12",
        "status": "busy",
        "ordinal": "second",
        "token": next(iter(FORGERS)),
        "locks_": """Ana's on "/lines/3\"""",
        "often": "7 times",
        "operation_": "presence:list",
        "path_": "/api/x",
    }
    for name, text in examples.items():
        assert name in PLACES
        assert pattern_of(f"<{{{name}}}>").fullmatch(f"<{text}>"), name


def test_a_step_is_found_by_its_kind_and_its_sentence(steps: list[sentences.Definition]) -> None:
    @given("{who} is here")
    @then("{who} is here")
    def is_here(who: str) -> None: ...

    @when("{who} comes")
    def comes(who: str) -> None: ...

    assert [step.kind for step in steps] == ["then", "given", "when"]
    assert [(step.kind, step.function) for step in fitting("then", "Ana is here")] == [("then", is_here)]
    assert fitting("given", "Ana comes") == []
    assert fitting("when", "Ana goes") == []


def test_a_sentence_that_fits_two_steps_finds_both() -> None:
    when('{who} says "{text}"')(lambda: None)
    when('{who} says "{other}"')(lambda: None)
    assert len(fitting("when", 'Ana says "yes"')) == 2


def test_a_step_that_would_do_nothing_when_it_is_called_is_refused(steps: list[sentences.Definition]) -> None:
    async def later() -> None: ...

    def bit_by_bit() -> Iterator[None]:
        yield

    async def both() -> AsyncIterator[None]:
        yield

    for lazy in (later, bit_by_bit, both):
        with pytest.raises(TypeError, match=f"the step {lazy.__name__} must be a plain function"):
            when("somebody does")(lazy)  # type: ignore[type-var]  # that is the point
    assert steps == []
