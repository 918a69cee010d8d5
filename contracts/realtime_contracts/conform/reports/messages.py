"""The run as Cucumber Messages for Gherkin tools: one JSON envelope per line.

The features come first, as the official parser reads them, then the steps, then each result as a test case of its own.
A requirement on two transports is two test cases of one pickle; a second attempt would discard the first. The worst
comes first, because a reader that shows a scenario once shows its first case.

Readers count the worst status of a result's steps. Where the steps alone would mislead, they are adjusted: an
inconclusive result has no passed step (readers rank UNKNOWN below PASSED); a failure after the last step becomes a
failing hook at the end. A known failure is PENDING.
"""

from __future__ import annotations

import platform
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from gherkin.stream.gherkin_events import GherkinEvents
from gherkin.stream.id_generator import IdGenerator
from gherkin.stream.source_events import Event

from realtime_contracts.conform.reports.words import again, reason, wire_text
from realtime_contracts.conform.results import Requirement, Result, Run, Verdict
from realtime_contracts.reports.json import plain
from realtime_contracts.reports.text import paragraphs
from realtime_contracts.wire.redaction import utf8

#: The version of the messages: that of npm's @cucumber/messages, and of its JSON Schema.
PROTOCOL = "34.2.1"
#: Characters of a line of the attached wire log: as many as are kept of a payload.
MOST = 5000

#: Characters that some readers, such as Node's and Python's, take for line ends. In JSON only strings have them.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}

Envelope = dict[str, Any]
#: The parser's names for the kinds of steps.
_KINDS = {"Context": "given", "Action": "when", "Outcome": "then"}
_STATUSES = {"passed": "PASSED", "failed": "FAILED", "skipped": "SKIPPED"}
_STATUSES |= {"undefined": "UNDEFINED", "ambiguous": "AMBIGUOUS"}


