"""Count what the suites ran; exit with 1 if a suite is lost, ran no test, failed or skipped.

    python .ci/count.py REPORTS SUITE...

Reads the JUnit files REPORTS/SUITE.xml. A test that is expected to fail counts as skipped. The last line
is the sum; it also says when Redis was the embedded Valkey, because REDIS was set.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

COUNTS = ("tests", "failures", "errors", "skipped")

#: What REDIS may say: setups of the embedded Valkey.
EMBEDDED = ("embedded", "cluster", "sentinel")


def count(report: Path) -> dict[str, int]:
    """Add up the test suites of a JUnit file."""
    suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 - written by our own pytest a moment ago
    totals = dict.fromkeys(COUNTS, 0)
    for suite in suites:
        for name in COUNTS:
            totals[name] += int(suite.get(name, 0))
    return totals


def main(folder: str, *suites: str) -> int:
    passed = failed = skipped = 0
    complaints = []
    for suite in suites:
        report = Path(folder, f"{suite}.xml")
        if not report.exists():
            complaints.append(f"{suite}: did not run (no {report})")
            continue
        totals = count(report)
        bad = totals["failures"] + totals["errors"]
        good = totals["tests"] - bad - totals["skipped"]
        print(f"{suite:<12} {good:>5} passed {bad:>4} failed {totals['skipped']:>4} skipped")
        passed, failed, skipped = passed + good, failed + bad, skipped + totals["skipped"]
        if totals["tests"] == 0:
            complaints.append(f"{suite}: ran no test")
        if bad:
            complaints.append(f"{suite}: {bad} failed")
        if totals["skipped"]:
            complaints.append(f"{suite}: {totals['skipped']} skipped or expected to fail, and nothing may be")
    for complaint in complaints:
        print(f"NOT GOOD: {complaint}")
    asked = os.environ.get("REDIS")
    redis = f" on the embedded Valkey (REDIS={asked})" if asked in EMBEDDED else ""
    print(f"{passed} passed, {failed} failed, {skipped} skipped{redis}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
