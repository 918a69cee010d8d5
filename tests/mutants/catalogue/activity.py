"""Servers that tell of what happened to the wrong people, in the wrong order, or twice."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant, together

TENANT_KEYS = "app.realtime.store.keys:TenantKeys"

MUTANTS = [
    Mutant(
        "activity-to-another-tenant",
        "What happens in a company is told to everybody who is connected, of any company.",
        ("activity/1.1",),
        Lua("activity_record", "emit(bus, 'activity', item, tenant_channel)", "emit(bus, 'activity', item, nil)"),
    ),
    Mutant(
        "forgets-tenant-in-activity",
        "What happened is kept in one feed for all companies.",
        ("activity/2.4",),
        together(
            Code(f"{TENANT_KEYS}.__init__", 'f"activity:{self._tag}"', '"activity"'),
            Code(f"{TENANT_KEYS}.__init__", 'f"activity:index:{self._tag}"', '"activity:index"'),
            Code(f"{TENANT_KEYS}.__init__", 'f"activity:keys:{self._tag}"', '"activity:keys"'),
        ),
    ),
    Mutant(
        "feed-out-of-order",
        "Each page of the feed begins with its oldest.",
        ("activity/2.1", "activity/2.5"),
        Lua(
            "activity_feed",
            "items[i] = item_of(found[i])",
            "items[i] = item_of(found[math.min(limit, #found) + 1 - i])",
        ),
    ),
    Mutant(
        "feed-page-repeats-an-item",
        "The next page begins after the last item but one, so that it has the last one again.",
        ("activity/3.2",),
        Lua(
            "activity_feed",
            "#found > limit and found[limit] or ''",
            "#found > limit and found[math.max(1, limit - 1)] or ''",
        ),
    ),
    Mutant(
        "feed-filter-by-type-ignored",
        "The feed of one type of objects has all of them.",
        ("activity/3.3", "activity/3.4"),
        Code(
            "app.realtime.store.activity:_index",
            '(f"type {wanted.entity_type}" if wanted.entity_type else "all")',
            '"all"',
        ),
    ),
    Mutant(
        "feed-filter-by-user-ignored",
        "The feed of one user has what everybody did.",
        ("activity/3.3", "activity/3.4"),
        Code("app.realtime.store.activity:_index", "if wanted.user_id is not None:", "if False:"),
    ),
    Mutant(
        "since-is-inclusive",
        "Whoever asks for what they have missed gets the last thing that they have heard again.",
        ("activity/3.1",),
        Lua("activity_feed", "since == '' and '' or since .. '\\1'", "since"),
    ),
    Mutant(
        "feed-never-ends",
        "There is always a next page, an empty one at last.",
        ("activity/2.5",),
        Lua(
            "activity_feed",
            "local following = #found > limit and found[limit] or ''",
            "local following = found[math.min(limit, #found)] or ''",
        ),
    ),
    Mutant(
        "feed-told-to-everybody",
        "The page that one connection has asked for goes to the whole company.",
        ("activity/2.3",),
        Code(
            "app.realtime.store.activity:ActivityStore.feed",
            "sid=sid,",
            'sid=sid and keys.tenant_channel, node_channel=self._feed._here["bus"],',
        ),
    ),
    Mutant(
        "repeated-activity-is-recorded-again",
        "The same activity under the same key is recorded and told again.",
        ("activity/4.1",),
        Lua("activity_record", "if known then", "if false then"),
    ),
    Mutant(
        "number-as-entity-id-stays-a-number",
        "An entity's id is answered as it was sent, a number as a number.",
        ("activity/1.2", "contract/server/activity"),
        Code(
            "app.realtime.services.activity_service:ActivityService.record_requested",
            'as_text(request["entity_id"])',
            'request["entity_id"]',
        ),
    ),
]
