"""A page of docs/ whose blocks are run as they stand: what is typed, the files, and what must be printed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
#: What runs a block of a language. A page's reader has `realtime` on the path.
RUNNERS = {
    "bash": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "js": ["node", "--input-type=module", "--eval"],
}
#: Seconds that an example may take, on a machine that is busy.
PATIENCE = 100
#: Stands for anything that differs from run to run, lines and all.
ANYTHING = "…"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"\A// (\S+\.\w+)\n")


@dataclass(frozen=True)
class Example:
    """A block of a page: a file, if it begins with its name, else something to run, and what it prints."""

    language: str
    code: str
    file: str | None
    #: What it must print; None if the page says nothing of it.
    printed: str | None


def examples(page: str) -> list[Example]:
    """The blocks of a page of docs/ in their order."""
    return list(_examples((DOCS / page).read_text("utf-8")))


def _examples(text: str) -> Iterator[Example]:
    blocks: list[tuple[str, str]] = _BLOCK.findall(text)
    for (language, code), (following, said) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language == "text":
            continue
        named = _FILE.match(code)
        yield Example(language, code, named[1] if named else None, said if following == "text" else None)


def follow(example: Example, folder: Path, environment: Mapping[str, str]) -> None:
    """Do what a reader does with a block: save it, or run it and look at what it prints."""
    if example.file is not None:
        (folder / example.file).write_text(example.code, encoding="utf-8")
        return
    done = subprocess.run(
        [*RUNNERS[example.language], example.code],
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{example.code}\n{done.stdout}"
    if example.printed is not None:
        pattern = ".*".join(map(re.escape, example.printed.strip().split(ANYTHING)))
        assert re.fullmatch(pattern, done.stdout.strip(), re.DOTALL), f"{example.code}\nprinted\n{done.stdout}"
