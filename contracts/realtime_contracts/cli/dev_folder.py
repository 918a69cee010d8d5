"""The data folder of a development server, shared by the server's commands and the others."""

from __future__ import annotations

import os
from pathlib import Path

#: Default folder of the embedded Valkey's data and the development secret; REALTIME_DATA overrides it.
DATA_FOLDER = Path(".realtime")

#: Name of the file with the development secret; `realtime serve --dev` creates it.
DEV_SECRET = "dev-secret"  # noqa: S105 - a file's name

#: Name of the file with the embedded Valkey's URL; it exists while Valkey runs.
DEV_REDIS_URL = "redis-url"


def dev_secret() -> str | None:
    """Return the development server's secret, None if there is none here."""
    return _read(DEV_SECRET)


def dev_redis_url() -> str | None:
    """Return the URL of the embedded Valkey running here, None if there is none."""
    return _read(DEV_REDIS_URL)


def _read(name: str) -> str | None:
    path = Path(os.environ.get("REALTIME_DATA", DATA_FOLDER)) / name
    return path.read_text("utf-8").strip() if path.is_file() else None
