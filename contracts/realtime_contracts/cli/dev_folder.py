"""The folder in which a development server keeps its things, as both halves of `realtime` know it."""

from __future__ import annotations

import os
from pathlib import Path

#: Where `realtime serve` keeps the embedded Valkey's data and the development secret; REALTIME_DATA is another place.
DATA_FOLDER = Path(".realtime")

#: Name of the development secret in it; `realtime serve --dev` makes it.
DEV_SECRET = "dev-secret"  # noqa: S105 - a file's name

#: Name of the file with the URL of the embedded Valkey, there while that runs.
DEV_REDIS_URL = "redis-url"


def dev_secret() -> str | None:
    """The development server's secret, None if there is none here."""
    return _read(DEV_SECRET)


def dev_redis_url() -> str | None:
    """The URL of the embedded Valkey of a server that runs here, None if there is none."""
    return _read(DEV_REDIS_URL)


def _read(name: str) -> str | None:
    path = Path(os.environ.get("REALTIME_DATA", DATA_FOLDER)) / name
    return path.read_text("utf-8").strip() if path.is_file() else None
