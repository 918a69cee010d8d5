"""The page of a run: all of it is there, it loads nothing, and what a server says stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from markupsafe import escape

from realtime_contracts.conform.reports.html import CUTS, embedded, html
from realtime_contracts.conform.results import Run, Verdict
from tests.unit.contracts.conform.reports.making import HOSTILE, big_run, hostile_run, results, run

#: What makes a browser fetch something.
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}


class Reader(HTMLParser):
    """What is in the page: elements, ids, links, its style, scripts and data, and its policy."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.attributes: set[str] = set()
        self.rows: dict[str, dict[str, str | None]] = {}
        self.raw: dict[str, str] = {}
        self.policy = ""
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self._inside = str(values.get("type", tag)) if tag == "script" else tag
        self.ids += [str(values["id"])] if "id" in values else []
        self.links += [str(values["href"])] if tag == "a" else []
        self.loads += [tag] if tag in LOADING and LOADING[tag] in values else []
        self.attributes |= set(values)
        if "data-id" in values:
            self.rows[str(values["data-id"])] = values
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(values["content"])

    def handle_data(self, data: str) -> None:
        if self._inside in {"style", "script", "application/json"}:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def test_it_loads_nothing_and_has_no_inline_handlers_or_styles() -> None:
    read = Reader(html(run(), run()))
    assert read.loads == []
    assert not any(name.startswith("on") or name == "style" for name in read.attributes)
    assert "url(" not in read.raw["style"]
    assert "@import" not in read.raw["style"]
    assert "innerHTML" not in read.raw["script"]


def test_its_policy_allows_its_own_style_and_script_by_hash_and_nothing_else() -> None:
    read = Reader(html(run()))
    allowed = dict(part.split(" ", 1) for part in read.policy.split("; "))
    assert allowed.pop("default-src") == "'none'"
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(read.raw[tag].encode()).digest()).decode()
        assert allowed.pop(f"{tag}-src") == f"'sha256-{digest}'"
    assert set(allowed.values()) == {"'none'"}


def test_the_head_says_what_the_run_is_worth() -> None:
    page = html(run(complaints=("presence/1.1 is known to fail, and passes",)))
    assert page.startswith("<!doctype html>\n")
    for words in (
        "<title>FAIL: conformance of http://127.0.0.1:5001, http://127.0.0.1:5002</title>",
        "Exit status 1.",
        "<b>2</b>",
        "<small>1 known</small>",
        "presence/1.1 is known to fail, and passes",
        "--timeouts offline=2 --select presence",
        "2026-11-24 18:37:05 UTC",
        "1 min 16 s",
        "<dt>seed</dt><dd>20261124</dd>",
    ):
        assert words in page, words


def test_every_requirement_is_a_row_with_its_verdicts() -> None:
    rows = Reader(html(run())).rows
    assert set(rows) == {requirement.id for requirement in run().requirements}
    assert rows["presence/2.1"]["data-verdicts"] == "fail pass"
    assert rows["rooms/1.2"]["data-verdicts"] == "skip"
    assert rows["rooms/1.4"]["data-level"] == "may"


def columns(page: str) -> list[str]:
    return re.findall(r'<th scope="col" class="column">([^<]*)</th>', page)


def cells(page: str, id_: str) -> list[str]:
    """What each column says of a requirement: `fail 2 of 3`."""
    row = page.partition(f'data-id="{id_}"')[2].partition("</tr>")[0]
    found = re.findall(r'<td class="cell">.*?title="([^"]*)".*?</span>(?:<small>(.*?)</small>)?</td>', row)
    return [f"{verdict} {count}".strip() for verdict, count in found]


def test_a_column_for_each_transport_and_each_of_several_nodes() -> None:
    page = html(run())
    assert columns(page) == ["websocket", "polling", "node 1", "node 2"]
    assert cells(page, "presence/1.1") == ["pass", "pass", "pass 2 of 2", "pass"]
    assert cells(page, "presence/2.1") == ["fail 2 of 3", "not in this run", "fail 2 of 3", "fail 2 of 3"]
    assert cells(page, "rooms/1.2") == ["skip", "not in this run", "not in this run", "not in this run"]
    assert cells(page, "rooms/1.3")[0] == "fail, as was known"


def test_one_node_has_no_column() -> None:
    alone = tuple(result for result in results() if result.nodes == (1,))
    assert columns(html(run(results=alone))) == ["websocket", "polling"]


def test_another_run_has_columns_of_its_own_and_may_know_other_requirements() -> None:
    small = run(
        servers=("http://other:1",),
        requirements=run().requirements[:3],
        results=tuple(result for result in results() if result.verdict is Verdict.PASS),
        verdict=Verdict.PASS,
    )
    page = html(small, run())
    assert columns(page) == ["websocket", "polling", "node 1", "node 2"] * 2
    rows = Reader(page).rows
    assert "rooms/1.1" in rows
    assert rows["presence/1.1"]["data-differs"] == "0"
    assert rows["presence/2.1"]["data-differs"] == "1"
    assert "http://other:1" in page
    assert page.startswith("<!doctype html>")
    assert "PASS: conformance of http://other:1" in page


