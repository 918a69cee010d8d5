"""Selects the examples of a run, and gives the reason for each that is left out.

A selection is an id (`presence/3.2`), one row (`presence/7.1#3`), a rule (`presence/3`), a family (`presence`), a
contract check (`contract/server/presence:list`), or a tag expression (`@locks and not @slow`).

The list of known failures has one id a line: a requirement, a row or a contract check. Text after ` #` is a comment.
Listed examples still run. A listed failure does not count; a listed pass does, because the list is out of date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cucumber_tag_expressions import parse
from cucumber_tag_expressions.parser import TagExpressionError

from realtime_contracts.conform.requirements import Example, Suite
from realtime_contracts.conform.results import Requirement
from realtime_contracts.conform.tags import LEVELS

#: The family of each message. The first matching prefix counts.
FAMILY_OF = (
    ("presence", "presence"),
    ("heartbeat", "presence"),
    ("room:", "rooms"),
    ("cursor:", "cursors"),
    ("typing:", "typing"),
    ("doc:lock", "locks"),
    ("doc:unlock", "locks"),
    ("documents", "documents"),
    ("doc:", "documents"),
    ("notification", "notifications"),
    ("activity", "activity"),
    ("connect", "connection"),
    ("auth:", "connection"),
    ("secrecy", "connection"),
)
_CONTRACT = "contract/"
_REMARK = re.compile(r"(^|\s)#.*$")
#: The contract checks of events that are not in the contract, which a server may send besides.
OF_ITS_OWN = "contract/server/"
_ID = re.compile(r"[a-z_]+(/\d+(\.\d+(#\d+)?)?)?")


class NothingSelected(ValueError):
    """A selection matches nothing; the message names it and shows what would match."""


@dataclass(frozen=True)
class Selection:
    """The selection from the command line."""

    #: Ids and tag expressions. Empty selects everything.
    words: tuple[str, ...] = ()
    #: The least binding level to run.
    level: str = "may"
    skip_slow: bool = False
    nodes: int = 1

    def of(self, suite: Suite) -> list[Example]:
        """Return the selected examples. Raises NothingSelected."""
        allowed = LEVELS[: LEVELS.index(self.level) + 1]
        chosen: dict[str, Example] = {}
        for word in self.words or ("",):
            found = [example for example in suite.examples if _fits(word, example)]
            if not found:
                raise NothingSelected(f"{word!r} selects nothing: {_help(word, suite.requirements)}")
            chosen.update({example.id: example for example in found})
        found = [e for e in suite.examples if e.id in chosen and e.requirement.level in allowed]
        if not found:
            raise NothingSelected(f"nothing of that is of the level {self.level}")
        return found

    def contract_ids(self) -> frozenset[str]:
        """Return the ids of the selected contract checks."""
        return frozenset(word for word in self.words if word.startswith(_CONTRACT))

    def why_not(self, example: Example) -> str:
        """Return the reason why an example is not run, or ""."""
        if "multi_node" in example.needs and self.nodes < 2:
            return "needs two nodes of one cluster: give the URLs of both"
        if "fault" in example.needs:
            return "needs somebody who kills nodes and cuts Redis: not over a URL"
        if "slow" in example.needs and self.skip_slow:
            return "takes as long as the server's timeouts: shorten them there, and say so with --timeouts"
        return ""


def _fits(word: str, example: Example) -> bool:
    if not word:
        return True
    if word.startswith(_CONTRACT):
        return example.requirement.family == family_of(word)
    if _ID.fullmatch(word):
        id_ = example.id
        return id_ == word or id_.startswith((f"{word}/", f"{word}.", f"{word}#"))
    try:
        expression = parse(word)
    except TagExpressionError as error:
        raise NothingSelected(f"{word!r} is neither an id nor a tag expression: {_first_line(error)}") from error
    rulings = (f"ruling_{row}" for row in example.rulings)
    tags = [f"@{tag}" for tag in {*example.requirement.tags, *example.needs, *rulings}]
    return bool(expression.evaluate(tags))


def family_of(contract_id: str) -> str:
    """Return the family of a contract check: `contract/server/presence:list` belongs to `presence`."""
    *direction, message = contract_id.removeprefix(_CONTRACT).split("/")
    if direction == ["response"] and not message.startswith(("notification", "activity")):
        return "rest"
    return next((family for prefix, family in FAMILY_OF if message.startswith(prefix)), "errors")


def _help(word: str, requirements: Sequence[Requirement]) -> str:
    families = ", ".join(dict.fromkeys(requirement.family for requirement in requirements))
    if word.startswith("@") or " " in word:
        return "no scenario has such tags"
    return f"ids are family/rule.scenario, of {families}; `realtime conform --list` prints them"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]


class BadList(ValueError):
    """The list of known failures is malformed; the message names the line."""


def read_known(file: Path, suite: Suite, contract_ids: Iterable[str]) -> frozenset[str]:
    """Return the ids of a list of known failures. Raises BadList, OSError."""
    ids = {requirement.id for requirement in suite.requirements}
    ids |= {example.id for example in suite.examples} | set(contract_ids)
    found = set()
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadList(f"{file} is no text: {error.reason} at byte {error.start}") from error
    for number, line in enumerate(text.splitlines(), 1):
        id_ = _REMARK.sub("", line).strip()
        if id_ and id_ not in ids and not id_.startswith(OF_ITS_OWN):
            raise BadList(f"{file}:{number}: there is no requirement {id_!r}")
        if id_:
            found.add(id_)
    return frozenset(found)
