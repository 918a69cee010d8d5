"""Activity over REST: a tenant's feed, and recording by back ends."""

from __future__ import annotations

from flask import Blueprint

from app.api.endpoint import Call, Result, operation
from app.realtime.container import get_services
from app.realtime.services.activity_service import ActivityPage

activity = Blueprint("activity", __name__)


@operation(activity, "list")
def list_activity(call: Call) -> Result:
    """Return the activity of the caller's tenant, newest first."""
    return _shown(get_services().activity.feed_requested(call.tenant_id, call.data))


@operation(activity, "entity")
def list_activity_of_entity(call: Call, entity_type: str, entity_id: str) -> Result:
    """Return the activity of one entity, newest first."""
    return _shown(get_services().activity.feed_requested(call.tenant_id, call.data, entity_type, entity_id))


@operation(activity, "record")
def record_activity(call: Call) -> Result:
    """Record activity in the caller's tenant. 200 if the same key recorded it before."""
    recorded = get_services().activity.record_requested(call.tenant_id, call.data, call.idempotency_key)
    return {"activity": recorded.activity.to_dict()}, 201 if recorded.new else 200


def _shown(page: ActivityPage) -> Result:
    return {"items": [item.to_dict() for item in page.items], "next": page.next}
