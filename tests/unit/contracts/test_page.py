"""The contract's page: all of it is there, it loads nothing, and its policy lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser

import pytest
from markupsafe import escape

from realtime_contracts import SOCKET_DIRECTIONS, Direction
from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.fields import rows
from realtime_contracts.contract.page import CHAPTERS, page
from realtime_contracts.contract.registry import Example, Registry, registry
from realtime_contracts.contract.schemas import own_schemas

MESSAGES = registry().messages()
#: What makes a browser fetch something.
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}


class Reader(HTMLParser):
    """What is in the page: ids, links, texts of style and script, and what would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.raw: dict[str, str] = {}
        self.handlers: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._inside = tag
        self.ids += [values["id"]] if values.get("id") else []
        self.links += [values["href"]] if tag == "a" and values.get("href") else []
        self.loads += [tag] if tag in LOADING and LOADING[tag] in values else []
        self.handlers += [name for name in values if name.startswith("on") or name == "style"]

    def handle_data(self, data: str) -> None:
        if self._inside in {"style", "script"}:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


@pytest.fixture(scope="module")
def read() -> Reader:
    reader = Reader()
    reader.feed(page().html)
    return reader


@pytest.mark.parametrize(("direction", "event"), MESSAGES, ids=str)
def test_every_message_is_there_with_its_fields_and_examples(direction: Direction, event: str, read: Reader) -> None:
    html = page().html
    assert f"contract/schemas/{direction.value}/{event.replace(':', '.')}.json" in read.links
    assert str(escape(registry().schema(direction, event)["description"])).split("`")[0] in html
    for row in rows(own_schemas(), direction.value, event):
        assert str(escape(row.name)) in html
    examples = registry().examples(direction, event)
    for valid in (True, False):
        shown = next(e for e in examples if e.valid == valid)
        assert str(escape(shown.description)) in html


def test_every_code_is_explained(read: Reader) -> None:
    assert "codes" in read.ids
    for code in error_codes():
        assert f"<code>{code}</code>" in page().html


def test_it_loads_nothing_and_has_no_inline_handlers(read: Reader) -> None:
    assert read.loads == []
    assert read.handlers == []
    assert "url(" not in read.raw["style"]
    assert "@import" not in read.raw["style"]


def test_its_policy_allows_its_own_style_and_script_by_hash_and_nothing_else(read: Reader) -> None:
    allowed = dict(part.split(" ", 1) for part in page().policy.split("; "))
    assert allowed["default-src"] == "'none'"
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(read.raw[tag].encode()).digest()).decode()
        assert allowed[f"{tag}-src"] == f"'sha256-{digest}'"


def test_every_link_inside_the_page_leads_somewhere(read: Reader) -> None:
    inside = {link.removeprefix("#") for link in read.links if link.startswith("#")}
    assert len(inside) > len(CHAPTERS)
    assert inside <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))


def test_every_event_has_a_chapter() -> None:
    families = {family for names in CHAPTERS.values() for family in names}
    events = {event for d in SOCKET_DIRECTIONS for event in registry().events(d)}
    assert {event.partition(":")[0] for event in events} == families


def test_what_is_in_an_example_is_text_and_never_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = Example("<b>bold</b>", {"name": "</pre><img src=x onerror=alert(1)>"}, valid=True)
    monkeypatch.setattr(Registry, "examples", lambda *_: (hostile,))
    html = page.__wrapped__().html
    assert "<img" not in html
    assert "<b>bold" not in html
    assert "&lt;/pre&gt;&lt;img src=x onerror=alert(1)&gt;" in html


def test_the_place_of_a_fault_is_a_pointer_or_the_whole() -> None:
    assert "wrong at <code>/</code>" not in page().html
    assert "wrong as a whole" in page().html


def test_a_long_name_of_a_file_does_not_widen_the_page(read: Reader) -> None:
    assert "p, h3 { overflow-wrap: anywhere; }" in read.raw["style"]
