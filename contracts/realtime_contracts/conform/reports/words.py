"""Phrases that all reports share: why a result is not PASS, how to run it again, and the wire log.

0.123  Ana's tab 1 (node 1)  → presence:update {"status":"busy"}
0.131  Ana's tab 1 (node 1)  ← ack presence:update {"success":true}
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from realtime_contracts.conform.results import Requirement, Result, Run, Verdict, Wire
from realtime_contracts.conform.tags import source_of
from realtime_contracts.reports.json import plain
from realtime_contracts.reports.text import cut, one_line
from realtime_contracts.wire.redaction import printable

#: A sign for each verdict, where a word is too long.
SIGNS = {
    Verdict.FAIL: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.WARN: "!",
    Verdict.SKIP: "○",
    Verdict.PASS: "✓",
}

#: The meaning of a run's verdict.
MEANINGS = {
    Verdict.PASS: "every requirement that was tried is met",
    Verdict.FAIL: "a MUST is not met, a message breaks the contract, or the list of known failures is out of date",
    Verdict.WARN: "every MUST is met, and a SHOULD is not",
    Verdict.INCONCLUSIVE: "nothing certain can be said: the environment failed, or the harness",
    Verdict.SKIP: "nothing was tried",
}

#: The expectation when a scenario has ended the server.
SURVIVES = "the server survives this"

#: Options that select examples. The command for one result has its own selection.
_CHOOSING = ("--select", "--transport")
#: Characters shown of one message; the JSON report has more.
MOST_OF_A_LINE = 300

_ARROWS = {"sent": "→", "received": "←", "note": "·"}
#: Kinds of messages that the arrow already shows.
_PLAIN_KINDS = frozenset({"event", "request", "answer"})


def command(run: Run) -> str:
    """Return the command of a run without its selection: `realtime conform http://127.0.0.1:5000`."""
    servers = () if "--exec" in run.options else run.servers  # The run started these servers; they are gone with it.
    return " ".join(["realtime conform", *map(shlex.quote, servers), *_kept(run.options)])


def again(run: Run, result: Result) -> str:
    """Return the command that repeats a result."""
    return f"{command(run)} --transport {result.transport} --select {result.id}"


def ended_the_server(result: Result) -> bool:
    """Whether the scenario ended the server: the worst result."""
    return result.failure is not None and result.failure.expected == SURVIVES


def reason(result: Result, requirement: Requirement | None) -> Iterator[tuple[str, str]]:
    """Return why a result is not PASS, as headed paragraphs: Requirement, Expected, Actual, Hint."""
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
    """Return the source of a requirement in words; the tag itself if another version's features use it."""
    try:
        return source_of(tag)
    except KeyError:
        return tag


def brief(result: Result) -> str:
    """Return the reason on one line."""
    if result.failure is None:
        return one_line(result.skipped or result.verdict.value)
    return one_line(f"expected {result.failure.expected}, got {result.failure.actual}")


def _kept(options: Iterable[str]) -> Iterator[str]:
    """Return the options that do not select examples, given as one word or as two."""
    is_value = False
    for option in options:
        if not is_value and not option.startswith(_CHOOSING):
            yield option
        is_value = option in _CHOOSING


def wire_text(wire: Sequence[Wire], most: int = MOST_OF_A_LINE) -> str:
    """Yield the wire log, one line per entry: when, whose tab, direction, message."""
    width = max((len(printable(line.who)) for line in wire), default=0)
    return "\n".join(
        f"{line.at:8.3f}  {printable(line.who):<{width}}  {_ARROWS[line.direction]} {cut(_words(line), most)}"
        for line in wire
    )


def payload_text(payload: Any) -> str:
    """Return a payload as compact JSON; a text, or a payload that was cut to a text, unchanged."""
    return payload if isinstance(payload, str) else orjson.dumps(plain(payload)).decode()


def _words(line: Wire) -> str:
    parts = [
        "" if line.kind in _PLAIN_KINDS or line.kind == line.name else line.kind,
        line.name,
        "" if line.payload is None else payload_text(line.payload),
    ]
    return printable(" ".join(filter(None, parts)))
