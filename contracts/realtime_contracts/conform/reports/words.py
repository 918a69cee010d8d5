"""What all reports say in the same words: why a result is not PASS, how it is run again, and what went over the wire.

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

#: A sign for each verdict, for where a word is too long.
SIGNS = {
    Verdict.FAIL: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.WARN: "!",
    Verdict.SKIP: "○",
    Verdict.PASS: "✓",
}

#: What the verdict of a run means.
MEANINGS = {
    Verdict.PASS: "every requirement that was tried is met",
    Verdict.FAIL: "a MUST is not met, a message breaks the contract, or the list of known failures is out of date",
    Verdict.WARN: "every MUST is met, and a SHOULD is not",
    Verdict.INCONCLUSIVE: "nothing certain can be said: the environment failed, or the harness",
    Verdict.SKIP: "nothing was tried",
}

#: What is expected, and was not so, where a scenario has ended the server.
SURVIVES = "the server survives this"

#: Options that choose what is run: the command for one result has its own.
_CHOOSING = ("--select", "--transport")
#: Characters of what is said of one message; what is longer is in the JSON report.
MOST_OF_A_LINE = 300

_ARROWS = {"sent": "→", "received": "←", "note": "·"}
#: Kinds that the arrow says already.
_PLAIN_KINDS = frozenset({"event", "request", "answer"})


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


def brief(result: Result) -> str:
    """The same in a line."""
    if result.failure is None:
        return one_line(result.skipped or result.verdict.value)
    return one_line(f"expected {result.failure.expected}, got {result.failure.actual}")


def _kept(options: Iterable[str]) -> Iterator[str]:
    """Options but for those that choose what is run, whether they are given as one word or as two."""
    is_value = False
    for option in options:
        if not is_value and not option.startswith(_CHOOSING):
            yield option
        is_value = option in _CHOOSING


def wire_text(wire: Sequence[Wire], most: int = MOST_OF_A_LINE) -> str:
    """The lines: when, whose tab, which way, what. Each is one line, whatever a server has sent."""
    width = max((len(printable(line.who)) for line in wire), default=0)
    return "\n".join(
        f"{line.at:8.3f}  {printable(line.who):<{width}}  {_ARROWS[line.direction]} {cut(_words(line), most)}"
        for line in wire
    )


def payload_text(payload: Any) -> str:
    """A payload as compact JSON; one that is a text, or was cut to one, as it is."""
    return payload if isinstance(payload, str) else orjson.dumps(plain(payload)).decode()


def _words(line: Wire) -> str:
    parts = [
        "" if line.kind in _PLAIN_KINDS or line.kind == line.name else line.kind,
        line.name,
        "" if line.payload is None else payload_text(line.payload),
    ]
    return printable(" ".join(filter(None, parts)))
