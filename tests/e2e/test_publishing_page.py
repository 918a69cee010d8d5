"""The examples of docs/publishing.md run as they are, and print what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from realtime_contracts import tokens
from tests.e2e.cluster import Cluster
from tests.node import installed
from tests.redis_server import RedisServer

PAGE = Path(__file__).parents[2] / "docs" / "publishing.md"
#: Where the examples in JavaScript find the official client.
JAVASCRIPT = Path(__file__).parent / "javascript"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What runs a block of a language. A page's reader has `realtime` on the path.
RUNNERS = {
    "bash": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "js": ["node", "--input-type=module", "--eval"],
}
#: Seconds that an example may take, on a machine that is busy.
PATIENCE = 60
#: Stands for anything that differs from run to run.
ANYTHING = "…"
#: A company is the page's own.
TENANT = "acme"


@dataclass(frozen=True)
class Example:
    """A block that runs, and the lines that it must print."""

    language: str
    code: str
    printed: list[str]


def examples() -> list[Example]:
    blocks: list[tuple[str, str]] = BLOCK.findall(PAGE.read_text("utf-8"))
    return [
        Example(language, code, text.splitlines())
        for (language, code), (following, text) in pairwise(blocks)
        if language in RUNNERS and following == "text"
    ]


@pytest.fixture
def reader(own_redis: RedisServer, secret: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield what a reader's shell knows, beside a running node."""
    cluster = Cluster(own_redis.url, secret, tmp_path, nodes=1)
    cluster.start()
    yield {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "REDIS_URL": own_redis.url,
        "REALTIME_URL": cluster.urls[0],
        "JWT_SECRET_KEY": secret,
        "TOKEN": tokens.mint(secret, "ana", TENANT),
        "SERVICE_TOKEN": tokens.mint(secret, "billing", TENANT, role="service"),
    }
    cluster.close()


def test_every_block_of_the_page_is_an_example_that_is_run() -> None:
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert [language for language, _ in blocks[::2]] == [example.language for example in examples()]
    assert {language for language, _ in blocks[1::2]} == {"text"}
    assert {example.language for example in examples()} == set(RUNNERS)


def test_the_examples_print_what_the_page_says(reader: dict[str, str]) -> None:
    for example in examples():
        done = subprocess.run(
            [*RUNNERS[example.language], example.code],
            cwd=installed(JAVASCRIPT),
            env=reader,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{example.code}\n{done.stdout}"
        pattern = "\n".join(".*".join(map(re.escape, line.split(ANYTHING))) for line in example.printed)
        assert re.fullmatch(pattern, done.stdout.strip()), f"{example.code}\nprinted {done.stdout}"
