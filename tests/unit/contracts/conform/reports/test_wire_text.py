"""A wire log as lines: aligned, one to a message, and harmless to a terminal."""

from __future__ import annotations

from dataclasses import replace

from realtime_contracts.conform.reports.words import wire_text
from tests.unit.contracts.conform.reports.making import HOSTILE, wire


def test_the_lines_are_aligned_and_say_when_who_which_way_and_what() -> None:
    assert wire_text(wire(other="Ben's tab (node 2)")).splitlines()[:8] == [
        '   0.010  Ana\'s tab 1 (node 1)  → connect {"token":"<token>"}',
        "   0.021  Ana's tab 1 (node 1)  · connected",
        "   0.031  Ben's tab (node 2)    · connected",
        '   0.123  Ana\'s tab 1 (node 1)  → presence:update {"status":"busy"}',
        '   0.131  Ana\'s tab 1 (node 1)  ← ack presence:update {"success":true}',
        (
            "   0.132  Ben's tab (node 2)    ← presence:update "
            '{"user_id":"ana","user_name":"Ana","status":"busy","current_page":null}'
        ),
        "   0.150  REST                  → GET /api/presence",
        (
            "   0.161  REST                  ← 200 "
            '{"users":[{"user_id":"ana","user_name":"Ana","status":"busy","current_page":null}]}'
        ),
    ]


def test_no_lines_are_no_text() -> None:
    assert wire_text(()) == ""


def test_a_long_payload_is_cut() -> None:
    [line] = wire_text([replace(wire()[3], payload="x" * 5000)], most=100).splitlines()
    assert line.endswith("x…")
    assert len(line) == len("   0.123  Ana's tab 1 (node 1)  → ") + 100


def test_what_a_server_says_is_one_line_and_moves_no_cursor() -> None:
    lines = [replace(line, name=f"a\nb{HOSTILE}", payload={"a": HOSTILE}) for line in wire()]
    text = wire_text(lines)
    assert len(text.splitlines()) == len(lines)
    assert all(line.isprintable() for line in text.split("\n"))
    assert "a\\u000ab" in text
    text.encode()
