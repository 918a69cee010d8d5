r"""The result as JSON, for programs. Its shape is kept; what is added gets a name of its own.

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
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import Any

from realtime_contracts.check.reports import words
from realtime_contracts.check.result import Finding, Result, gravest
from realtime_contracts.reports import json

#: Version of the shape above: a program that knows it may rely on all that is there.
VERSION = 1


def write(results: list[Result]) -> str:
    """The results as one JSON document."""
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
    redactor = result.redactor
    applications = [
        {"address": words.address(redactor, at), "events": events}
        for at, events in result.skipped.other_applications.items()
    ]
    return {
        "file": redactor.clean(result.file),
        "kind": result.kind and result.kind.value,
        "verdict": result.verdict.value,
        "reason": redactor.clean(result.reason) if result.reason else None,
        "connections": result.connections,
        "addresses": [words.address(redactor, at) for at in result.addresses],
        "counts": {
            "frames": result.frames,
            "checked": checked,
            "violations": result.found,
            "not_listed": result.found - len(result.findings),
            "skipped": {**asdict(result.skipped), "other_applications": applications},
        },
        "findings": [_finding(result, finding) for finding in result.findings],
    }


def _finding(result: Result, finding: Finding) -> dict[str, Any]:
    redactor = result.redactor
    return {
        "frame": finding.place.frame,
        "line": finding.place.line,
        "place": finding.place.pointer,
        "time": result.seconds(finding.place),
        "connection": redactor.name(finding.connection),
        "direction": str(finding.direction),
        "event": None if finding.event is None else redactor.name(finding.event),
        "path": redactor.clean(finding.path),
        "reason": redactor.clean(finding.reason),
        "keyword": finding.keyword,
    }
