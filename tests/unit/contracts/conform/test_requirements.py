"""That nothing of the features is lost on its way to a verdict, and that each requirement is what it says it is."""

from __future__ import annotations

import inspect
import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from realtime_contracts import SOCKET_DIRECTIONS
from realtime_contracts.conform import steps as step_modules
from realtime_contracts.conform.requirements import BrokenFeatures, features_folder, load, suite
from realtime_contracts.conform.steps import DEFINITIONS, fitting
from realtime_contracts.conform.tags import FAMILIES, SEED, TAGS, source_of
from realtime_contracts.contract.exchanges import exchanges
from realtime_contracts.contract.registry import registry

#: Requirements whose scenario is gone. Their ids are never given to another.
RETIRED: frozenset[str] = frozenset()

#: Error codes that no scenario can bring about, and why.
UNREACHABLE_CODES = {
    "internal": "is a defect of the server: there is no scenario for it, and every scenario fails on one",
}

GOOD = """\
@{family}
Feature: Any
  Rule: One
    @{family}/1.1 @must @seed_1_1
    Example: First
      Given Ana works at "acme"
"""


def features(folder: Path, **changed: str) -> Path:
    """A folder with a feature of each family; `changed` by its name."""
    for family in FAMILIES:
        (folder / f"{family}.feature").write_text(changed.get(family, GOOD.replace("{family}", family)), "utf-8")
    return folder


def broken(folder: Path, text: str) -> str:
    with pytest.raises(BrokenFeatures) as caught:
        load(features(folder, rooms=text))
    return str(caught.value)


ROOMS = GOOD.replace("{family}", "rooms")


def test_features_that_are_right_are_loaded_in_the_order_of_the_families(tmp_path: Path) -> None:
    loaded = load(features(tmp_path))
    assert [requirement.family for requirement in loaded.requirements] == list(FAMILIES)
    assert [example.id for example in loaded.examples] == [f"{family}/1.1" for family in FAMILIES]


