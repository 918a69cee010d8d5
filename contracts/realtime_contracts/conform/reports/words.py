"""What all reports say in the same words, and text of a server made fit to be shown."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from realtime_contracts.conform.results import Requirement, Result, Run, Verdict
from realtime_contracts.conform.sources import source_of

#: A sign for each verdict, for where a word is too long.
SIGNS = {
    Verdict.FAIL: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.WARN: "!",
    Verdict.SKIP: "○",
    Verdict.PASS: "✓",
}

#: What UTF-8 cannot carry, and what XML cannot: it is spelled out.
_NO_UTF8 = re.compile("[\ud800-\udfff]")
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: What is expected, and was not so, where a scenario has ended the server.
SURVIVES = "the server survives this"

#: Options that choose what is run: the command for one result has its own.
_CHOOSING = ("--select", "--transport")


def command(run: Run) -> str:
    """The command of a run, without what was chosen of it: `realtime conform http://127.0.0.1:5000`."""
    servers = () if "--exec" in run.options else run.servers  # which started them: they are gone with it
    return " ".join(["realtime conform", *map(shlex.quote, servers), *_kept(run.options)])


def again(run: Run, result: Result) -> str:
    """The command that runs a result again."""
    return f"{command(run)} --transport {result.transport} --select {result.id}"


def ended_the_server(result: Result) -> bool:
    """Whether it was the end of the server: worse than whatever else a result says."""
    return result.failure is not None and result.failure.expected == SURVIVES


def reason(result: Result, requirement: Requirement | None) -> Iterator[tuple[str, str]]:
    """Why a result is not PASS, as headed paragraphs: Requirement, Expected, Actual, Hint."""
    if requirement is not None:
        sources = "; ".join(map(source, requirement.sources))
        yield "Requirement", f"{requirement.sentence or requirement.name} ({requirement.level.upper()}; {sources})"
    if result.skipped:
        yield "Skipped", result.skipped
    if result.failure is not None:
        yield "Expected", result.failure.expected
        yield "Actual", result.failure.actual
        if result.failure.hint:
            yield "Hint", result.failure.hint
    if result.known:
        yield "Known", "it was expected to fail, and did"


def source(tag: str) -> str:
    """Where a requirement is from, in words; the tag itself if it is of another version's features."""
    try:
        return source_of(tag)
    except KeyError:
        return tag


def paragraphs(parts: Iterable[tuple[str, str]]) -> str:
    """Headed paragraphs as text, what stands under a heading indented below it."""
    return "\n".join(f"{head + ':':<13}" + text.replace("\n", "\n" + " " * 13) for head, text in parts)


def brief(result: Result) -> str:
    """The same in a line."""
    if result.failure is None:
        return one_line(result.skipped or result.verdict.value)
    return one_line(f"expected {result.failure.expected}, got {result.failure.actual}")


def one_line(text: str, most: int = 200) -> str:
    """A text on one line, cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def moment(seconds: float) -> str:
    """Seconds since the epoch as `2026-11-24 18:37:05 UTC`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(seconds: float) -> str:
    """`0.3 s`, `12 s` or `3 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def utf8(text: str) -> str:
    r"""A text that can be encoded: half a character of UTF-16 is spelled `\ud800`."""
    return _NO_UTF8.sub(_spelled, text)


def xml(text: str) -> str:
    r"""A text that XML can carry: what it cannot is spelled, `\u001b`."""
    return _NO_XML.sub(_spelled, text)


def printable(text: str) -> str:
    r"""A text on one line that does nothing to a terminal: what is not to be seen is spelled, `\u001b`."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _code(c) for c in text)


def visible(text: str) -> str:
    r"""A text for a page: what is not to be seen, or turns the direction of what follows, is spelled: `\u202e`."""
    return text if text.isprintable() else "".join(c if _is_seen(c) else _code(c) for c in text)


def _is_seen(character: str) -> bool:
    return character.isprintable() or character in "\t\n" or unicodedata.category(character) == "Zs"


def _spelled(found: re.Match[str]) -> str:
    return _code(found[0])


def _code(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _kept(options: Iterable[str]) -> Iterator[str]:
    """Options but for those that choose what is run, whether they are given as one word or as two."""
    is_value = False
    for option in options:
        if not is_value and not option.startswith(_CHOOSING):
            yield option
        is_value = option in _CHOOSING
