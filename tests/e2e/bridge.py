"""Between pytest-bdd and the harness: its step definitions, an id and an arena for each example, and what was lost."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import pytest
from pytest_bdd.parsers import StepParser
from pytest_bdd.scenario import scenario_wrapper_template_registry

from realtime_contracts.conform.requirements import suite
from realtime_contracts.conform.sentences import Definition
from tests.e2e.cluster import arenas


class DefinitionParser(StepParser):
    """Recognises the sentence of a step definition."""

    def __init__(self, definition: Definition) -> None:
        super().__init__(definition.sentence)
        self._definition = definition

    def is_matching(self, name: str) -> bool:
        return self._definition.match(name) is not None

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        return self._definition.match(name)


def put_into_arenas(module: dict[str, Any]) -> None:
    """Give each scenario of a test module a test per example and arena, with the example's id."""
    examples = {id_: list(rows) for id_, rows in groupby(suite().examples, lambda example: example.requirement.id)}
    for name, function in module.items():
        if name.startswith("test_"):
            template = scenario_wrapper_template_registry[function]
            [id_] = [tag for tag in template.tags if tag in examples]
            marks = getattr(function, "pytestmark", [])
            rows = [row for mark in marks if mark.name == "parametrize" for row in mark.args[1]] or [pytest.param({})]
            values = [
                pytest.param(row.values[0], arena, id=f"{example.id}-{arena.transport}-{arena.nodes}", marks=row.marks)
                for row, example in zip(rows, examples[id_], strict=False)
                for arena in arenas(example.id.partition("/")[0], example.needs)
            ]
            function.pytestmark = [mark for mark in marks if mark.name != "parametrize"]
            pytest.mark.parametrize(("_pytest_bdd_example", "arena"), values)(function)


def differences(items: Iterable[Any]) -> list[str]:
    """Where the tests are not one for each example and arena, with the steps that Cucumber's own parser reads."""
    expected = {
        f"{example.id}-{arena.transport}-{arena.nodes}": [[(s.kind, s.text, s.table) for s in example.sentences]]
        for example in suite().examples
        for arena in arenas(example.id.partition("/")[0], example.needs)
    }
    read: dict[str, list[Any]] = {id_: [] for id_ in expected}
    for item in items:
        scenario = scenario_wrapper_template_registry[item.function].render(item.callspec.params["_pytest_bdd_example"])
        steps = [(s.type, s.name, tuple(map(tuple, s.datatable.raw())) if s.datatable else ()) for s in scenario.steps]
        read.setdefault(item.callspec.id, []).append(steps)
    wrong = sorted(id_ for id_ in read if read[id_] != expected.get(id_))
    return [f"{id_}: expected one test of {expected.get(id_)}, got {read[id_]}" for id_ in wrong]
