"""The matrix of requirements and mutants, as text."""

from __future__ import annotations

from tests.mutants.grid import grid


def test_requirements_go_down_and_mutants_across_and_what_was_not_tried_is_blank() -> None:
    joined = {"presence/1.2": True, "presence/1.10": False}
    text = grid({"joined-per-tab": joined, "left-twice": {"presence/1.10": True}})
    assert text.splitlines() == [
        "               1  2",
        "presence/1.2   ✗   ",
        "presence/1.10  ·  ✗",
        "✗ killed  · not killed",
        "  1  joined-per-tab",
        "  2  left-twice",
    ]


def test_checks_of_the_contract_have_rows_too() -> None:
    assert "contract/ack/room:join  ✗" in grid({"ack-missing": {"contract/ack/room:join": True}})
