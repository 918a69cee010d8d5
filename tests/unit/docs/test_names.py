"""What a page names exists: paths, code, commands and their options, make targets, settings, requirements, numbers.

Generated pages are not looked at, and neither is what the specification says is not built yet.
"""

from __future__ import annotations

import functools
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import click

from app.realtime.managers.document_manager import DocumentManager
from app.settings import Settings
from docs.generate import PAGES as GENERATED
from realtime_contracts.cli.main import main
from realtime_contracts.conform.requirements import suite
from realtime_contracts.rules import limits
from realtime_contracts.rules.places import MAX_DEPTH

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    name
    for name in [
        *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "contracts/README.md", "contracts/typescript/README.md"),
        *(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
    ]
    if name not in GENERATED
)
#: Folders of tools and of what they make.
TOOLS = {".git", ".venv", ".tox", "node_modules", "dist", "__pycache__", ".realtime"}
#: Names of other projects, and of the seed, that a page mentions and our code does not.
OF_OTHERS = {
    "local_rooms",
    "TCP_NODELAY",
    "RedisManager",
    "schemaFormat",
    "NODE_OPTIONS",
    "transformIgnorePatterns",
    "appendfsync",
    "keepalive_timeout",
}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*/?")
_SUFFIXES = (".py", ".lua", ".md", ".json", ".yaml", ".feature", ".mjs", ".ts", ".toml", ".svg", "/")
_IDENTIFIER = re.compile(r"\b(?:[A-Za-z]\w*_\w+|[A-Z][a-z]+[A-Z]\w*|[A-Z]{5,})\b")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


@functools.cache
def text_of(page: str) -> str:
    text = (ROOT / page).read_text("utf-8")
    return re.sub(r"\n## Not yet\n.*?(?=\n\[\^)", "", text, flags=re.DOTALL)


def prose(page: str) -> str:
    return _FENCE.sub("", text_of(page))


def code_of(page: str) -> Iterator[str]:
    """What stands in backticks, outside of blocks."""
    yield from _CODE.findall(prose(page))


def commands_of(page: str) -> Iterator[str]:
    """The lines of shell that a page shows, and what it has in backticks."""
    yield from code_of(page)
    for language, block in _FENCE.findall(text_of(page)):
        if language in {"bash", "console", "shell", "sh"}:
            yield from block.replace("\\\n", " ").splitlines()


@functools.cache
def files() -> frozenset[str]:
    """Every file and folder (with a slash at its end) of the repository."""
    found: set[str] = set()
    for folder, names, inside in os.walk(ROOT):
        names[:] = [name for name in names if name not in TOOLS and not name.endswith(".egg-info")]
        here = Path(folder).relative_to(ROOT)
        names[:] = [name for name in names if str(here / name) != "reports"]
        found |= {str(here / name) for name in inside} | {f"{here / name}/" for name in names}
    return frozenset(found)


@functools.cache
def identifiers() -> frozenset[str]:
    """Every word of code, contract and features."""
    sources = [
        name
        for name in files()
        if (
            Path(name).suffix in {".py", ".lua", ".ts", ".mjs", ".json", ".toml", ".yaml", ".feature", ".yml"}
            and name not in {"contracts/released.json", "tests/unit/docs/test_names.py"}
        )
        or Path(name).name in {"Makefile", "tox.ini", "run"}
    ]
    words: set[str] = set()
    for name in sources:
        words |= set(re.findall(r"\w+", (ROOT / name).read_text("utf-8")))
    return frozenset(words | {name.upper() for name in Settings.model_fields} | {Path(name).stem for name in files()})


