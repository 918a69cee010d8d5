"""The result as JUnit XML, which every CI shows: a suite for each file, a case for each kind of message in it.

A case is `client room:join`, passed if all such messages are as they should be; the first of what is wrong
is its failure's message, all that is listed its text. What is no message of the contract has a case too. The case
`capture` is the file itself: it errs when the file could not be read, or had nothing in it to check.
"""

from __future__ import annotations

from collections import defaultdict
from xml.etree import ElementTree as ET

from realtime_contracts.check.reports import words
from realtime_contracts.check.result import Finding, Result, Verdict

#: Lines of one failure's text. CI's pages show it in full, and stand still at megabytes.
MAX_LINES = 100

_Case = tuple[str, str]


def write(results: list[Result]) -> str:
    """The results as one XML document."""
    root = ET.Element("testsuites", name="realtime contract check")
    for result in results:
        root.append(_suite(result))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="utf-8"?>\n', "\n")
    )


def _suite(result: Result) -> ET.Element:
    name = result.redactor.clean(result.file)
    failures: defaultdict[_Case, list[Finding]] = defaultdict(list)
    for finding in result.findings:
        event = "(no message)" if finding.event is None else result.redactor.name(finding.event)
        failures[str(finding.direction), event].append(finding)
    cases = sorted({*failures, *((str(direction), event) for direction, event in result.checked)})
    errs = result.verdict in {Verdict.UNREADABLE, Verdict.NOTHING}
    suite = ET.Element(
        "testsuite", name=name, tests=str(len(cases) + 1), failures=str(len(failures)), errors=str(int(errs))
    )
    whole = ET.SubElement(suite, "testcase", classname=name, name="capture")
    if errs:
        kind = result.verdict.value
        ET.SubElement(whole, "error", message=words.verdict(result), type=kind).text = words.verdict(result)
    for direction, event in cases:
        case = ET.SubElement(suite, "testcase", classname=f"{name}.{direction}", name=f"{direction} {event}")
        if findings := failures.get((direction, event)):
            case.append(_failure(result, findings))
    ET.SubElement(suite, "system-out").text = "\n".join(
        [words.seen(result), *(f"not checked: {reason}" for reason in words.not_checked(result)), words.verdict(result)]
    )
    return suite


def _failure(result: Result, findings: list[Finding]) -> ET.Element:
    lines = [_line(result, finding) for finding in findings[:MAX_LINES]]
    if len(findings) > MAX_LINES:
        lines.append(f"… and {len(findings) - MAX_LINES:,} more")
    failure = ET.Element("failure", message=lines[0], type=findings[0].keyword)
    failure.text = "\n".join(lines)
    return failure


def _line(result: Result, finding: Finding) -> str:
    return f"{words.place(finding)}, {words.message(result, finding)}"
