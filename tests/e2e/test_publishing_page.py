"""The examples of docs/publishing.md run as they are and print what the page says; the README's client edits."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from realtime_contracts.wire import tokens
from tests.e2e.cluster import Cluster
from tests.node import installed
from tests.pages import RUNNERS, examples, follow
from tests.redis_server import RedisServer

PAGE = "publishing.md"
#: Where the examples in JavaScript find the official client.
JAVASCRIPT = Path(__file__).parent / "javascript"
#: A company is the page's own.
TENANT = "acme"


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


def test_every_block_of_the_page_is_run_and_prints_something() -> None:
    blocks = examples(PAGE)
    assert {block.language for block in blocks} == set(RUNNERS)
    assert all(block.printed for block in blocks)


def test_the_examples_print_what_the_page_says_and_the_client_of_the_readme_edits(reader: dict[str, str]) -> None:
    for example in examples(PAGE):
        follow(example, installed(JAVASCRIPT), reader)
    [client] = [example for example in examples("../README.md") if example.language == "js"]
    code = client.code.replace("http://127.0.0.1:8000", reader["REALTIME_URL"])
    code = f"const token = process.env.TOKEN; {code} console.log(answer); process.exit();"
    follow(replace(client, code=code, printed="…{ ok: true, version: 1, epoch: '…' }"), installed(JAVASCRIPT), reader)