def messages(run: Run, features: Path, patterns: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines, each with its line feed.

    `features` is the folder of the features. `patterns` are the steps: kind (`given`, `when` or `then`) and regular
    expression. Raises ValueError for an unknown kind, for a feature that cannot be parsed, and for a result whose
    scenario is not in the features: an incomplete report would be green.
    """
    for envelope in _envelopes(run, features, patterns):
        yield orjson.dumps(envelope).decode().translate(_LINE_ENDS) + "\n"


def _envelopes(run: Run, features: Path, patterns: Sequence[tuple[str, str]]) -> Iterator[Envelope]:
    ids = IdGenerator()
    yield {"meta": _meta(run)}
    pickles: defaultdict[str, list[Envelope]] = defaultdict(list)
    for envelope in _parsed(features, ids, {result.requirement for result in run.results}):
        yield envelope
        if "pickle" in envelope:
            for tag in envelope["pickle"]["tags"]:
                pickles[tag["name"].removeprefix("@")].append(envelope["pickle"])
    definitions = Definitions(patterns, ids)
    yield from definitions.envelopes()
    end_hook = ids.get_next_id()
    yield {"hook": {"id": end_hook, "name": "the end", "type": "AFTER_TEST_CASE", "sourceReference": {}}}
    run_id = ids.get_next_id()
    yield {"testRunStarted": {"id": run_id, "timestamp": _timestamp(run.started)}}
    requirements = {requirement.id: requirement for requirement in run.requirements}
    for result in _worst_first(run.results):
        case = _test_case(_pickle(pickles, result), result, definitions, end_hook, ids)
        yield {"testCase": {**case, "testRunStartedId": run_id}}
        yield from _execution(run, requirements.get(result.requirement), result, case, ids)
    finished: Envelope = {"success": run.exit_status == 0, "timestamp": _timestamp(run.started + run.seconds)}
    if said := "\n".join(_of_run(run)):
        finished["message"] = utf8(said)
    yield {"testRunFinished": {**finished, "testRunStartedId": run_id}}


def _worst_first(results: Sequence[Result]) -> list[Result]:
    """Keep the order, but sort the results of one pickle by verdict, the worst first."""
    places: dict[str, int] = {}
    for result in results:
        places.setdefault(result.id, len(places))
    severity = list(Verdict)
    return sorted(results, key=lambda result: (places[result.id], severity.index(result.verdict)))


def _parsed(features: Path, ids: IdGenerator, wanted: set[str]) -> Iterator[Envelope]:
    """Return the parsed features of the results."""
    events = GherkinEvents(GherkinEvents.Options(print_source=True, print_ast=True, print_pickles=True))
    events.id_generator = events.parser.ast_builder.id_generator = events.compiler.id_generator = ids
    for path in sorted(features.glob("*.feature")):
        text = path.read_text("utf-8")
        event: Event = {
            "source": {"uri": f"features/{path.name}", "data": text, "mediaType": "text/x.cucumber.gherkin+plain"}
        }
        made: list[Envelope] = [_without_none(envelope) for envelope in events.enum(event)]
        for envelope in made:
            if "parseError" in envelope:
                raise ValueError(f"{path}: {envelope['parseError']['message']}")
        tags = {tag["name"].removeprefix("@") for e in made if "pickle" in e for tag in e["pickle"]["tags"]}
        if tags & wanted:
            yield from made


def _pickle(pickles: dict[str, list[Envelope]], result: Result) -> Envelope:
    found = pickles.get(result.requirement, [])
    place = max(result.row, 1) - 1
    told = [step.text for step in result.steps]
    if place >= len(found) or told not in ([], [step["text"] for step in found[place]["steps"]]):
        raise ValueError(f"the features have no such {result.id}: were they others when this was run?")
    return found[place]


def _test_case(pickle: Envelope, result: Result, definitions: Definitions, end_hook: str, ids: IdGenerator) -> Envelope:
    steps = [
        {"id": ids.get_next_id(), "pickleStepId": step["id"], **definitions.fitting(step)} for step in pickle["steps"]
    ]
    if _fails_at_the_end(result):
        steps.append({"id": ids.get_next_id(), "hookId": end_hook})
    return {"id": ids.get_next_id(), "pickleId": pickle["id"], "testSteps": steps}


def _fails_at_the_end(result: Result) -> bool:
    """Whether no step shows the failure: the contract was broken, or the end of the scenario failed."""
    is_told = any(step.status not in ("passed", "skipped") for step in result.steps)
    return result.verdict in (Verdict.FAIL, Verdict.WARN) and not is_told


def _execution(
    run: Run, requirement: Requirement | None, result: Result, case: Envelope, ids: IdGenerator
) -> Iterator[Envelope]:
    started = ids.get_next_id()
    now = result.started
    head = {"id": started, "testCaseId": case["id"], "attempt": 0, "workerId": result.transport}
    yield {"testCaseStarted": {**head, "timestamp": _timestamp(now)}}
    told = _results(run, requirement, result, len(case["testSteps"]))
    last = _last_that_ran(told)
    for place, (step, (status, seconds, message)) in enumerate(zip(case["testSteps"], told, strict=True)):
        which = {"testCaseStartedId": started, "testStepId": step["id"]}
        yield {"testStepStarted": {**which, "timestamp": _timestamp(now)}}
        now += seconds
        if place == last and result.wire:
            yield {"attachment": {**_wire_log(result), **which, "timestamp": _timestamp(now)}}
        if status == "UNKNOWN" and message.count("\n"):  # The HTML formatter shows no message of such a step.
            yield {"attachment": {**_text(message, "text/x.cucumber.log+plain"), **which, "timestamp": _timestamp(now)}}
        outcome: Envelope = {"status": status, "duration": _timestamp(seconds)}
        if message:
            outcome["message"] = utf8(message)
        yield {"testStepFinished": {**which, "testStepResult": outcome, "timestamp": _timestamp(now)}}
    ended = _timestamp(max(now, result.started + result.seconds))
    yield {"testCaseFinished": {"testCaseStartedId": started, "timestamp": ended, "willBeRetried": False}}


def _results(run: Run, requirement: Requirement | None, result: Result, count: int) -> list[tuple[str, float, str]]:
    """Return status, seconds and message of each test step. The first unsuccessful step has the reason."""
    steps = [(_STATUSES[step.status], step.seconds) for step in result.steps[:count]]
    steps += [("SKIPPED", 0.0)] * (count - len(steps))
    if result.verdict is Verdict.SKIP:
        steps = [("SKIPPED", 0.0)] * count
    if _fails_at_the_end(result):
        steps[-1] = ("FAILED", 0.0)
    place = next((n for n, (status, _) in enumerate(steps) if status != "PASSED"), count - 1)
    said = paragraphs([*reason(result, requirement), ("Transport", result.transport), ("Again", again(run, result))])
    told = []
    for number, (status, seconds) in enumerate(steps):
        message = said if number == place and result.verdict is not Verdict.PASS else ""
        if result.verdict is Verdict.INCONCLUSIVE:
            told.append(("UNKNOWN", seconds, message or status.lower()))
        elif result.known and status == "FAILED":
            told.append(("PENDING", seconds, message))
        else:
            told.append((status, seconds, message))
    return told


def _last_that_ran(told: list[tuple[str, float, str]]) -> int:
    ran = [place for place, (status, _, message) in enumerate(told) if "SKIPPED" not in (status, message.upper())]
    return ran[-1] if ran else 0


def _wire_log(result: Result) -> Envelope:
    name = f"{result.id.replace('/', '-').replace('#', '-')}-{result.transport}.txt"
    return {**_text(wire_text(result.wire, MOST), "text/plain"), "fileName": name}


def _text(body: str, kind: str) -> Envelope:
    return {"body": utf8(body), "contentEncoding": "IDENTITY", "mediaType": kind}


def _of_run(run: Run) -> Iterator[str]:
    """Return what belongs to no scenario: complaints, and the messages that broke the contract."""
    yield from run.complaints
    for check in run.contract_checks:
        if check.verdict not in (Verdict.PASS, Verdict.SKIP):
            why = f"{check.breach.path or '/'}: {check.breach.reason}" if check.breach else check.sentence
            yield f"{check.verdict.value} {check.id}: {why}"


def _meta(run: Run) -> Envelope:
    return {
        "protocolVersion": PROTOCOL,
        "implementation": {"name": "realtime conform", "version": run.harness},
        "runtime": {"name": platform.python_implementation(), "version": platform.python_version()},
        "os": {"name": platform.system(), "version": platform.release()},
        "cpu": {"name": platform.machine()},
    }


def _timestamp(seconds: float) -> Envelope:
    nanos = round(seconds * 1e9)
    return {"seconds": nanos // 10**9, "nanos": nanos % 10**9}


def _without_none(value: Any) -> Any:
    """Remove the None values of the parser; the protocol omits such fields."""
    if isinstance(value, dict):
        return {key: _without_none(part) for key, part in value.items() if part is not None}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_without_none(part) for part in value]
    return plain(value)


class Definitions:
    """The steps, one for each pattern, with their ids. Raises ValueError for an unknown kind."""

    def __init__(self, patterns: Sequence[tuple[str, str]], ids: IdGenerator) -> None:
        if others := {kind for kind, _ in patterns} - set(_KINDS.values()):
            raise ValueError(f"a step is of the kind {', '.join(_KINDS.values())}, and not {min(others)!r}")
        self._ids = {source: ids.get_next_id() for source in dict.fromkeys(source for _, source in patterns)}
        self._patterns = [(kind, source, re.compile(source, re.DOTALL)) for kind, source in dict.fromkeys(patterns)]

    def envelopes(self) -> Iterator[dict[str, Any]]:
        for source, id_ in self._ids.items():
            pattern = {"source": source, "type": "REGULAR_EXPRESSION"}
            yield {"stepDefinition": {"id": id_, "pattern": pattern, "sourceReference": {}}}

    def fitting(self, step: dict[str, Any]) -> dict[str, Any]:
        """Return the definitions that match a test step: none or several if it is not unique."""
        kind, text = _KINDS.get(step.get("type", ""), ""), step["text"]
        found = [
            (self._ids[source], match)
            for of_kind, source, pattern in self._patterns
            if of_kind == kind and (match := pattern.fullmatch(text)) is not None
        ]
        return {
            "stepDefinitionIds": [id_ for id_, _ in found],
            "stepMatchArgumentsLists": [{"stepMatchArguments": list(_arguments(match))} for _, match in found],
        }


def _arguments(match: re.Match[str]) -> Iterator[dict[str, Any]]:
    for number, value in enumerate(match.groups(), 1):
        if value is not None:
            yield {"group": {"start": _utf16(match.string[: match.start(number)]), "value": value, "children": []}}


def _utf16(text: str) -> int:
    """Return the length in UTF-16 units, as JavaScript counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
