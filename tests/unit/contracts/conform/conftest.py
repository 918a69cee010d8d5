"""What every test of the harness gives back."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from realtime_contracts.wire.timeouts import patience, set_patience


@pytest.fixture(autouse=True)
def patience_is_given_back() -> Iterator[None]:
    """Tests may set the patience of the process as they like."""
    before = patience()
    yield
    set_patience(before)


@pytest.fixture
def no_thread_stays() -> Iterator[None]:
    """Fail a test whose client is still there."""
    threads = threading.active_count()
    yield
    assert threading.active_count() == threads
