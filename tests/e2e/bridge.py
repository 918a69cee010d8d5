"""Between pytest-bdd and the harness: its step definitions, an id and an arena for each example, and what was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from pytest_bdd.parsers import StepParser
from pytest_bdd.scenario import scenario_wrapper_template_registry

from realtime_contracts.conform.requirements import Example, suite
from realtime_contracts.conform.sentences import Definition


class Arena(NamedTuple):
    """Which transport the clients use, and over how many nodes they are spread."""

    transport: str
    nodes: int


#: Both transports, one node and two, and each with the other only where a requirement is about nodes.
ARENAS = (Arena("websocket", 2), Arena("polling", 1))
MULTI_NODE_ARENAS = (Arena("websocket", 2), Arena("polling", 2))


class DefinitionParser(StepParser):
    """Recognises the sentence of a step definition."""

    def __init__(self, definition: Definition) -> None:
        super().__init__(definition.sentence)
        self._definition = definition

    def is_matching(self, name: str) -> bool:
        return self._definition.match(name) is not None

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        return self._definition.match(name)


def arenas(example: Example) -> tuple[Arena, ...]:
    return MULTI_NODE_ARENAS if "multi_node" in example.needs else ARENAS


def put_into_arenas(module: dict[str, Any]) -> None:
    """Give each scenario of a test module a test per example and arena, with the example's id."""
    examples: dict[str, list[Example]] = {}
    for example in suite().examples:
        examples.setdefault(example.requirement.id, []).append(example)
    for name, function in module.items():
        if name.startswith("test_"):
            template = scenario_wrapper_template_registry[function]
            [id_] = [tag for tag in template.tags if tag in examples]
            marks = getattr(function, "pytestmark", [])
            rows = [row for mark in marks if mark.name == "parametrize" for row in mark.args[1]] or [pytest.param({})]
            values = [
                pytest.param(row.values[0], arena, id=f"{example.id}-{arena.transport}-{arena.nodes}", marks=row.marks)
                for row, example in zip(rows, examples[id_], strict=False)
                for arena in arenas(example)
            ]
            function.pytestmark = [mark for mark in marks if mark.name != "parametrize"]
            pytest.mark.parametrize(("_pytest_bdd_example", "arena"), values)(function)


def differences(items: Iterable[Any]) -> list[str]:
    """What tests of scenarios differ from the examples in their arenas, as Cucumber's own parser reads them."""
    expected = {
        f"{example.id}-{arena.transport}-{arena.nodes}": [(s.kind, s.text, s.table) for s in example.sentences]
        for example in suite().examples
        for arena in arenas(example)
    }
    collected = {item: item.callspec.id for item in items}
    counts = Counter(collected.values())
    wrong = [f"{id_}: {counts[id_]} tests, expected one" for id_ in {*expected, *counts} if counts[id_] != 1]
    for item, id_ in collected.items():
        scenario = scenario_wrapper_template_registry[item.function].render(item.callspec.params["_pytest_bdd_example"])
        steps = [(s.type, s.name, tuple(map(tuple, s.datatable.raw())) if s.datatable else ()) for s in scenario.steps]
        if steps != expected.get(id_):
            wrong.append(f"{id_}: pytest-bdd reads {steps}, expected {expected.get(id_)}")
    return sorted(wrong)
