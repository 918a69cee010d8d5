"""A tenant for each test."""

from __future__ import annotations

import pytest

from tests.unit.contracts.mock.recorded import RecordedTenant


@pytest.fixture
def tenant() -> RecordedTenant:
    return RecordedTenant()
