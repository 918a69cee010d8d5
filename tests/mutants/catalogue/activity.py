"""Servers that tell of what happened to the wrong people, in the wrong order, or twice."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

TENANT_KEYS = "app.realtime.store.keys:TenantKeys"

MUTANTS = {
    "activity-to-another-tenant": Mutant(
        "activity/1.1",
        Lua("activity_record", "emit(tenant_channel, 'activity', item,", "emit('nobody', 'activity', item,"),
    ),
    "forgets-tenant-in-activity": Mutant(
        "activity/2.4",
        Code(f"{TENANT_KEYS}.__init__", 'f"activity:{self._tag}"', '"activity"'),
        Code(f"{TENANT_KEYS}.__init__", 'f"activity:index:{self._tag}"', '"activity:index"'),
        Code(f"{TENANT_KEYS}.__init__", 'f"activity:keys:{self._tag}"', '"activity:keys"'),
    ),
    "feed-out-of-order": Mutant(
        "activity/2.1 activity/2.5",
        Lua(
            "activity_feed",
            "items[i] = item_of(found[i])",
            "items[i] = item_of(found[math.min(limit, #found) + 1 - i])",
        ),
    ),
    "feed-page-repeats-an-item": Mutant(
        "activity/3.2",
        Lua(
            "activity_feed",
            "#found > limit and found[limit] or ''",
            "#found > limit and found[math.max(1, limit - 1)] or ''",
        ),
    ),
    "feed-filter-by-type-ignored": Mutant(
        "activity/3.3 activity/3.4",
        Code(
            "app.realtime.store.activity:_index",
            '(f"type {wanted.entity_type}" if wanted.entity_type else "all")',
            '"all"',
        ),
    ),
    "feed-filter-by-user-ignored": Mutant(
        "activity/3.3 activity/3.4",
        Code("app.realtime.store.activity:_index", "if wanted.user_id is not None:", "if False:"),
    ),
    "since-is-inclusive": Mutant("activity/3.1", Lua("activity_feed", "since == '' and '' or since .. '\\1'", "since")),
    "feed-never-ends": Mutant(
        "activity/2.5",
        Lua(
            "activity_feed",
            "local following = #found > limit and found[limit] or ''",
            "local following = found[math.min(limit, #found)] or ''",
        ),
    ),
    "feed-told-to-everybody": Mutant(
        "activity/2.3",
        Code(
            "app.realtime.store.activity:ActivityStore.feed",
            "sid=sid,",
            "sid=sid and keys.tenant_channel,",
        ),
    ),
    "repeated-activity-is-recorded-again": Mutant(
        "activity/4.1", Lua("activity_record", "if known then", "if false then")
    ),
    "number-as-entity-id-stays-a-number": Mutant(
        "activity/1.2 contract/server/activity",
        Code(
            "app.realtime.services.activity_service:ActivityService.record_requested",
            'as_text(request["entity_id"])',
            'request["entity_id"]',
        ),
    ),
}
