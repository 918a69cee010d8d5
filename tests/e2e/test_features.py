"""Every scenario of `features/`, bound to the conformance steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_bdd import scenarios

FEATURES = Path(__file__).parents[2] / "features"


@pytest.fixture(autouse=True)
def _matrix(arena: tuple[str, int]) -> None:
    """Run each scenario in every arena; a parametrised fixture that only a step asks for would fail."""


scenarios(*sorted(str(path) for path in FEATURES.glob("*.feature")))
