"""A tenant and managers for each test, and guards that see whether it left anything behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, cast
from uuid import uuid4

import pytest

from tests.integration.backend import LASTING, Backend, Tape, keys_of

#: Makes another node on the same Redis; settings by their field names.
MakeBackend = Callable[..., Backend]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread behind."""
    before = set(threading.enumerate())
    yield
    left = [thread.name for thread in threading.enumerate() if thread not in before]
    assert left == [], f"threads that this test has left: {left}"


@pytest.fixture
def tenant() -> str:
    """Return a company of this test's own."""
    return f"tenant-{uuid4().hex[:12]}"


@pytest.fixture
def make_backend(redis_url: str, tenant: str) -> Iterator[MakeBackend]:
    """Make nodes. At the end everybody says goodbye, and then no key of the tenant may be left but what has its end."""
    made: list[Backend] = []

    def make(**settings: Any) -> Backend:
        made.append(Backend(redis_url, **settings))
        return made[-1]

    yield make
    for backend in made:
        backend.everybody_leaves(tenant)
        backend.rooms.forget_due(tenant)
    left = keys_of(made[0].redis, tenant) if made else []
    timeless = [key for key in left if not (key.startswith(LASTING) and cast("int", made[0].redis.ttl(key)) > 0)]
    if left:
        made[0].redis.delete(*left)
    for backend in made:
        backend.close()
    assert timeless == [], f"keys that everybody's goodbye has left: {timeless}"


@pytest.fixture
def backend(make_backend: MakeBackend) -> Backend:
    """Return the managers of one node."""
    return make_backend()


@pytest.fixture
def tape(backend: Backend) -> Iterator[Tape]:
    """Record what is published from now on."""
    recording = Tape(backend.redis)
    yield recording
    recording.close()
