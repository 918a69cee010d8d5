"""Presence over REST: who is online, one user's presence, and one's own status."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from werkzeug.routing import BaseConverter

from app.api.endpoint import Call, Result, operation
from app.realtime.container import get_services
from app.realtime.utils.message_types import PresenceData, PresenceStatus
from realtime_contracts.rules.errors import Conflict


class UserId(BaseConverter):
    """A user's id in a path: any id of the login, slashes included."""

    regex = "(?s:.+)"
    part_isolating = False


presence = Blueprint("presence", __name__)


@operation(presence, "list")
def list_presence(call: Call) -> Result:
    """Return the online users, as `presence:list` does."""
    users = get_services().presence.get_online_users(call.tenant_id)
    return {"users": users, "count": len(users)}


@operation(presence, "get")
def get_presence(call: Call, user_id: str) -> Result:
    """Return one user's presence. Unknown users are offline too, so that nobody learns which users exist."""
    return {"presence": _shown(user_id, get_services().presence.get_presence(user_id, call.tenant_id))}


@operation(presence, "status")
def choose_status(call: Call) -> Result:
    """Set the caller's own status."""
    status = PresenceStatus(call.data["status"])
    chosen = get_services().presence.choose_status(call.user_id, call.tenant_id, status)
    if chosen is None:
        raise Conflict("You are offline: connect first")
    return {"presence": _shown(call.user_id, chosen)}


def _shown(user_id: str, found: PresenceData | None) -> dict[str, Any]:
    shown = (found or PresenceData(user_id, PresenceStatus.OFFLINE, "")).to_dict()
    del shown["device_type"]
    return {**shown, "last_active_at": found and found.last_active_at}
