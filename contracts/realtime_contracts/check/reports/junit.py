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
from realtime_contracts.reports import junit
from realtime_contracts.reports.junit import MOST_LINES


def write(results: list[Result]) -> str:
    """The results as one XML document."""
    return junit.document("realtime contract check", map(_suite, results))


def _suite(result: Result) -> ET.Element:
    name = result.redactor.clean(result.file)
    failures: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in result.findings:
        event = "(no message)" if finding.event is None else result.redactor.name(finding.event)
        failures[str(finding.direction), event].append(finding)
    whole = junit.case(name, "capture")
    if result.verdict in {Verdict.UNREADABLE, Verdict.NOTHING}:
        junit.tell(whole, "error", words.verdict(result), message=words.verdict(result), type=result.verdict.value)
    cases = [whole]
    for direction, event in sorted({*failures, *((str(direction), event) for direction, event in result.checked)}):
        case = junit.case(f"{name}.{direction}", f"{direction} {event}")
        if findings := failures.get((direction, event)):
            lines = [f"{words.place(finding)}, {words.message(result, finding)}" for finding in findings[:MOST_LINES]]
            if len(findings) > MOST_LINES:
                lines.append(f"… and {len(findings) - MOST_LINES:,} more")
            junit.tell(case, "failure", "\n".join(lines), message=lines[0], type=findings[0].keyword)
        cases.append(case)
    made = junit.suite(name, cases)
    unchecked = (f"not checked: {reason}" for reason in words.not_checked(result))
    junit.tell(made, "system-out", "\n".join([words.seen(result), *unchecked, words.verdict(result)]))
    return made
