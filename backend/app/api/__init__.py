"""HTTP in, managers and services out."""

from __future__ import annotations

from flask import Flask

from app.api.ops import ops


def register_api(app: Flask) -> None:
    """Register all HTTP endpoints."""
    app.register_blueprint(ops)
