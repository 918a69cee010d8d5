"""The result as SARIF 2.1.0, which code hosts and editors show beside the file.

A rule is a keyword, of JSON Schema or of this check's own. The place in a log is its line; in a HAR, which often is one
line of megabytes, the JSON Pointer to the packet, as a logical location.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from realtime_contracts.check.reports import words
from realtime_contracts.check.result import Finding, Result, Verdict
from realtime_contracts.check.source import STDIN_NAME
from realtime_contracts.reports import json

#: Where the schema of this format is; validators and editors go by it.
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_RULES = {
    "unknown_event": "An event that the contract does not have in that direction",
    "arguments": "A message that does not carry exactly one argument",
    "ack": "An ack that nobody asked for",
    "protocol": "Not Engine.IO 4 or Socket.IO 5",
    "json": "Not JSON, or not JSON that every reader understands alike",
}


def write(results: list[Result]) -> str:
    """The results as one SARIF document with one run."""
    findings = [(result, finding) for result in results for finding in result.findings]
    keywords = sorted({finding.keyword for _, finding in findings})
    unfit = [result for result in results if result.verdict in {Verdict.UNREADABLE, Verdict.NOTHING}]
    run = {
        "tool": {
            "driver": {
                "name": "realtime contract check",
                "semanticVersion": results[0].contract if results else "0.0.0",
                "rules": [_rule(keyword) for keyword in keywords],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not unfit,
                "toolExecutionNotifications": [_notification(result) for result in unfit],
            }
        ],
        "results": [_result(result, finding, keywords.index(finding.keyword)) for result, finding in findings],
        "columnKind": "unicodeCodePoints",
    }
    return json.document({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}).decode()


def _rule(keyword: str) -> dict[str, Any]:
    text = _RULES.get(keyword, f"A payload that the contract's schema refuses by `{keyword}`")
    return {"id": keyword, "shortDescription": {"text": text}, "defaultConfiguration": {"level": "error"}}


def _result(result: Result, finding: Finding, rule: int) -> dict[str, Any]:
    at = finding.place
    location = _artifact(result)
    if at.line is not None:
        location["region"] = {"startLine": at.line}
    where: dict[str, Any] = {"physicalLocation": location}
    if at.pointer is not None:
        where["logicalLocations"] = [{"fullyQualifiedName": at.pointer, "kind": "value"}]
    return {
        "ruleId": finding.keyword,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": f"{words.place(finding)}, {words.message(result, finding)}"},
        "locations": [where],
    }


def _notification(result: Result) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": words.verdict(result)},
        "locations": [{"physicalLocation": _artifact(result)}],
    }


def _artifact(result: Result) -> dict[str, Any]:
    name = result.redactor.clean(result.file)
    path = Path(name)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    return {"artifactLocation": {"uri": uri if result.file != STDIN_NAME else f"./{STDIN_NAME}"}}
