"""JUnit XML for CI: suites of cases, with their counts."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from realtime_contracts.wire.redaction import xml

#: Lines of a log or a list in a case's text. CI's pages show it in full, and freeze at megabytes.
MOST_LINES = 100
#: What a suite counts, and the element that it counts.
_COUNTED = {"failures": "failure", "errors": "error"}


def document(name: str, suites: Iterable[ET.Element], **attributes: str) -> str:
    """Return the suites as one document; characters that XML cannot hold are escaped."""
    root = ET.Element("testsuites", name=name)
    root.extend(suites)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.attrib.update(attributes)
    for element in root.iter():
        element.text = xml(element.text) if element.text else element.text
        for key, value in element.items():
            element.set(key, xml(value))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def suite(
    name: str, cases: list[ET.Element], properties: dict[str, str] | None = None, **attributes: str
) -> ET.Element:
    """A suite with its counts."""
    made = ET.Element("testsuite", {"name": name, "tests": str(len(cases)), **attributes})
    for count, tag in _COUNTED.items():
        made.set(count, str(sum(case.find(tag) is not None for case in cases)))
    if properties:
        inner = ET.SubElement(made, "properties")
        for key, value in properties.items():
            ET.SubElement(inner, "property", name=key, value=value)
    made.extend(cases)
    return made


def case(classname: str, name: str, **attributes: str) -> ET.Element:
    """Return a case, passed unless a failure is added."""
    return ET.Element("testcase", {"classname": classname, "name": name, **attributes})


def tell(where: ET.Element, tag: str, text: str, **attributes: str) -> None:
    """Add a `failure`, an `error`, a `skipped` or a `system-out` to a case, or to a suite."""
    ET.SubElement(where, tag, attributes).text = text
