"""The run as JUnit XML for CI: a suite for each family, a case for each result.

FAIL is a failure, INCONCLUSIVE an error; examples that were not run and known failures are skipped. A SHOULD that is
not met must not fail a build: it is in the case's output, with `verdict` as a property. The schema that Jenkins uses
allows properties of suites only, so each such case has a property in its suite, and a line in the output that several
readers take for a property of the case. The contract checks are the suite `contract`. A run that did not finish has a
suite `run` that says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from realtime_contracts.conform.reports.words import again, brief, reason, wire_text
from realtime_contracts.conform.results import ContractCheck, Requirement, Result, Run, Verdict, worst
from realtime_contracts.reports import junit as kit
from realtime_contracts.reports.text import moment, one_line, paragraphs

#: The element of each verdict. WARN and PASS have none.
ELEMENTS = {Verdict.FAIL: "failure", Verdict.INCONCLUSIVE: "error", Verdict.SKIP: "skipped"}


def junit(run: Run) -> str:
    """Return the run as one XML document."""
    requirements = {requirement.id: requirement for requirement in run.requirements}
    families: defaultdict[str, list[Result]] = defaultdict(list)
    for result in run.results:
        families[result.family].append(result)
    suites = [_family(run, family, results, requirements) for family, results in families.items()]
    if run.contract_checks:
        suites.append(_contract(run))
    if run.complaints or not run.results:
        suites.append(_complaints(run))
    return kit.document(f"realtime conform {' '.join(run.servers)}", suites, time=f"{run.seconds:.3f}")


def _family(run: Run, family: str, results: list[Result], requirements: dict[str, Requirement]) -> ET.Element:
    cases = [_case(run, result, requirements.get(result.requirement)) for result in results]
    verdicts = [(_name(result), result.verdict) for result in results]
    started = moment(min(result.started for result in results)).replace(" UTC", "").replace(" ", "T")
    return _suite(family, run, cases, verdicts, sum(result.seconds for result in results), timestamp=started)


def _case(run: Run, result: Result, requirement: Requirement | None) -> ET.Element:
    case = kit.case(result.requirement, _name(result), time=f"{result.seconds:.3f}")
    said = paragraphs([*reason(result, requirement), ("Again", again(run, result))])
    if result.known:
        kit.tell(case, "skipped", said, type="known", message=f"known to fail: {brief(result)}")
        return case
    log = "" if result.verdict is Verdict.SKIP else wire_text(result.wire[-kit.MOST_LINES :])
    return _told(case, result.verdict, f"{said}\n\n{log}".rstrip(), brief(result))


def _told(case: ET.Element, verdict: Verdict, said: str, message: str) -> ET.Element:
    if verdict in ELEMENTS:
        kit.tell(case, ELEMENTS[verdict], said, type=verdict.value, message=message)
    elif verdict is Verdict.WARN:
        kit.tell(case, "system-out", f"[[PROPERTY|verdict=warn]]\n{said}")
    return case


def _contract(run: Run) -> ET.Element:
    cases = []
    for check in run.contract_checks:
        said = "\n".join(_of_check(check))
        case = kit.case(check.id, f"{check.id} {check.sentence}", time="0")
        cases.append(_told(case, check.verdict, said, one_line(said)))
    return _suite("contract", run, cases, [(check.id, check.verdict) for check in run.contract_checks])


def _of_check(check: ContractCheck) -> Iterator[str]:
    if check.breach is not None:
        yield f"{check.breach.message} at {check.breach.path or '/'}: {check.breach.reason}"
        yield f"wrong {check.wrong:,} times of {check.seen:,}, first seen in {check.seen_in}"
    elif not check.seen:
        yield "it was never seen"
    else:
        yield f"wrong {check.wrong:,} times of {check.seen:,}"


def _complaints(run: Run) -> ET.Element:
    """Return why the run did not finish, or that nothing was run: an empty file would be green."""
    case = kit.case("run", "the run came to its end", time="0")
    said = "\n".join(run.complaints) or "nothing was tried"
    if run.exit_status and run.verdict is not Verdict.WARN:
        kit.tell(case, "error", said, type=run.verdict.value, message=one_line(said))
    else:
        kit.tell(case, "system-out", said)
    return _suite("run", run, [case], [])


def _suite(
    name: str,
    run: Run,
    cases: list[ET.Element],
    verdicts: list[tuple[str, Verdict]],
    seconds: float = 0,
    **attributes: str,
) -> ET.Element:
    told = {"contract": run.contract, "harness": run.harness, "servers": " ".join(run.servers)}
    told |= {"options": " ".join(run.options), **{f"note {key}": note for key, note in run.notes.items()}}
    told["verdict"] = (worst(verdict for _, verdict in verdicts) or run.verdict).value
    told |= {f"verdict {case}": verdict.value for case, verdict in verdicts if verdict is Verdict.WARN}
    skipped = str(sum(case.find("skipped") is not None for case in cases))
    return kit.suite(name, cases, told, time=f"{seconds:.3f}", skipped=skipped, **attributes)


def _name(result: Result) -> str:
    return f"{result.id} [{result.transport}] {result.name}"
