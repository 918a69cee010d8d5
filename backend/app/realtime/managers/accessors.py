"""Behind the seed's `get_connection_manager()` and its like: the managers of the current app.

They are for the users' own code. The server itself is given its managers (`app.realtime.container.Services`).
"""

from __future__ import annotations

from typing import TypeVar, cast

from flask import current_app

Manager = TypeVar("Manager")


def of_current_app(kind: type[Manager]) -> Manager:
    """Return the current app's manager of a class. Needs an application context."""
    return cast("Manager", current_app.extensions["realtime"].one(kind))