#: What is changed in a feature that is right, and what is said of it.
MISTAKES = {
    "an undefined step": (('Given Ana works at "acme"', "Given nobody knows this"), "fits no step"),
    "a step of another kind": (('Given Ana works at "acme"', 'When Ana works at "acme"'), "fits no step"),
    "a step of no kind": (('Given Ana works at "acme"', '* Ana works at "acme"'), "fits no step"),
    "a scenario without steps": (('      Given Ana works at "acme"\n', ""), "First says nothing"),
    "no id": (("@rooms/1.1 ", ""), "has to have one id"),
    "two ids": (("@rooms/1.1 ", "@rooms/1.1 @rooms/1.2 "), "has to have one id"),
    "another family's id": (("@rooms/1.1 ", "@typing/1.1 "), "has to have one id"),
    "no level": (("@must ", ""), "has to have one level"),
    "two levels": (("@must ", "@must @should "), "has to have one level"),
    "no source": (("@seed_1_1", ""), "has to have a source"),
    "an unknown tag": (("@seed_1_1", "@seed_1_1 @wip"), "nobody knows the tag @wip"),
    "an outline without rows": (("Example: First", "Scenario Outline: First"), "rooms/1.1 has no example"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_would_be_lost_or_pass_by_mistake_is_refused(tmp_path: Path, mistake: str) -> None:
    change, words = MISTAKES[mistake]
    text = ROOMS.replace(*change)
    if mistake == "an outline without rows":
        text += "\n      Examples:\n        | x |\n"
    assert text != ROOMS
    assert words in broken(tmp_path, text)


def test_a_sentence_that_fits_two_steps_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twin = next(step for step in DEFINITIONS if step.match('Ana works at "acme"'))
    monkeypatch.setattr("realtime_contracts.conform.sentences.DEFINITIONS", [*DEFINITIONS, twin])
    assert "fits several steps" in broken(tmp_path, ROOMS)


def test_an_id_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    twice = ROOMS + ROOMS[ROOMS.index("    @rooms/1.1") :].replace("First", "Second")
    assert "rooms/1.1 is there 2 times" in broken(tmp_path, twice)


def test_a_family_without_its_feature_is_refused(tmp_path: Path) -> None:
    (features(tmp_path) / "rooms.feature").unlink()
    with pytest.raises(BrokenFeatures, match="has to hold the features"):
        load(tmp_path)


def test_an_outline_is_one_requirement_with_a_number_for_each_row_over_all_its_tables(tmp_path: Path) -> None:
    outline = """\
      Examples: some
        | company |
        | acme    |
        | globex  |

      @slow
      Examples: more
        | company |
        | initech |
"""
    text = ROOMS.replace("Example: First", "Scenario Outline: At <company>").replace("acme", "<company>") + outline
    loaded = load(features(tmp_path, rooms=text))
    rows = [example for example in loaded.examples if example.requirement.id == "rooms/1.1"]
    assert [(row.id, row.name, row.needs) for row in rows] == [
        ("rooms/1.1#1", "At acme", ()),
        ("rooms/1.1#2", "At globex", ()),
        ("rooms/1.1#3", "At initech", ("slow",)),
    ]


# Our own features


def test_every_example_of_the_official_parser_is_one_of_ours() -> None:
    pickles = [
        pickle["name"]
        for path in features_folder().glob("*.feature")
        for pickle in Compiler().compile({**Parser().parse(path.read_text("utf-8")), "uri": path.name})
    ]
    assert Counter(example.name for example in suite().examples) == Counter(pickles)
    assert len({example.id for example in suite().examples}) == len(pickles)


def test_no_id_is_skipped_and_none_of_a_scenario_that_is_gone_is_used_again() -> None:
    ids = {requirement.id for requirement in suite().requirements}
    assert ids & RETIRED == set()
    numbers: dict[str, set[int]] = defaultdict(set)
    rules: dict[str, set[int]] = defaultdict(set)
    for id_ in ids | RETIRED:
        rule, _, number = id_.rpartition(".")
        numbers[rule].add(int(number))
        family, _, of_family = rule.partition("/")
        rules[family].add(int(of_family))
    assert {rule: found for rule, found in numbers.items() if found != set(range(1, len(found) + 1))} == {}
    assert {family: found for family, found in rules.items() if found != set(range(1, len(found) + 1))} == {}


def test_a_rule_has_one_number_and_a_number_one_rule() -> None:
    numbers = defaultdict(set)
    for requirement in suite().requirements:
        numbers[requirement.id.rpartition(".")[0]].add(requirement.rule)
    assert {number: rules for number, rules in numbers.items() if len(rules) != 1} == {}
    named = [(number.partition("/")[0], *rules) for number, rules in numbers.items()]
    assert [rule for rule, times in Counter(named).items() if times > 1] == []


def test_every_source_is_a_section() -> None:
    used = {source for requirement in suite().requirements for source in requirement.sources}
    assert all(source_of(source) for source in used)
    assert {source.removeprefix("seed_") for source in used if source.startswith("seed_")} <= set(SEED)


def test_every_family_is_a_tag_of_its_requirements() -> None:
    families = {family for family in FAMILIES if family != "multi_node"}
    for requirement in suite().requirements:
        assert set(requirement.tags) & families, requirement.id
    assert families <= set(TAGS)


def test_every_step_is_used() -> None:
    used = {id(fitting(s.kind, s.text)[0]) for example in suite().examples for s in example.sentences}
    assert [step.sentence for step in DEFINITIONS if id(step) not in used] == []


def test_backgrounds_are_four_lines_of_given_at_most() -> None:
    for path in features_folder().glob("*.feature"):
        feature = Parser().parse(path.read_text("utf-8"))["feature"]
        inner = [child for rule in feature["children"] if "rule" in rule for child in rule["rule"]["children"]]
        for child in [*feature["children"], *inner]:
            found = child.get("background", {}).get("steps", [])
            assert len(found) <= 4
            assert all(step["keywordType"] in {"Context", "Conjunction"} for step in found)


def test_every_message_and_every_code_of_the_contract_is_in_a_feature_or_its_steps() -> None:
    modules = [module for module in vars(step_modules).values() if inspect.ismodule(module)]
    texts = [path.read_text("utf-8") for path in features_folder().glob("*.feature")]
    words = "\n".join([*texts, *(inspect.getsource(module) for module in modules)])
    events = set().union(*(registry().events(direction) for direction in SOCKET_DIRECTIONS)) - {
        "connect",
        "connect_error",
    }
    assert {event for event in events if f'"{event}"' not in words and f" {event} " not in words} == set()
    codes = {code for event in exchanges().by_event.values() for code in event.errors} | error_codes()
    assert set(UNREACHABLE_CODES) <= codes
    unnamed = {code for code in codes if f'"{code}"' not in words and f"| {code} " not in words}
    assert unnamed - set(UNREACHABLE_CODES) == set()


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
