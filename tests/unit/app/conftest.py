"""An app without a Redis: what is tested here asks none."""

from __future__ import annotations

import hypothesis
import pytest
from flask import Flask

from app import create_app
from app.settings import Settings
from tests.unit.app.api.support import Api

# How long an example takes says something of the machine, and nothing of the code.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")

#: Signs the tokens of these tests.
SECRET = "a-secret-for-tests-of-32-bytes-or-more"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing of the developer's environment to a test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def secret() -> str:
    """Return the shared secret of `app`."""
    return SECRET


@pytest.fixture
def api(app: Flask, secret: str) -> Api:
    """Return the REST API of `app`, on services that are stubs."""
    return Api(app, secret)


@pytest.fixture
def app(no_settings_from_outside: None) -> Flask:
    """Return an app with HS256 tokens, on threads, which never reaches for its Redis by itself."""
    return create_app(Settings(jwt_secret_key=SECRET))
