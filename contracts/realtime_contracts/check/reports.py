r"""Reports of `check` for people (`human`) and for programs: JSON, JUnit XML, SARIF 2.1.0.

Text from a capture is made safe: tokens become `[token]`, control characters are escaped, as `\u001b`.

**JSON.** Its shape is kept; what is added gets a name of its own.

    {
      "version": 1,                     of this shape
      "contract": "0.3.0",              the contract's version
      "verdict": "violations",          the gravest of the files: unreadable, nothing, violations or conforms
      "files": [{
        "file": "capture.har",          "stdin" for standard input
        "kind": "har",                  har, log or message; null if it cannot be told
        "verdict": "violations",
        "reason": null,                 one sentence, if unreadable or nothing
        "connections": 1,
        "addresses": ["wss://app.example/socket.io/"],
        "counts": {
          "frames": 214,                Engine.IO packets in the file
          "checked": {"client": {"room:join": 2}, "server": {…}, "ack": {…}},
          "violations": 1,              all of them, also those that are not listed
          "not_listed": 0,              violations beyond the first 10,000
          "skipped": {"other_namespaces": 0, "missing_bodies": 0, "missing_sockets": 0, "missing_messages": 0,
                      "old_connections": 0, "other_sockets": 0, "other_urls": 0, "strayed_acks": 0, "torn_messages": 0,
                      "other_applications": [{"address": "wss://chat.example/socket.io/", "events": 34}]}
        },
        "findings": [{
          "frame": 17,                  number of the Engine.IO packet in the file, from 1
          "line": null,                 of a file of lines
          "place": "/log/entries/4/_webSocketMessages/16",    JSON Pointer, of a HAR
          "time": 12.3,                 seconds since the first frame of the file, null if unknown
          "connection": "1",            its name in the log, its number in a HAR
          "direction": "client",        client, server, ack, request or response
          "event": "cursor:move",       null for what is no message
          "path": "/line",              JSON Pointer into the payload
          "reason": "expected integer, got \"4\"",
          "keyword": "type"             of JSON Schema; or unknown_event, arguments, ack, protocol, json
        }]
      }]
    }

In all text of the capture tokens are `[token]`, and control characters spelled out, as `\u001b`.

**JUnit**, which every CI shows, has a suite for each file, and a case for each kind of message in it. A case is
`client room:join`, passed if all such messages are as they should be; the first of what is wrong is its failure's
message, all that is listed its text. What is no message of the contract has a case too. The case `capture` is the file
itself: it errs when the file could not be read, or had nothing in it to check.

**SARIF** is what code hosts and editors show beside the file. A rule is a keyword, of JSON Schema or of this check's
own. The place in a log is its line. In a HAR, which often is one line of megabytes, it is the JSON Pointer to the
packet, as a logical location.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.text import Text

from realtime_contracts.check.result import Finding, Result, Verdict, gravest
from realtime_contracts.check.source import STDIN_NAME, Kind
from realtime_contracts.reports import json, junit
from realtime_contracts.reports.junit import MOST_LINES
from realtime_contracts.reports.text import counted, say

#: Addresses of applications named in a summary.
MAX_ADDRESSES = 5
#: Version of the JSON shape. A program that knows it may rely on all of it.
VERSION = 1
#: The URL of the SARIF schema, which validators and editors use.
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

#: Verdicts that mean nothing was proved.
_UNFIT = {Verdict.UNREADABLE, Verdict.NOTHING}
_STYLES = {
    Verdict.CONFORMS: "bold green",
    Verdict.VIOLATIONS: "bold red",
    Verdict.UNREADABLE: "bold red",
    Verdict.NOTHING: "bold yellow",
}
_WAYS = {"client": "client → server", "server": "server → client", "ack": "server → client, ack of"}
_RULES = {
    "unknown_event": "An event that the contract does not have in that direction",
    "arguments": "A message that does not carry exactly one argument",
    "ack": "An ack that nobody asked for",
    "protocol": "Not Engine.IO 4 or Socket.IO 5",
    "json": "Not JSON, or not JSON that every reader understands alike",
}


def human(results: list[Result], console: Console, most: int) -> None:
    """Print each finding on a line, at most `most` of each file, and a summary of each file."""
    for result in results:
        clean = result.redactor.clean
        name = clean(result.file)
        several = len({finding.connection for finding in result.findings}) > 1
        for finding in result.findings[:most]:
            line = Text(f"{name}: {_place(finding)}")
            if (seconds := result.seconds(finding.place)) is not None:
                line.append(f", {seconds:,.1f} s")
            if several and finding.connection:
                line.append(f", connection {result.redactor.name(finding.connection)}")
            say(console, line.append(", ").append(_message(result, finding), "red"))
        if result.found > most:
            say(console, f"{name}: … and {result.found - min(most, len(result.findings)):,} more", "dim")
        if result.checked or result.connections:
            say(console, f"{name}: {_seen(result)}")
        if unchecked := "; ".join(not_checked(result)):
            say(console, f"{name}: not checked: {unchecked}")
        say(console, Text(f"{name}: ").append(verdict(result), _STYLES[result.verdict]))


def as_json(results: list[Result]) -> str:
    """Return the results as one JSON document."""
    document = {
        "version": VERSION,
        "contract": results[0].contract if results else None,
        "verdict": gravest(results).value,
        "files": [_file(result) for result in results],
    }
    return json.document(document).decode()


def _file(result: Result) -> dict[str, Any]:
    checked: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (direction, event), number in sorted(result.checked.items()):
        checked[str(direction)][event] = number
    clean, name = result.redactor.clean, result.redactor.name
    others = [{"address": name(at), "events": events} for at, events in result.skipped.other_applications.items()]
    return {
        "file": clean(result.file),
        "kind": result.kind and result.kind.value,
        "verdict": result.verdict.value,
        "reason": clean(result.reason) if result.reason else None,
        "connections": result.connections,
        "addresses": list(map(name, result.addresses)),
        "counts": {
            "frames": result.frames,
            "checked": checked,
            "violations": result.found,
            "not_listed": result.found - len(result.findings),
            "skipped": {**asdict(result.skipped), "other_applications": others},
        },
        "findings": [
            {
                "frame": finding.place.frame,
                "line": finding.place.line,
                "place": finding.place.pointer,
                "time": result.seconds(finding.place),
                "connection": name(finding.connection),
                "direction": str(finding.direction),
                "event": None if finding.event is None else name(finding.event),
                "path": clean(finding.path),
                "reason": clean(finding.reason),
                "keyword": finding.keyword,
            }
            for finding in result.findings
        ],
    }


def as_junit(results: list[Result]) -> str:
    """Return the results as one XML document."""
    return junit.document("realtime contract check", map(_suite, results))


def _suite(result: Result) -> ET.Element:
    name = result.redactor.clean(result.file)
    failures: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in result.findings:
        event = "(no message)" if finding.event is None else result.redactor.name(finding.event)
        failures[str(finding.direction), event].append(finding)
    whole = junit.case(name, "capture")
    if result.verdict in _UNFIT:
        junit.tell(whole, "error", verdict(result), message=verdict(result), type=result.verdict.value)
    cases = [whole]
    for direction, event in sorted({*failures, *((str(direction), event) for direction, event in result.checked)}):
        case = junit.case(f"{name}.{direction}", f"{direction} {event}")
        if findings := failures.get((direction, event)):
            lines = [_line(result, finding) for finding in findings[:MOST_LINES]]
            if len(findings) > MOST_LINES:
                lines.append(f"… and {len(findings) - MOST_LINES:,} more")
            junit.tell(case, "failure", "\n".join(lines), message=lines[0], type=findings[0].keyword)
        cases.append(case)
    made = junit.suite(name, cases)
    unchecked = (f"not checked: {reason}" for reason in not_checked(result))
    junit.tell(made, "system-out", "\n".join([_seen(result), *unchecked, verdict(result)]))
    return made


def as_sarif(results: list[Result]) -> str:
    """Return the results as one SARIF document with one run."""
    findings = [(result, finding) for result in results for finding in result.findings]
    keywords = sorted({finding.keyword for _, finding in findings})
    unfit = [result for result in results if result.verdict in _UNFIT]
    told = [_told(verdict(result), {"physicalLocation": _artifact(result)}) for result in unfit]
    run = {
        "tool": {
            "driver": {
                "name": "realtime contract check",
                "semanticVersion": results[0].contract if results else "0.0.0",
                "rules": [_rule(keyword) for keyword in keywords],
            }
        },
        "invocations": [{"executionSuccessful": not unfit, "toolExecutionNotifications": told}],
        "results": [_result(result, finding, keywords.index(finding.keyword)) for result, finding in findings],
        "columnKind": "unicodeCodePoints",
    }
    return json.document({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}).decode()


def _rule(keyword: str) -> dict[str, Any]:
    text = _RULES.get(keyword, f"A payload that the contract's schema refuses by `{keyword}`")
    return {"id": keyword, "shortDescription": {"text": text}, "defaultConfiguration": {"level": "error"}}


def _result(result: Result, finding: Finding, rule: int) -> dict[str, Any]:
    location = _artifact(result)
    if finding.place.line is not None:
        location["region"] = {"startLine": finding.place.line}
    where: dict[str, Any] = {"physicalLocation": location}
    if finding.place.pointer is not None:
        where["logicalLocations"] = [{"fullyQualifiedName": finding.place.pointer, "kind": "value"}]
    return {"ruleId": finding.keyword, "ruleIndex": rule, **_told(_line(result, finding), where)}


def _told(text: str, where: dict[str, Any]) -> dict[str, Any]:
    return {"level": "error", "message": {"text": text}, "locations": [where]}


def _artifact(result: Result) -> dict[str, Any]:
    path = Path(result.redactor.clean(result.file))
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    return {"artifactLocation": {"uri": uri if result.file != STDIN_NAME else f"./{STDIN_NAME}"}}


#: The formats for programs.
WRITERS: dict[str, Callable[[list[Result]], str]] = {"json": as_json, "junit": as_junit, "sarif": as_sarif}


def _place(finding: Finding) -> str:
    """Return the place in the file for people: `line 5, frame 5`."""
    at = finding.place
    return f"line {at.line}, frame {at.frame}" if at.line is not None else f"frame {at.frame}"


def _message(result: Result, finding: Finding) -> str:
    """Return the finding without its place: `client → server cursor:move, at /line: expected integer, got "4"`."""
    clean = result.redactor.clean
    event = "" if finding.event is None else f" {result.redactor.name(finding.event)}"
    way = _WAYS.get(finding.direction, finding.direction)
    return f"{way}{event}, at {clean(finding.path) or '/'}: {clean(finding.reason)}"


def _line(result: Result, finding: Finding) -> str:
    return f"{_place(finding)}, {_message(result, finding)}"


def verdict(result: Result) -> str:
    """Return the meaning of the verdict in one sentence."""
    reason = result.redactor.clean(result.reason or "")
    match result.verdict:
        case Verdict.CONFORMS:
            return f"conforms to the contract, version {result.contract}"
        case Verdict.VIOLATIONS:
            return f"breaks the contract, version {result.contract}, in {counted(result.found, 'place')}"
        case Verdict.UNREADABLE:
            found = f"; {counted(result.found, 'violation')} in what could be read" if result.found else ""
            return f"cannot be read: {reason}{found}"
        case _:
            return f"nothing to check: {reason}"


def _seen(result: Result) -> str:
    """Return the number of connections, and of messages by direction."""
    checked = ", ".join(f"{direction} {number:,}" for direction, number in result.by_direction().items())
    total = counted(result.checked.total(), "message")
    connections = "" if result.kind is Kind.MESSAGE else f"{counted(result.connections, 'connection')}{_to(result)}, "
    return f"{connections}{total} checked{f' ({checked})' if checked else ''}"


def not_checked(result: Result) -> Iterator[str]:
    """Return what was not checked and why, each in a few words."""
    skipped = result.skipped
    bodies, frames = ("polling body", "polling bodies"), ("message of a WebSocket", "messages of WebSockets")
    reasons = (
        (skipped.missing_bodies, bodies, "that the capture does not hold"),
        (skipped.missing_sockets, ("WebSocket",), "whose messages the capture does not hold"),
        (skipped.missing_messages, frames, "without data, or of no known type"),
        (skipped.torn_messages, ("binary message",), "of which the capture does not hold all parts"),
        (skipped.strayed_acks, ("ack",), "whose event the capture does not hold"),
        (skipped.other_namespaces, ("packet",), "of other namespaces than /"),
        (skipped.old_connections, ("connection",), "of Socket.IO 2 (EIO=3)"),
        (skipped.other_sockets, ("WebSocket",), "that are not Socket.IO's"),
        (skipped.other_urls, ("connection",), "to other URLs"),
    )
    for number, nouns, why in reasons:
        if number:
            yield f"{counted(number, *nouns)} {why}"
    for at, events in list(skipped.other_applications.items())[:MAX_ADDRESSES]:
        where = f" at {result.redactor.name(at)}" if at else ""
        yield f"{counted(events, 'event')} of some other application{where}, none of this contract"


def _to(result: Result) -> str:
    named = [result.redactor.name(at) for at in result.addresses[:MAX_ADDRESSES]]
    more = len(result.addresses) - len(named)
    return f" to {', '.join(named)}{f' and {more:,} more' if more else ''}" if named else ""
