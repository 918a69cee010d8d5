"""docs/frontend.md, followed to the letter by a reader with an empty folder and a running server."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from realtime_contracts.wire import tokens
from tests.frontend.conftest import ROOT
from tests.pages import RUNNERS, examples, follow

PAGE = "frontend.md"


def test_every_block_of_the_page_is_a_file_or_is_run() -> None:
    blocks = examples(PAGE)
    assert len(blocks) > 10
    assert all(block.file is not None or block.language in RUNNERS for block in blocks)
    assert all(block.printed is None for block in blocks if block.file is not None)


@pytest.mark.timeout(300)
def test_the_page_leads_to_a_checked_client(server: str, secret: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "REALTIME": str(ROOT),
        "REALTIME_URL": server,
        "TOKEN": tokens.mint(secret, "ana", "acme", name="Ana"),
    }
    for example in examples(PAGE):
        follow(example, tmp_path, environment)
