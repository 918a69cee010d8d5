"""docs/specification.md: each sentence is proved, or stands under "Not yet" (decision 25).

A claim is proved by the requirements of features/ that quote it word for word on lines that begin with `> `, or by the
test that a footnote names. What stands under "Words" or in a block quote is no claim.
"""

from __future__ import annotations

import functools
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from gherkin.parser import Parser

from app.settings import Settings
from realtime_contracts.conform.requirements import scenarios, suite
from realtime_contracts.conform.rulings import RULINGS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/specification.md").read_text("utf-8")

#: Sections that claim nothing: definitions, and what is promised for later.
WORDS, NOT_YET = "Words", "Not yet"
#: Separates the pieces of one quote.
ELLIPSIS = " … "

_QUOTE = re.compile(r"^\s*> (.+)$", re.MULTILINE)
_BLOCK_QUOTE = re.compile(r"^> .*\n?", re.MULTILINE)
_FOOTNOTE = re.compile(r"\[\^([\w-]+)\]")
_FOOTNOTE_TEXT = re.compile(r"^\[\^([\w-]+)\]: Proved by `\S+::\w+`\.$", re.MULTILINE)
_SECTION = re.compile(r"^## (.+)\n", re.MULTILINE)
#: Where the words end that a footnote is about, read backwards.
_CLAUSE = re.compile(r"[.;·|]\s")
_SENTENCE = re.compile(r"(?<=[.|])\s+(?=\S)")


def sections() -> dict[str, str]:
    """The sections of the page, by heading, in one line each; the text before the first is none."""
    without = _FOOTNOTE_TEXT.sub("", _BLOCK_QUOTE.sub("", PAGE))
    _, *parts = _SECTION.split(without)
    return {title: " ".join(text.split()) for title, text in zip(parts[::2], parts[1::2], strict=True)}


def claims() -> dict[str, str]:
    """The sections whose sentences have to be proved, each with what its heading says in parentheses."""
    found = sections()
    assert list(found)[-1] == NOT_YET, "Not yet has to be the last section"
    return {title: f"{title} {text}" for title, text in found.items() if title not in {WORDS, NOT_YET, RULED}}


#: The table of rulings: its rows are proved one by one.
RULED = "What the seed says otherwise, and why it is ruled so"


@functools.cache
def quotes() -> dict[str, list[str]]:
    """What each scenario quotes, piece by piece, by its id."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "features").glob("*.feature")):
        document: Any = Parser().parse(path.read_text("utf-8"))
        for _feature, _rule, scenario in scenarios(document):
            lines = _QUOTE.findall(scenario["description"])
            found[scenario["tags"][0]["name"]] = [piece.strip() for line in lines for piece in line.split(ELLIPSIS)]
    return found


def proved(text: str, pieces: set[str]) -> list[bool]:
    """Of each character of a section, whether a quote or a footnote stands for it."""
    found = [False] * len(text)
    for piece in pieces:
        for start in starts(text, piece):
            found[start : start + len(piece)] = [True] * len(piece)
    for footnote in _FOOTNOTE.finditer(text):
        before = [clause.end() for clause in _CLAUSE.finditer(text, 0, footnote.start() - 1)]
        start = before[-1] if before else 0
        found[start : footnote.end()] = [True] * (footnote.end() - start)
    return found


def starts(text: str, piece: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(piece), text)]


def unproved(title: str, text: str, pieces: set[str]) -> list[str]:
    """The sentences of a section with a word that nothing proves, those words in brackets."""
    known = proved(text, pieces)
    bare = title.split(" (", maxsplit=1)[0]
    found, start = [], 0
    for sentence in _SENTENCE.split(text):
        start = text.index(sentence, start)
        words = [
            word
            for word in re.finditer(r"\w+", sentence)
            if not known[start + word.start()] and start + word.start() >= len(bare)
        ]
        if words and not sentence.startswith("### "):
            found.append(f"{sentence} [{' '.join(word[0] for word in words)}]")
        start += len(sentence)
    return found


@pytest.mark.parametrize("title", claims())
def test_every_sentence_is_quoted_by_a_requirement_or_names_a_test(title: str) -> None:
    assert unproved(title, claims()[title], set(chain.from_iterable(quotes().values()))) == []


def test_every_quote_is_in_the_specification_word_for_word_and_is_not_only_promised() -> None:
    claimed = " ".join([*claims().values(), sections()[RULED]])
    wrong = {id_: piece for id_, pieces in quotes().items() for piece in pieces if piece not in claimed}
    assert wrong == {}


def test_every_footnote_names_a_test_and_is_used() -> None:
    named = _FOOTNOTE_TEXT.findall(PAGE)
    assert sorted(_FOOTNOTE.findall(_FOOTNOTE_TEXT.sub("", PAGE))) == sorted(named)


def test_a_sentence_that_nothing_proves_is_named_with_its_words() -> None:
    text = "Rooms A user joins. A user leaves[^leaving]. A user hums."
    assert unproved("Rooms", text, {"A user joins."}) == ["A user hums. [A user hums]"]


def test_a_requirement_without_a_quote_is_from_the_seed() -> None:
    from_seed = {r.id for r in suite().requirements if any(source.startswith("seed_") for source in r.sources)}
    assert {r.id for r in suite().requirements if not r.sentence} <= from_seed


def test_every_row_of_the_rulings_has_a_scenario_or_names_a_test() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", PAGE.partition("| seed | ruling |\n|---|---|\n")[2], re.MULTILINE)
    without = [row for row in rows if row not in RULINGS.values()]
    assert [row for row in without if not _FOOTNOTE.search(row[1])] == []
    assert len(rows) - len(without) == len(RULINGS)
    assert {ruling for requirement in suite().requirements for ruling in requirement.rulings} == set(RULINGS)


def test_gevent_is_the_only_async_mode() -> None:
    assert Settings(jwt_secret_key="x" * 32, socketio_async_mode="gevent").socketio_async_mode == "gevent"
    with pytest.raises(ValueError, match="'gevent'"):
        Settings(jwt_secret_key="x" * 32, socketio_async_mode="eventlet")  # type: ignore[arg-type]
