"""One worker of `realtime serve --workers N`, which the parent starts: `python -m app.worker PLACE`."""

from __future__ import annotations

import os
import sys

from app import serve  # First of all, because it patches the standard library.
from app.place import FAILED, Place
from app.settings import DevSettings, Settings, SettingsError, load_settings


def main(place: Place) -> int:
    """Serve until told to stop. Returns the exit status."""
    try:
        serve.serve_as_worker(load_settings(DevSettings if place.dev else Settings), place)
    except SettingsError as error:
        os.write(place.pipe, FAILED + str(error).encode())
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Place.from_text(sys.argv[1])))