def command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command of `realtime` that words call, and the words that are left."""
    found: click.Command = main
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        inner = found.get_command(click.Context(found), words[0])
        if inner is None:
            break
        found, words = inner, words[1:]
    return found, words


def options(of: click.Command) -> set[str]:
    return {option for parameter in of.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help",
        "--version",
    }


def all_options(of: click.Command = main) -> set[str]:
    inner = (
        [of.get_command(click.Context(of), name) for name in of.list_commands(click.Context(of))]
        if isinstance(of, click.Group)
        else []
    )
    return options(of).union(*(all_options(one) for one in inner if one is not None))


def wrong(check: Callable[[str], Iterable[str]]) -> dict[str, list[str]]:
    """What a check finds on each page, but for those where it finds nothing."""
    found = {page: sorted(set(check(page))) for page in PAGES}
    return {page: names for page, names in found.items() if names}


def test_every_link_leads_somewhere() -> None:
    def broken(page: str) -> Iterator[str]:
        for link in _LINK.findall(prose(page)):
            path, _, heading = link.partition("#")
            target = (ROOT / page).parent / path if path else ROOT / page
            if "://" not in link and (not target.exists() or (heading and heading not in headings(target))):
                yield link

    assert wrong(broken) == {}


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_path_and_file_exists() -> None:
    def missing(page: str) -> Iterator[str]:
        for word in code_of(page):
            named = _PATH.fullmatch(word) and word.endswith(_SUFFIXES) and not word.startswith("contract/")
            there = any(ROOT.glob(word)) if "*" in word else any(f"/{name}".endswith(f"/{word}") for name in files())
            if named and not there and word.strip("/") not in TOOLS:
                yield word

    assert wrong(missing) == {}


def test_the_layout_in_the_architecture_is_that_of_the_repository() -> None:
    """Each line names a file or folder below the one that stands further left above it."""
    tree = next(block for _, block in _FENCE.findall(text_of("docs/architecture.md")) if block.startswith("backend/"))
    above: dict[int, str] = {}
    for line in tree.splitlines():
        depth = len(line) - len(line.lstrip())
        name = line.split()[0]
        if name.endswith(("/", ".py")):
            parent = above[max(known for known in above if known < depth)] if depth else ""
            above[depth] = parent + name
            assert above[depth] in files(), f"docs/architecture.md: no {above[depth]}"


def test_every_test_exists() -> None:
    def missing(page: str) -> Iterator[str]:
        for path, name in re.findall(r"`(tests/\S+\.py)::(\w+)`", text_of(page)):
            if path not in files() or f"def {name}(" not in (ROOT / path).read_text("utf-8"):
                yield f"{path}::{name}"

    assert wrong(missing) == {}


def test_every_module_exists() -> None:
    dotted = re.compile(r"(app|realtime_contracts)(\.\w+)+")
    assert wrong(lambda page: [w for w in code_of(page) if dotted.fullmatch(w) and find_spec(w) is None]) == {}


def test_every_name_in_backticks_is_in_the_code() -> None:
    known = identifiers() | OF_OTHERS
    assert wrong(lambda page: {word for code in code_of(page) for word in _IDENTIFIER.findall(code)} - known) == {}


def test_every_requirement_exists() -> None:
    known = {requirement.id for requirement in suite().requirements}
    named = re.compile(r"`@?([a-z_]+/\d+\.\d+)(?:#\d+)?`")
    assert wrong(lambda page: set(named.findall(prose(page))) - known) == {}


def test_every_make_target_exists() -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.compile(r"\bmake ([a-z]+)\b")
    assert wrong(lambda page: {target for line in commands_of(page) for target in named.findall(line)} - known) == {}


def test_every_realtime_command_and_its_options_exist() -> None:
    def unknown(page: str) -> Iterator[str]:
        for line in commands_of(page):
            for call in re.findall(r"(?:^|[$(|] ?)realtime ([^$|)]*)", _QUOTED.sub("''", line)):
                found, rest = command(call.split())
                if isinstance(found, click.Group) and rest and rest[0].isalpha():
                    yield call
                yield from (f"{call}: {option}" for option in _OPTION.findall(call) if option not in options(found))

    assert wrong(unknown) == {}


def test_every_option_in_backticks_is_one_of_realtime() -> None:
    def options_of(page: str) -> set[str]:
        return {option for code in code_of(page) if code.startswith("--") for option in _OPTION.findall(code)}

    assert wrong(lambda page: options_of(page) - all_options()) == {}


def test_a_default_in_the_specification_is_the_setting_s() -> None:
    stated = re.findall(r"`([A-Z_]{6,})` \(([\d.]+)\)", text_of("docs/specification.md"))
    assert len(stated) >= 2
    assert [name for name, value in stated if Settings.model_fields[name.lower()].default != float(value)] == []


def days(seconds: float) -> str:
    return f"{seconds / 86_400:g} days"


def of(setting: str) -> str:
    return f"{Settings.model_fields[setting].default:,g}"


NODE = json.loads((ROOT / "contracts/typescript/package.json").read_text("utf-8"))["engines"]["node"].removeprefix(">=")

#: What pages say in numbers, in the words of the page.
NUMBERS = {
    "contracts/typescript/README.md": [f"Node {NODE} or later"],
    "docs/frontend.md": [f"Node {NODE} or later"],
    "README.md": [f"a lost transport after {limits.OFFLINE_SECONDS} seconds"],
    "docs/publishing.md": [
        f"{limits.MAX_NOTIFICATIONS:,} for each user",
        f"Kept {days(limits.NOTIFICATION_SECONDS)}",
        f"the last {limits.MAX_ACTIVITY_ITEMS:,} items of a tenant",
        f"`details` up to {limits.MAX_DETAILS_BYTES // 1024} KiB",
        f"{of('service_rate_limit')} a second for a token of role `service`",
        f"on one node, {of('rest_rate_limit')} for any",
    ],
    "docs/architecture.md": [f"in its length ({of('node_lease_seconds')} s)"],
    "docs/decisions/0011-small-rulings.md": [f"cut at {limits.MAX_NAME_LENGTH} characters"],
    "docs/decisions/0012-cursors-are-written-behind.md": [f"{limits.CURSOR_SECONDS} s after the last move"],
    "docs/decisions/0013-documents.md": [
        f"in at most {DocumentManager.EDIT_ATTEMPTS} attempts",
        f"and {MAX_DEPTH} levels",
        f"keeps {limits.KEPT_EDITS} edits",
        f"kept for {days(Settings.model_fields['document_ttl_seconds'].default)}",
    ],
    "docs/decisions/0014-locks-and-typing.md": [
        f"at most {limits.MAX_LOCKS_OF_USER} locks in a room, and all users together {limits.MAX_LOCKS_OF_ROOM}",
        f"at most {limits.MAX_TYPING_FIELDS} fields",
    ],
    "docs/decisions/0016-notifications.md": [
        f"**{limits.MAX_NOTIFICATIONS:,} for each user.**",
        f"for {days(limits.NOTIFICATION_SECONDS)}",
    ],
    "docs/decisions/0017-activity.md": [
        f"{limits.MAX_ACTIVITY_ITEMS:,} items a tenant, details of {limits.MAX_DETAILS_BYTES // 1024} KiB",
        f"{days(Settings.model_fields['activity_ttl_seconds'].default)} after the last item",
    ],
    "docs/decisions/0018-rest.md": [
        f"{of('rest_rate_limit')} requests a second",
        f"{of('service_rate_limit')} for a token",
    ],
}


def test_a_number_on_a_page_is_the_code_s() -> None:
    said = {page: " ".join(prose(page).split()) for page in NUMBERS}
    assert {page: [words for words in all_ if words not in said[page]] for page, all_ in NUMBERS.items()} == {
        page: [] for page in NUMBERS
    }


def test_every_dependency_is_in_decision_10() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[\[<>=~! ;]", entry)[0].lower() for entries in lists for entry in entries} - {project["name"]}
    page = text_of("docs/decisions/0010-dependencies.md").lower()
    assert {name for name in names if name not in page} == set()
