"""Notifications over REST: a user's own, and their creation by back ends."""

from __future__ import annotations

from flask import Blueprint

from app.api.endpoint import Call, Result, operation
from app.realtime.container import get_services

notifications = Blueprint("notifications", __name__)


@operation(notifications, "list")
def list_notifications(call: Call) -> Result:
    """Return the caller's notifications, newest first."""
    page = get_services().notifications.list_requested(call.tenant_id, call.user_id, call.data)
    return {
        "notifications": [one.to_dict() for one in page.notifications],
        "total": page.total,
        "unread_count": page.unread_count,
    }


@operation(notifications, "count")
def count_unread(call: Call) -> Result:
    """Return the caller's unread count."""
    return {"count": get_services().notifications.unread_count(call.tenant_id, call.user_id)}


@operation(notifications, "read")
def mark_read(call: Call, notification_id: str) -> Result:
    """Mark one of the caller's notifications as read."""
    notification, unread = get_services().notifications.mark_read(call.tenant_id, call.user_id, notification_id)
    return {"notification": notification.to_dict(), "unread_count": unread}


@operation(notifications, "read_all")
def mark_all_read(call: Call) -> Result:
    """Mark all of the caller's notifications as read."""
    marked = get_services().notifications.mark_all_read(call.tenant_id, call.user_id)
    return {"marked_count": marked, "unread_count": 0}


@operation(notifications, "delete")
def delete_notification(call: Call, notification_id: str) -> Result:
    """Delete one of the caller's notifications."""
    return {"unread_count": get_services().notifications.delete(call.tenant_id, call.user_id, notification_id)}


@operation(notifications, "create")
def create_notification(call: Call) -> Result:
    """Notify a user of the caller's tenant. 200 if the same key created it before."""
    created = get_services().notifications.create_requested(call.tenant_id, call.data, call.idempotency_key)
    return {"notification": created.notification.to_dict()}, 201 if created.new else 200
