"""Our Cucumber Messages: the official schema takes them, the reader counts them right, the formatter's page shows them.

And each of these notices when the stream is broken.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from playwright.sync_api import Browser

from realtime_contracts.conform.reports.messages import PROTOCOL, messages
from tests.node import installed, run
from tests.unit.contracts.conform.reports import making

FORMATTER = Path(__file__).parent / "formatter"
#: What is counted of the run made by hand: nine scenarios, the first over two transports.
EXPECTED = {"PASSED": 4, "FAILED": 3, "SKIPPED": 1, "PENDING": 1, "UNKNOWN": 1}

Lines = list[dict[str, Any]]


@pytest.fixture(scope="session")
def formatter() -> Path:
    return installed(FORMATTER)


@pytest.fixture(scope="session")
def schema(formatter: Path) -> Any:
    folder = formatter / "node_modules/@cucumber/messages"
    assert json.loads((folder / "package.json").read_bytes())["version"] == PROTOCOL
    return jsonschema_rs.Draft202012Validator(json.loads((folder / "messages.schema.json").read_bytes()))


@pytest.fixture
def check(formatter: Path, schema: Any, chromium: Browser, tmp_path: Path) -> Callable[[Lines], str]:
    """Return what looks at a stream with all three, fails if it is not the run it should be, and gives the page."""

    def looked_at(lines: Lines) -> str:
        for number, envelope in enumerate(lines, 1):
            wrong = next(schema.iter_errors(envelope), None)
            assert wrong is None, f"line {number}: {wrong.message} at {wrong.instance_path}"
        page = tmp_path / "page.html"
        given = "\n".join(json.dumps(envelope) for envelope in lines)
        told = json.loads(run("node", "render.mjs", str(page), cwd=formatter, given=given))
        assert {status: n for status, n in told["counts"].items() if n} == EXPECTED
        assert dict(Counter(case["status"] for case in told["cases"])) == EXPECTED
        assert all(case["finished"] and case["steps"] == case["planned"] and case.get("name") for case in told["cases"])
        assert told.get("success") is False
        return shown(chromium, page)

    return looked_at


def shown(chromium: Browser, file: Path) -> str:
    """What a person reads on the formatter's page."""
    page = chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    page.get_by_text("passed", exact=False).first.wait_for(timeout=20_000)
    text = page.inner_text("body")
    page.close()
    assert errors == []
    assert f"({EXPECTED['PASSED']} / {sum(EXPECTED.values())}) passed" in text
    for status, count in EXPECTED.items():
        assert f"{status} {count}" in text
    return text


def stream(folder: Path) -> Lines:
    features = making.write_features(folder / "features")
    return [json.loads(line) for line in messages(making.run(), features, making.PATTERNS)]


def test_the_official_formatter_shows_the_run(check: Callable[[Lines], str], tmp_path: Path) -> None:
    text = check(stream(tmp_path))
    for words in (
        "realtime conform@0.1.0",
        "Rule: The first tab comes, the last one goes",
        "Example: The first connection is announced",
        "Then Ben sees Ana come online",
        "Ana is <status>",
        "Expected:    the list shows Ana as busy",
        "--transport websocket --select presence/2.1#2",
        "presence-2.1-2-websocket.txt",
        "nobody answered",
        "needs two nodes of one cluster",
    ):
        assert words in text, words
    assert "Nobody has run this" not in text


def test_what_a_server_says_is_text_on_the_page(
    formatter: Path, schema: Any, chromium: Browser, tmp_path: Path
) -> None:
    features = making.write_features(tmp_path / "features")
    made = "".join(messages(making.hostile_run(), features, making.PATTERNS))
    for line in made.splitlines():
        schema.validate(json.loads(line))
    run("node", "render.mjs", str(tmp_path / "page.html"), cwd=formatter, given=made)
    page = chromium.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_text("passed", exact=False).first.wait_for(timeout=20_000)
    assert page.evaluate("window.pwned") is None
    assert '<img src=x onerror="window.pwned=1">' in page.inner_text("body")
    page.close()


def without(kind: str, number: int = 0) -> Callable[[Lines], Lines]:
    def left(lines: Lines) -> Lines:
        gone = [envelope for envelope in lines if kind in envelope][number]
        return [envelope for envelope in lines if envelope is not gone]

    return left


def with_status(status: str) -> Callable[[Lines], Lines]:
    def changed(lines: Lines) -> Lines:
        found = next(
            e for e in lines if e.get("testStepFinished", {}).get("testStepResult", {}).get("status") == "FAILED"
        )
        found["testStepFinished"]["testStepResult"]["status"] = status
        return lines

    return changed


def pointing_nowhere(lines: Lines) -> Lines:
    next(e for e in lines if "testCase" in e)["testCase"]["pickleId"] = "nowhere"
    return lines


BROKEN = {
    "a case without its plan": without("testCase"),
    "a case that does not end": without("testCaseFinished", 2),
    "a step that does not end": without("testStepFinished", 1),
    "a case that never began": without("testCaseStarted"),
    "a pickle that is gone": without("pickle"),
    "a run that does not end": without("testRunFinished"),
    "a failure that is called passed": with_status("PASSED"),
    "a status that there is not": with_status("WARNED"),
    "a case of no pickle": pointing_nowhere,
}


@pytest.mark.parametrize("breaking", BROKEN.values(), ids=BROKEN)
def test_a_broken_stream_is_noticed(
    breaking: Callable[[Lines], Lines], check: Callable[[Lines], str], tmp_path: Path
) -> None:
    broken = breaking(stream(tmp_path))
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(broken)
