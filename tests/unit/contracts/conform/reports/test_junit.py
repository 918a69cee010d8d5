"""JUnit XML: each verdict is what a CI should make of it, and it is what Jenkins' schema allows."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from realtime_contracts.conform.reports.junit import junit
from realtime_contracts.conform.results import Run, Verdict
from tests.unit.contracts.conform.reports.making import hostile_run, run

#: Of junit-10.xsd of Jenkins' xUnit plugin: what each element may have, and must (marked with `!`).
ATTRIBUTES = {
    "testsuites": "name time tests failures errors",
    "testsuite": "name! tests! failures! errors! time skipped timestamp hostname id package",
    "testcase": "name! time classname",
    "properties": "",
    "property": "name! value!",
    "failure": "type message",
    "error": "type message",
    "skipped": "type message",
    "system-out": "",
}
CHILDREN = {
    "testsuites": "testsuite",
    "testsuite": "properties testcase",
    "testcase": "failure error skipped system-out",
    "properties": "property",
}
SECONDS = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def cases(made: Run) -> dict[str, ET.Element]:
    return {str(case.get("name")): case for case in ET.fromstring(junit(made)).iter("testcase")}


def kinds(case: ET.Element) -> list[str]:
    return [part.tag for part in case]


@pytest.mark.parametrize("made", [run(), hostile_run(), run(results=(), complaints=("it broke",))])
def test_it_is_what_the_schema_of_jenkins_allows(made: Run) -> None:
    for element in ET.fromstring(junit(made)).iter():
        allowed = ATTRIBUTES[element.tag].split()
        assert set(element.keys()) <= {name.rstrip("!") for name in allowed}
        assert {name.rstrip("!") for name in allowed if name.endswith("!")} <= set(element.keys())
        assert {child.tag for child in element} <= set(CHILDREN.get(element.tag, "").split())
        assert SECONDS.fullmatch(element.get("time", "0"))


def test_a_suite_for_each_family_and_one_for_the_contract_with_their_counts() -> None:
    root = ET.fromstring(junit(run()))
    told = {suite.get("name"): [suite.get(n) for n in ("tests", "failures", "errors", "skipped")] for suite in root}
    assert told == {
        "presence": ["6", "1", "0", "0"],
        "rooms": ["4", "0", "1", "2"],
        "contract": ["4", "1", "0", "1"],
    }
    assert [root.get(n) for n in ("tests", "failures", "errors")] == ["14", "2", "1"]


def test_a_case_is_named_by_what_selects_it_again() -> None:
    case = cases(run())["presence/2.1#2 [websocket] Ana is busy"]
    assert case.get("classname") == "presence/2.1"
    assert case.get("time") == "0.250"


def test_each_verdict_is_what_it_means_to_a_build() -> None:
    told = {name.split()[0]: kinds(case) for name, case in cases(run()).items()}
    assert told["presence/1.1"] == []
    assert told["presence/1.2"] == ["system-out"]
    assert told["presence/2.1#2"] == ["failure"]
    assert told["rooms/1.1"] == ["error"]
    assert told["rooms/1.2"] == ["skipped"]
    assert told["rooms/1.3"] == ["skipped"], "what is known to fail turns no build red"
    assert told["contract/server/presence:list"] == ["failure"]
    assert told["contract/secrecy/tokens"] == ["system-out"]


def test_a_failure_says_all_that_is_needed() -> None:
    failure = cases(run())["presence/2.1#2 [websocket] Ana is busy"].find("failure")
    assert failure is not None
    assert failure.get("message") == (
        "expected the list shows Ana as busy, got the list shows Ana as online and Ben as away"
    )
    text = str(failure.text)
    assert "Requirement: Ana is <status> (MUST; seed 4.3, Presence Handler)" in text
    assert "Actual:      the list shows Ana as online\n             and Ben as away" in text
    assert "Hint:        Is it stored?" in text
    again = "realtime conform http://127.0.0.1:5001 http://127.0.0.1:5002 --timeouts offline=2"
    assert f"{again} --transport websocket --select presence/2.1#2" in text
    assert '→ presence:update {"status":"busy"}' in text


def test_a_warning_is_a_property() -> None:
    root = ET.fromstring(junit(run()))
    told = {p.get("name"): p.get("value") for suite in root if suite.get("name") == "presence" for p in suite[0]}
    assert told["verdict"] == "fail"
    assert told["verdict presence/1.2 [websocket] What presence/1.2 says"] == "warn"
    output = cases(run())["presence/1.2 [websocket] What presence/1.2 says"].findtext("system-out")
    assert str(output).startswith("[[PROPERTY|verdict=warn]]\n")


def test_the_reason_of_what_was_not_tried_is_there() -> None:
    skipped = cases(run())["rooms/1.2 [websocket] Two nodes"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "needs two nodes of one cluster"


@pytest.mark.parametrize(
    ("verdict", "complaints", "kind"),
    [
        (Verdict.INCONCLUSIVE, ("nobody listens at 127.0.0.1:1",), "error"),
        (Verdict.SKIP, (), "error"),
        (Verdict.WARN, ("a remark",), "system-out"),
    ],
)
def test_a_run_without_results_is_not_green(verdict: Verdict, complaints: tuple[str, ...], kind: str) -> None:
    made = cases(run(results=(), contract_checks=(), verdict=verdict, complaints=complaints))
    case = made["the run came to its end"]
    assert kinds(case) == [kind]
    assert case[0].text == (complaints[0] if complaints else "nothing was tried")


def test_what_xml_cannot_carry_is_spelled_out() -> None:
    text = junit(hostile_run())
    ET.fromstring(text.encode())
    assert "\\u001b[31m\\u0000\\ufffe\\ud800" in text
    assert "<img" not in text
