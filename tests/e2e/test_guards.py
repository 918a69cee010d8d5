"""That nothing of the features is lost on its way to a verdict: scenarios, steps, tags, messages, codes."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from pytest_bdd.feature import get_feature
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from realtime_contracts import SOCKET_DIRECTIONS, registry
from realtime_contracts.conformance.plugin import SOURCE, TAGS
from realtime_contracts.conformance.steps import MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator

FEATURES = sorted((Path(__file__).parents[2] / "features").glob("*.feature"))
LEVELS = {"must", "should"}
FAMILIES = {
    "connection",
    "presence",
    "rooms",
    "cursors",
    "typing",
    "documents",
    "locks",
    "notifications",
    "activity",
    "rest",
    "errors",
}
MATRIX = 4
MULTI_NODE_MATRIX = 2

#: Error codes that no scenario here can bring about, and why.
UNREACHABLE_CODES = {
    "forbidden": "needs a ROOM_POLICY, which a server is configured with: tested in tests/integration",
    "rate_limited": "comes with the limits",
    "internal": "is a defect of the server: there is no scenario for it, and every scenario fails on one",
}


def pickles(path: Path) -> list[dict[str, Any]]:
    """Every example of a feature file, as the official parser sees them."""
    document: dict[str, Any] = {**Parser().parse(path.read_text("utf-8")), "uri": path.name}
    compiled: list[dict[str, Any]] = Compiler().compile(document)
    return compiled


def scenarios(path: Path) -> Iterator[dict[str, Any]]:
    """Every scenario and outline of a feature file."""
    for child in Parser().parse(path.read_text("utf-8"))["feature"]["children"]:
        for inner in child["rule"]["children"] if "rule" in child else [child]:
            if "scenario" in inner:
                yield inner["scenario"]


def step_contexts() -> list[StepFunctionContext]:
    return [
        context
        for module in MODULES
        for value in vars(module).values()
        for context in [_context(value)]
        if context is not None
    ]


def _context(value: object) -> StepFunctionContext | None:
    function = getattr(value, "_get_wrapped_function", lambda: None)()
    return step_function_context_registry.get(function) if function is not None else None


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.stem)
def test_every_example_of_the_official_parser_is_collected_in_every_arena(path: Path, collected: Counter[str]) -> None:
    if not collected:
        pytest.skip("the features are not part of this run")
    expected = sum(MULTI_NODE_MATRIX if "@multi_node" in _tags(pickle) else MATRIX for pickle in pickles(path))
    assert collected[path.name] == expected


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.stem)
def test_no_two_scenarios_of_a_file_have_one_name(path: Path) -> None:
    names = Counter(scenario["name"] for scenario in scenarios(path))
    assert [name for name, count in names.items() if count > 1] == []
    assert set(get_feature(str(path.parent), path.name).scenarios) == set(names)


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.stem)
def test_every_sentence_fits_exactly_one_step(path: Path) -> None:
    kinds = {"Context": "given", "Action": "when", "Outcome": "then"}
    contexts = step_contexts()
    wrong = {}
    for pickle in pickles(path):
        for step in pickle["steps"]:
            fitting = [
                context.parser.name
                for context in contexts
                if context.type == kinds[step["type"]] and context.parser.is_matching(step["text"])
            ]
            if len(fitting) != 1:
                wrong[f"{kinds[step['type']]} {step['text']}"] = fitting
    assert wrong == {}


def test_every_step_is_used() -> None:
    kinds = {"Context": "given", "Action": "when", "Outcome": "then"}
    sentences = {
        (kinds[step["type"]], step["text"]) for path in FEATURES for pickle in pickles(path) for step in pickle["steps"]
    }
    unused = [
        f"{context.type} {context.parser.name}"
        for context in step_contexts()
        if not any(context.type == kind and context.parser.is_matching(text) for kind, text in sentences)
    ]
    assert unused == []


def test_no_step_is_a_coroutine() -> None:
    """An `async def` step would pass without being awaited."""
    functions = [context.step_func for context in step_contexts()]
    assert functions
    assert [f.__name__ for f in functions if inspect.iscoroutinefunction(f) or inspect.isasyncgenfunction(f)] == []


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.stem)
def test_every_scenario_has_a_family_a_level_and_a_source_and_no_unknown_tag(path: Path) -> None:
    for pickle in pickles(path):
        tags = {tag.removeprefix("@") for tag in _tags(pickle)}
        sources = {tag for tag in tags if SOURCE.fullmatch(tag)}
        assert tags - sources - set(TAGS) == set(), pickle["name"]
        assert len(tags & LEVELS) == 1, pickle["name"]
        assert tags & FAMILIES, pickle["name"]
        assert sources, pickle["name"]


def test_backgrounds_are_four_lines_of_given_at_most() -> None:
    for path in FEATURES:
        feature = Parser().parse(path.read_text("utf-8"))["feature"]
        inner = [child for rule in feature["children"] if "rule" in rule for child in rule["rule"]["children"]]
        for child in [*feature["children"], *inner]:
            steps = child.get("background", {}).get("steps", [])
            assert len(steps) <= 4
            assert all(step["keywordType"] in {"Context", "Conjunction"} for step in steps)


def test_every_message_and_every_code_of_the_contract_is_in_a_feature_or_its_steps() -> None:
    sources = [inspect.getsource(module) for module in MODULES]
    words = "\n".join([*(path.read_text("utf-8") for path in FEATURES), *sources])
    events = set().union(*(registry().events(direction) for direction in SOCKET_DIRECTIONS)) - {
        "connect",
        "connect_error",
    }
    assert {event for event in events if f'"{event}"' not in words and f" {event} " not in words} == set()

    codes = error_codes()
    assert set(UNREACHABLE_CODES) <= codes
    assert {
        code for code in codes - set(UNREACHABLE_CODES) if f'"{code}"' not in words and f"| {code} " not in words
    } == set()


def error_codes() -> set[str]:
    """Every code that the schemas know."""
    found: set[str] = set()

    def collect(node: object) -> None:
        if isinstance(node, dict):
            code = node.get("properties", {}).get("code", {}) if isinstance(node.get("properties"), dict) else {}
            found.update(code.get("enum", []), [code["const"]] if "const" in code else [])
            for value in node.values():
                collect(value)
        elif isinstance(node, list):
            for value in node:
                collect(value)

    for path in (registry().folder / "schemas").glob("*/*.json"):
        collect(json.loads(path.read_text("utf-8")))
    return found


def _tags(pickle: dict[str, Any]) -> set[str]:
    return {tag["name"] for tag in pickle["tags"]}
