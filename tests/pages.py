"""Read the code blocks of a page of docs/, and do with them what a reader does: save a file, or run a command."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
#: The command that runs a block, by its language.
RUNNERS = {
    "bash": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "js": ["node", "--input-type=module", "--eval"],
}
#: Seconds that an example may take on a busy machine.
PATIENCE = 100
#: Stands for any text, over several lines too.
ANYTHING = "…"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"\A// (\S+\.\w+)\n")


@dataclass(frozen=True)
class Example:
    """A block of a page. It is a file if it begins with a file name, else something to run."""

    language: str
    code: str
    file: str | None
    #: What it must print; None if no `text` block follows it.
    printed: str | None


def examples(page: str) -> list[Example]:
    """The blocks of a page, in order."""
    return list(_examples((DOCS / page).read_text("utf-8")))


def _examples(text: str) -> Iterator[Example]:
    blocks: list[tuple[str, str]] = _BLOCK.findall(text)
    for (language, code), (following, said) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language == "text":
            continue
        named = _FILE.match(code)
        yield Example(language, code, named[1] if named else None, said if following == "text" else None)


def follow(example: Example, folder: Path, environment: Mapping[str, str]) -> None:
    """Save a block as its file, or run it and compare what it prints."""
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
