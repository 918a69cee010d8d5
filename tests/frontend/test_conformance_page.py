"""The page of a conformance run in Chromium, from disk: filtered, opened, used by keyboard; text is never markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from realtime_contracts.conform.reports.html import html
from realtime_contracts.conform.results import Run, Verdict
from tests.unit.contracts.conform.reports import making

Opened = Callable[..., Page]

#: Of each head of a diagram, its words and place; of each line, its words, and where its arrow begins and ends.
PLACES = "all => all.map((e) => [e.textContent, Number(e.getAttribute('x'))])"
ENDS = """all => all.map((e) => [
  e.querySelector(".label").textContent,
  Number(e.querySelector(".arrow")?.getAttribute("x1")),
  Number(e.querySelector("path.point")?.getAttribute("d").match(/^M(\\d+)/)[1]),
])"""


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Yield what opens the page of runs from a file; at the end nothing may have gone wrong in it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    loads: list[str] = []

    def open_page(*runs: Run, fragment: str = "") -> Page:
        file = tmp_path / "report.html"
        file.write_text(html(*runs), encoding="utf-8")
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type != "info" else None)
        page.on("request", lambda request: loads.append(request.url))
        page.goto(file.as_uri() + fragment)
        return page

    yield open_page
    context.close()
    assert wrong == []
    assert {url.partition("#")[0] for url in loads} == {(tmp_path / "report.html").as_uri()}


def shown(page: Page) -> list[str]:
    """The ids of the requirements that are shown."""
    ids: list[str] = page.locator(".row:visible").evaluate_all("rows => rows.map((row) => row.dataset.id)")
    return ids


def only(page: Page, *verdicts: str) -> None:
    for verdict in Verdict:
        page.locator(f"input[name=verdict][value={verdict.value}]").set_checked(verdict.value in verdicts)


def test_it_is_filtered_and_the_url_keeps_it(opened: Opened) -> None:
    page = opened(making.run())
    assert len(shown(page)) == len(making.REQUIREMENTS)
    only(page, "fail")
    assert shown(page) == ["presence/2.1", "rooms/1.3"]
    expect(page.locator("#shown")).to_have_text("2 of 7 shown")
    page.locator("#family").select_option("rooms")
    assert shown(page) == ["rooms/1.3"]
    assert page.url.endswith("#verdict=fail&family=rooms")
    page.reload()
    assert shown(page) == ["rooms/1.3"]
    page.get_by_role("button", name="Show all").click()
    assert len(shown(page)) == len(making.REQUIREMENTS)
    assert "#" not in page.url

    page.keyboard.press("/")
    page.keyboard.type("nobody ANSWERED")
    assert shown(page) == ["rooms/1.1"], "what came instead is found"
    page.locator("#q").fill("")
    page.locator("#level").select_option("should")
    assert shown(page) == ["presence/1.2"]
    page.locator("#q").fill("nothing like it")
    expect(page.locator("#nothing")).to_be_visible()


def test_a_failure_opens_to_why_to_its_steps_and_to_a_diagram(opened: Opened) -> None:
    page = opened(making.run())
    page.get_by_role("button", name="presence/2.1").click()
    detail = page.locator("tr.detail")
    failed = detail.locator(".result.fail")
    expect(failed.locator(".expected")).to_have_text("the list shows Ana as busy")
    expect(failed.locator(".actual")).to_have_text("the list shows Ana as online\nand Ben as away")
    expect(failed.locator(".steps .failed")).to_contain_text("Then the list shows")
    expect(failed.locator(".command pre")).to_have_text(
        "realtime conform http://127.0.0.1:5001 http://127.0.0.1:5002 --timeouts offline=2"
        " --transport websocket --select presence/2.1#2"
    )
    diagram = failed.locator(".wire svg")
    expect(diagram).to_be_visible()
    heads = diagram.locator(".head:not(.sub)").all_text_contents()
    assert heads == ["Ana's tab 1", "Ben's tab 1", "REST", "node 1", "node 2", "server"]
    assert diagram.locator(".line").count() == len(making.wire())
    assert diagram.locator(".line.sent .arrow").count() == 3
    assert diagram.locator(".line.received .arrow").count() == 4
    assert diagram.locator(".line.bad").count() == 1

    passed = detail.locator(".result.pass").first
    expect(passed.locator(".wire")).to_have_count(0)
    passed.locator("summary").first.click()
    passed.get_by_text("Wire log, 10 lines").click()
    expect(passed.locator(".wire svg")).to_be_visible()


def test_arrows_go_from_who_sends_to_who_gets(opened: Opened) -> None:
    page = opened(making.run(), fragment="#open=presence/2.1")
    drawn = page.locator(".result.fail .wire svg")
    heads = dict(drawn.locator(".head:not(.sub)").evaluate_all(PLACES))
    ends = drawn.locator(".line").evaluate_all(ENDS)
    assert ends[3] == ["presence:update", heads["Ana's tab 1"], heads["node 1"]]
    assert ends[4] == ["ack presence:update", heads["node 1"], heads["Ana's tab 1"]]
    assert ends[5] == ["presence:update", heads["node 2"], heads["Ben's tab 1"]]
    assert ends[6] == ["GET /api/presence", heads["REST"], heads["server"]]


def test_it_is_used_by_keyboard(opened: Opened) -> None:
    page = opened(making.run())
    page.get_by_role("button", name="presence/2.1").focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#open=presence/2.1")
    lines = page.locator(".result.fail .wire .line")
    lines.first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(lines.nth(3)).to_be_focused()
    expect(lines.nth(3)).to_have_attribute("aria-expanded", "true")
    assert lines.nth(3).locator("pre").text_content() == '{\n  "status": "busy"\n}'
    page.keyboard.press("Space")
    expect(lines.nth(3)).to_have_attribute("aria-expanded", "false")
    assert page.locator(".wire .line[tabindex='0']").count() == 1
    page.get_by_role("button", name="presence/2.1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr.detail")).to_have_count(0)


def test_a_link_to_what_decided_a_ruling_opens_it(opened: Opened) -> None:
    page = opened(making.run())
    page.locator("#rulings").get_by_role("link", name="presence/1.2").click()
    expect(page.locator("tr.detail .result.warn")).to_be_visible()
    expect(page.locator(".row[data-id='presence/1.2']")).to_be_in_viewport()


def test_runs_are_compared(opened: Opened) -> None:
    good = tuple(result for result in making.results() if result.verdict is Verdict.PASS)
    page = opened(making.run(), making.run(results=good, servers=("http://b:1",), verdict=Verdict.PASS))
    page.locator("#differ").check()
    assert "presence/1.1" not in shown(page)
    assert "presence/2.1" in shown(page)
    page.get_by_role("button", name="presence/2.1").click()
    assert page.locator(".result", has_text="run B").count() == 2
    expect(page.locator(".result", has_text="run B").first.locator("summary").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_markup_in_what_a_server_says_stays_text(opened: Opened, scheme: str) -> None:
    page = opened(making.hostile_run())
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.get_by_role("button", name="Open what failed").click()
    for summary in page.locator(".result > summary").all():
        if summary.evaluate("summary => !summary.parentElement.open"):
            summary.click()
    for line in page.locator(".result.fail .wire .line").all()[:5]:
        line.click()
    page.locator("#contract summary").click()
    assert page.locator(".wire svg pre").count() >= 1
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0
    assert '<img src=x onerror="window.pwned=1"></script><b>&amp;\\u2028\\u202e\\u001b[31m' in page.inner_text(
        "tr.detail"
    )
    assert re.search("[\u202e\u2028]", page.inner_text("body")) is None


def test_a_long_run_is_usable(opened: Opened) -> None:
    page = opened(making.big_run())
    page.locator("#q").fill("presence/40.1")
    assert shown(page) == ["presence/40.1", "presence/40.10"]
    page.get_by_role("button", name="presence/40.10").click()
    assert page.locator(".result.fail .wire .line").count() == 40
    page.get_by_role("button", name="Show all").click()
    assert len(shown(page)) == 400


def test_it_does_not_grow_wider_than_the_window_and_is_printed(opened: Opened, tmp_path: Path) -> None:
    page = opened(making.run(), fragment="#open=presence/2.1")
    expect(page.locator(".wire svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.set_viewport_size({"width": 420, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    page.emulate_media(media="print")
    expect(page.locator("#filter")).to_be_hidden()
    expect(page.locator(".result.fail .expected")).to_be_visible()
    assert page.pdf(path=tmp_path / "report.pdf").startswith(b"%PDF")
