"""The run as JUnit XML, which every CI shows: a suite for each family, a case for each result.

What fails is a failure, what cannot be told is an error, what was not tried is skipped; so is what was known to fail.
A SHOULD that is not met turns no build red: it stands in the case's output, with `verdict` as a property. The schema
that Jenkins checks with has properties of suites only, so there is one in its suite for each such case, and in the
output a line that several readers take for a property of the case. The checks of the contract are the suite `contract`;
a run that did not come to its end has a suite `run` to say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from realtime_contracts.conform.reports.wire_text import wire_text
from realtime_contracts.conform.reports.words import again, brief, moment, one_line, paragraphs, reason, xml
from realtime_contracts.conform.results import ContractCheck, Requirement, Result, Run, Verdict, worst

#: Lines of a wire log in a failure's text. CI's pages show it in full, and stand still at megabytes.
MOST_LINES = 100

#: The element that a verdict is in its case. WARN and PASS have none.
ELEMENTS = {Verdict.FAIL: "failure", Verdict.INCONCLUSIVE: "error", Verdict.SKIP: "skipped"}


def junit(run: Run) -> str:
    """The run as one XML document."""
    root = ET.Element("testsuites", name=f"realtime conform {' '.join(run.servers)}")
    requirements = {requirement.id: requirement for requirement in run.requirements}
    families: defaultdict[str, list[Result]] = defaultdict(list)
    for result in run.results:
        families[_family(result, requirements)].append(result)
    root.extend(_suite(run, family, results, requirements) for family, results in families.items())
    if run.contract_checks:
        root.append(_contract(run))
    if run.complaints or not run.results:
        root.append(_complaints(run))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.set("time", f"{run.seconds:.3f}")
    for element in root.iter():
        _make_legal(element)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(run: Run, family: str, results: list[Result], requirements: dict[str, Requirement]) -> ET.Element:
    cases = [_case(run, result, requirements.get(result.requirement)) for result in results]
    verdicts = [(_name(result), result.verdict) for result in results]
    made = _counted(family, run, cases, sum(result.seconds for result in results), verdicts)
    started = min(result.started for result in results)
    made.set("timestamp", moment(started).replace(" UTC", "").replace(" ", "T"))
    return made


def _case(run: Run, result: Result, requirement: Requirement | None) -> ET.Element:
    case = ET.Element("testcase", classname=result.requirement, name=_name(result), time=f"{result.seconds:.3f}")
    said = paragraphs([*reason(result, requirement), ("Again", again(run, result))])
    log = wire_text(result.wire[-MOST_LINES:])
    if result.known:
        ET.SubElement(case, "skipped", type="known", message=f"known to fail: {brief(result)}").text = said
    elif result.verdict in ELEMENTS:
        told = ET.SubElement(case, ELEMENTS[result.verdict], type=result.verdict.value, message=brief(result))
        told.text = said if result.verdict is Verdict.SKIP else f"{said}\n\n{log}".rstrip()
    elif result.verdict is Verdict.WARN:
        ET.SubElement(case, "system-out").text = f"[[PROPERTY|verdict=warn]]\n{said}\n\n{log}".rstrip()
    return case


def _contract(run: Run) -> ET.Element:
    cases = []
    for check in run.contract_checks:
        case = ET.Element("testcase", classname=check.id, name=f"{check.id} {check.sentence}", time="0")
        said = "\n".join(_of_check(check))
        if check.verdict in ELEMENTS:
            told = ET.SubElement(case, ELEMENTS[check.verdict], type=check.verdict.value, message=one_line(said))
            told.text = said
        elif check.verdict is Verdict.WARN:
            ET.SubElement(case, "system-out").text = f"[[PROPERTY|verdict=warn]]\n{said}"
        cases.append(case)
    verdicts = [(check.id, check.verdict) for check in run.contract_checks]
    return _counted("contract", run, cases, 0, verdicts)


def _of_check(check: ContractCheck) -> Iterator[str]:
    if check.breach is not None:
        yield f"{check.breach.message} at {check.breach.path or '/'}: {check.breach.reason}"
        yield f"wrong {check.wrong:,} times of {check.seen:,}, first seen in {check.seen_in}"
    elif not check.seen:
        yield "it was never seen"
    else:
        yield f"wrong {check.wrong:,} times of {check.seen:,}"


def _complaints(run: Run) -> ET.Element:
    """What kept the run from its end, or that nothing was tried: an empty file would be green."""
    case = ET.Element("testcase", classname="run", name="the run came to its end", time="0")
    said = "\n".join(run.complaints) or "nothing was tried"
    kind = "error" if run.exit_status and run.verdict is not Verdict.WARN else "system-out"
    told = ET.SubElement(case, kind)
    told.text = said
    if kind == "error":
        told.set("type", run.verdict.value)
        told.set("message", one_line(said))
    return _counted("run", run, [case], 0, [])


def _counted(
    name: str, run: Run, cases: list[ET.Element], seconds: float, verdicts: list[tuple[str, Verdict]]
) -> ET.Element:
    suite = ET.Element("testsuite", name=name, tests=str(len(cases)), time=f"{seconds:.3f}")
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    told = {"contract": run.contract, "harness": run.harness, "servers": " ".join(run.servers)}
    told |= {"options": " ".join(run.options), **{f"note {key}": note for key, note in run.notes.items()}}
    all_of_it = worst(verdict for _, verdict in verdicts) or run.verdict
    told["verdict"] = all_of_it.value
    told |= {f"verdict {case}": verdict.value for case, verdict in verdicts if verdict is Verdict.WARN}
    properties = ET.SubElement(suite, "properties")
    for key, value in told.items():
        ET.SubElement(properties, "property", name=key, value=value)
    suite.extend(cases)
    return suite


def _name(result: Result) -> str:
    return f"{result.id} [{result.transport}] {result.name}"


def _family(result: Result, requirements: dict[str, Requirement]) -> str:
    requirement = requirements.get(result.requirement)
    return requirement.family if requirement is not None else result.requirement.partition("/")[0]


def _make_legal(element: ET.Element) -> None:
    element.text = xml(element.text) if element.text else element.text
    for key, value in element.items():
        element.set(key, xml(value))
