"""Reads the features as requirements, checks them, and binds each sentence to its step.

Each scenario is a requirement. Its first tag is its permanent id (`@presence/3.2`); other tags give its level and its
source. The quoted line under its name is the sentence of the specification that it proves. An outline is one
requirement with an example per row. Errors that would lose a scenario or let it pass by mistake are refused at loading:
a missing or duplicate id, a sentence that fits no step or several. So a loaded suite can run.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from realtime_contracts.conform.results import Requirement
from realtime_contracts.conform.steps import fitting
from realtime_contracts.conform.tags import FAMILIES, ID, LEVELS, NEEDS, RULING, SOURCE, TAGS
from realtime_contracts.contract.registry import registry

_KINDS = {"Context": "given", "Action": "when", "Outcome": "then"}
#: A quoted sentence of the specification below a scenario's name. There may be several; reports show the first.
_QUOTE = re.compile(r"^\s*> (.+)$", re.MULTILINE)


class BrokenFeatures(ValueError):
    """The features cannot be run; the message lists the errors and where they are."""


@dataclass(frozen=True)
class Sentence:
    """A line of a scenario, and its step."""

    keyword: str
    kind: str
    text: str
    #: The rows of its data table, if any.
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Example:
    """The unit that runs: a scenario, or a row of an outline (`row` from 1)."""

    requirement: Requirement
    row: int
    name: str
    needs: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    #: The keys of the rulings that it decides.
    rulings: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Return the id that selects it: `presence/7.1#3`."""
        return f"{self.requirement.id}#{self.row}" if self.row else self.requirement.id


@dataclass(frozen=True)
class Suite:
    """All requirements, in the order of the features, and their examples."""

    folder: Path
    requirements: tuple[Requirement, ...]
    examples: tuple[Example, ...]


def features_folder() -> Path:
    """Return the folder of the features, in the source tree or in the installed package."""
    folder = registry().folder
    return folder / "features" if (folder / "features").is_dir() else folder.parent / "features"


@functools.cache
def suite() -> Suite:
    """Return the suite of this package's own features. Raises BrokenFeatures."""
    return load(features_folder())


def load(folder: Path) -> Suite:
    """Load the features of a folder. Raises BrokenFeatures with all errors."""
    requirements: list[Requirement] = []
    examples: list[Example] = []
    wrong: list[str] = []
    found = {path.stem: path for path in folder.glob("*.feature")}
    if set(found) != set(FAMILIES):
        raise BrokenFeatures(f"{folder} has to hold the features {', '.join(FAMILIES)}, and holds {', '.join(found)}")
    paths = [found[family] for family in FAMILIES]
    for path in paths:
        document: Any = {**Parser().parse(path.read_text("utf-8")), "uri": path.name}
        made: dict[str, Requirement] = {}
        for feature, rule, scenario in scenarios(document):
            requirement = _requirement(path.stem, feature, rule, scenario, wrong)
            made[scenario["id"]] = requirement
            requirements.append(requirement)
        pickles: list[Any] = Compiler().compile(document)
        compiled = [_example(document, made, pickle, wrong) for pickle in pickles]
        lost = set(made.values()) - {example.requirement for example in compiled}
        wrong += [f"{requirement.id or requirement.name} has no example" for requirement in lost]
        examples += _numbered(compiled, made)
    wrong += [f"{id_} is there {n} times" for id_, n in Counter(r.id for r in requirements).items() if n > 1]
    if wrong:
        raise BrokenFeatures("\n".join(sorted(set(wrong))))
    return Suite(folder, tuple(requirements), tuple(examples))


