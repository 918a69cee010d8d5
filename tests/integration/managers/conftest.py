"""Two people in a room."""

from __future__ import annotations

import pytest

from app.realtime.managers.connection_manager import Connection
from tests.integration.backend import Backend


@pytest.fixture
def ana(backend: Backend, tenant: str) -> Connection:
    """Return Ana's connection, in the room."""
    return backend.enter(tenant, "ana")


@pytest.fixture
def ben(backend: Backend, tenant: str) -> Connection:
    """Return Ben's connection, in the room."""
    return backend.enter(tenant, "ben")