def test_the_tables_have_what_they_decide_on() -> None:
    page = html(run())
    read = Reader(page)
    for words in (
        "every tab broadcasts",
        "first in, last out",
        "contract/server/presence:list",
        escape('expected one of …, got "afk"'),
        "/users/0/status",
        "<code>rate_limited</code> 1",
        "2 of 2 accepted, 1 of 2 refused",
    ):
        assert str(words) in page, words
    required = page.partition("<code>/required</code>")[2].partition("</tr>")[0]
    assert '<span class="never-mark">never</span>' in required
    status = page.partition("<code>/properties/status/enum</code>")[2].partition("</tr>")[0]
    assert "never" not in status
    inside = {link.removeprefix("#") for link in read.links}
    opened = {link.removeprefix("open=") for link in inside if link.startswith("open=")}
    assert opened <= set(read.rows)
    assert {link for link in inside if "=" not in link} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))


def unpacked(data: Any, packed: Any) -> Any:
    """A payload, as the script makes it again."""
    if isinstance(packed, int):
        return data["values"][packed]
    parts = [unpacked(data, part) for part in packed[1:]]
    return parts if packed[0] < 0 else dict(zip(data["shapes"][packed[0]], parts, strict=True))


def test_the_page_holds_every_step_and_every_message() -> None:
    data = json.loads(Reader(html(run())).raw["application/json"])
    assert len(data["results"]) == len(results())
    for told, result in zip(data["results"], results(), strict=True):
        steps = [[data["values"][place] for place in step[:3]] for step in told[11]]
        assert steps == [[step.keyword, step.text, step.status] for step in result.steps]
        for [_, *words, payload], line in zip(told[12], result.wire, strict=True):
            assert [data["values"][place] for place in words] == [line.who, line.direction, line.kind, line.name]
            assert (None if payload is None else unpacked(data, data["payloads"][payload])) == line.payload
    assert data["runs"][0]["command"].endswith("5002 --timeouts offline=2")


@pytest.mark.parametrize("made", [hostile_run(), run(notes={HOSTILE: HOSTILE})], ids=["all of it", "a note"])
def test_what_a_server_says_is_text_and_never_markup(made: Run) -> None:
    page = html(made)
    page.encode()
    read = Reader(page)
    assert "img" not in read.tags
    assert "b" not in read.tags or read.tags.count("b") == len(Verdict), "only the numbers of the tiles"
    assert read.tags.count("script") == 2
    assert page.count("</script>") == 2
    for character in "\u2028\u202e\x00\ufffe\x1b":
        assert character not in page.replace(read.raw["application/json"], "")
    assert "\u2028" not in page
    json.loads(read.raw["application/json"])


def test_an_empty_run_is_a_page() -> None:
    empty = run(
        requirements=(),
        results=(),
        contract_checks=(),
        rulings=(),
        traffic=(),
        keywords=(),
        notes={},
        options=(),
        verdict=Verdict.INCONCLUSIVE,
        complaints=("nobody listens at 127.0.0.1:1",),
    )
    assert "nobody listens at 127.0.0.1:1" in html(empty)


def test_a_long_run_is_a_page_of_less_than_15_megabytes_with_all_of_it() -> None:
    page = html(big_run())
    assert len(page.encode()) < 15_000_000
    assert "To keep this page usable" not in page
    assert len(json.loads(Reader(page).raw["application/json"])["results"]) == 1600


# What is cut if it would be too much


OF_WHAT_PASSED = "the wire logs of what passed are left out and payloads of what failed are cut to 200 characters"


@pytest.fixture(scope="module")
def whole() -> int:
    """Return how large a run of forty requirements is as it is."""
    return len(embedded([big_run(40)], [""]).json)


@pytest.mark.parametrize(
    ("share", "passed", "failed", "missing"),
    [(1, 40, 40, ""), (3, 0, 40, OF_WHAT_PASSED), (10**9, 0, 0, "all wire logs are left out")],
    ids=["what fits", "what passed is cut first", "at last all"],
)
def test_of_what_is_too_much_wire_logs_are_cut(whole: int, share: int, passed: int, failed: int, missing: str) -> None:
    made = embedded([big_run(40)], [""], whole // share)
    lines = {(result[5], len(result[12])) for result in json.loads(made.json)["results"]}
    assert lines == {("pass", passed), ("fail", failed)}
    assert made.missing == (missing and f"To keep this page usable, {missing}; the JSON report has all of it.")


def test_a_cut_payload_is_the_beginning_of_its_json() -> None:
    long: Any = {"text": "x" * 10_000}
    [first, *_] = run().results
    made = embedded([run(results=(replace(first, wire=(replace(first.wire[0], payload=long),)),))], [""])
    data = json.loads(made.json)
    [payload] = data["payloads"]
    text = data["values"][payload]
    assert text == '{"text":"' + "x" * (CUTS[0][0] - 9) + "…"


def test_what_differs_in_type_only_is_not_the_same() -> None:
    values = [1, True, 1.0, "1", None, [1], {"1": 1}, 10**400, float("nan"), "\ud800"]
    [first, *_] = run().results
    lines = tuple(replace(first.wire[0], payload=[value]) for value in values)
    data = json.loads(embedded([run(results=(replace(first, wire=lines),))], [""]).json)
    told = [unpacked(data, data["payloads"][line[5]])[0] for line in data["results"][0][12]]
    expected = [1, True, 1.0, "1", None, [1], {"1": 1}, repr(10**400), "nan", "\\ud800"]
    assert [(type(value), value) for value in told] == [(type(value), value) for value in expected]