def scenarios(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield every scenario of a parsed file with its feature and its rule (the feature again if there is no rule)."""
    feature = document["feature"]
    for child in feature["children"]:
        for inner in child["rule"]["children"] if "rule" in child else [child]:
            if "scenario" in inner:
                yield feature, child.get("rule", feature), inner["scenario"]


def _requirement(
    family: str, feature: dict[str, Any], rule: dict[str, Any], scenario: dict[str, Any], wrong: list[str]
) -> Requirement:
    where = f"{family}.feature:{scenario['location']['line']}"
    own = [tag["name"].removeprefix("@") for part in (feature, rule, scenario) for tag in part["tags"]]
    tags = list(dict.fromkeys(own))
    ids = [tag for tag in tags if ID.fullmatch(tag)]
    levels = [tag for tag in tags if tag in LEVELS]
    sources = tuple(tag for tag in tags if SOURCE.fullmatch(tag))
    of_rows = [tag["name"].removeprefix("@") for table in scenario["examples"] for tag in table["tags"]]
    rulings = _rulings(dict.fromkeys([*tags, *of_rows]))
    unknown = [tag for tag in tags if not (ID.fullmatch(tag) or SOURCE.fullmatch(tag) or RULING.fullmatch(tag))]
    unknown = [tag for tag in unknown if tag not in TAGS]
    if unknown:
        wrong.append(f"{where}: nobody knows the tag @{unknown[0]}")
    if len(ids) != 1 or not ids[0].startswith(f"{family}/"):
        wrong.append(f"{where}: has to have one id, @{family}/rule.scenario")
    if len(levels) != 1:
        wrong.append(f"{where}: has to have one level of {', '.join(LEVELS)}")
    if not sources:
        wrong.append(f"{where}: has to have a source")
    quote = _QUOTE.search(scenario["description"])
    return Requirement(
        id=ids[0] if ids else "",
        family=family,
        level=levels[0] if levels else "must",
        feature=feature["name"],
        rule=rule["name"],
        name=scenario["name"],
        sentence=quote[1].strip() if quote else "",
        sources=sources,
        needs=_needs(tags),
        tags=tuple(tags),
        rulings=rulings,
    )


def _example(
    document: dict[str, Any], made: dict[str, Requirement], pickle: dict[str, Any], wrong: list[str]
) -> Example:
    keywords = _keywords(document)
    sentences = []
    for step in pickle["steps"]:
        kind = _KINDS.get(step.get("type", ""), "")
        fits = fitting(kind, step["text"])
        if len(fits) != 1:
            several = " and ".join(definition.sentence for definition in fits)
            what = f"fits several steps: {several}" if fits else "fits no step"
            wrong.append(f"{document['uri']}: {pickle['name']}: {kind or '*'} {step['text']!r} {what}")
        table = step.get("argument", {}).get("dataTable", {}).get("rows", [])
        cells = tuple(tuple(cell["value"] for cell in row["cells"]) for row in table)
        sentences.append(Sentence(keywords[step["astNodeIds"][0]], kind, step["text"], cells))
    if not sentences:
        wrong.append(f"{document['uri']}: {pickle['name']} says nothing")
    tags = [tag["name"].removeprefix("@") for tag in pickle["tags"]]
    requirement = made[pickle["astNodeIds"][0]]
    return Example(requirement, 0, pickle["name"], _needs(tags), tuple(sentences), _rulings(tags))


def _numbered(examples: list[Example], made: dict[str, Requirement]) -> Iterator[Example]:
    """Number the rows of outlines; a plain scenario keeps 0."""
    total = Counter(example.requirement for example in examples)
    seen: Counter[Requirement] = Counter()
    for example in examples:
        seen[example.requirement] += 1
        outline = total[example.requirement] > 1 or "<" in example.requirement.name
        row = seen[example.requirement] if outline else 0
        yield replace(example, row=row)


def _rulings(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(tag.removeprefix("ruling_") for tag in tags if RULING.fullmatch(tag))


def _needs(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({tag for tag in tags if tag in NEEDS}))


def _keywords(document: dict[str, Any]) -> dict[str, str]:
    """Return the keyword of each step, by the step's id."""
    found: dict[str, str] = {}
    feature = document["feature"]
    children = [*feature["children"]]
    children += [inner for child in feature["children"] if "rule" in child for inner in child["rule"]["children"]]
    for child in children:
        for part in (child.get("scenario"), child.get("background")):
            if part:
                found.update({step["id"]: step["keyword"].strip() for step in part["steps"]})
    return found
