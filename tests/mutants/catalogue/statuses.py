"""Servers that are wrong about how somebody is and where: statuses, what ends them, and locations."""

from __future__ import annotations

from tests.mutants.mutation import Apply, Code, Lua, Mutant, Patches, together

HANDLERS = "app.realtime.handlers.presence_handler:register_presence_handlers"
HEARTBEAT = "app.realtime.managers.presence_manager:PresenceManager.heartbeat"


def move(trigger: str, state: str, becomes: str) -> Apply:
    """A faulty place in the table of statuses: what a trigger makes of a state."""

    def apply(patches: Patches) -> None:
        from realtime_contracts.rules.presence import PRESENCE_TABLE, PresenceState, Trigger

        patches.item(PRESENCE_TABLE[Trigger(trigger)], PresenceState(state), PresenceState(becomes))

    return apply


MUTANTS = [
    Mutant(
        "busy-lost-on-heartbeat",
        "Any activity, a heartbeat for one, makes a busy user online.",
        ("presence/5.1", "presence/5.3"),
        move("activity", "busy", "online"),
    ),
    Mutant(
        "chosen-away-undone-by-heartbeat",
        "An away that the user has chosen ends with any activity, like one that the server has set.",
        ("presence/5.1",),
        move("activity", "away", "online"),
    ),
    Mutant(
        "page-change-ends-busy",
        "A busy user who moves to another page is online.",
        ("presence/5.1",),
        move("update", "busy", "online"),
    ),
    Mutant(
        "automatic-away-holds",
        "Whoever became away by inactivity stays away until they say otherwise.",
        ("presence/5.1", "cursors/6.1"),
        move("activity", "auto_away", "auto_away"),
    ),
    Mutant(
        "never-becomes-away",
        "Nobody looks for inactive users.",
        ("presence/6.1",),
        Lua("presence_due", "'-inf', digits(away_at), 'BYSCORE'", "'-inf', '-inf', 'BYSCORE'"),
    ),
    Mutant(
        "busy-becomes-away",
        "Inactivity makes a busy user away.",
        ("presence/6.2",),
        together(
            move("idle", "busy", "auto_away"),
            Lua(
                "lib/presence",
                "if user.state ~= 'online' then",
                "if user.state ~= 'online' and user.state ~= 'busy' then",
            ),
        ),
    ),
    Mutant(
        "inactive-heartbeat-counts",
        "A heartbeat that says `active: false` is activity all the same.",
        ("presence/6.4", "presence/7.4"),
        Code(HEARTBEAT, "Trigger.ACTIVITY if active else Trigger.NONE", "Trigger.ACTIVITY"),
    ),
    Mutant(
        "heartbeat-is-no-activity",
        "A heartbeat only keeps the connection alive, whatever it says.",
        ("presence/6.3", "presence/7.3"),
        Code(HEARTBEAT, "Trigger.ACTIVITY if active else Trigger.NONE", "Trigger.NONE"),
    ),
    Mutant(
        "heartbeat-ack-has-the-sid",
        "The acknowledgement of a heartbeat carries the connection's id where the time should be.",
        ("presence/7.1", "contract/server/heartbeat_ack"),
        Code(
            HANDLERS,
            'MessageType.HEARTBEAT_ACK.value, {"timestamp": timestamp}',
            'MessageType.HEARTBEAT_ACK.value, {"timestamp": connection.sid}',
        ),
    ),
    Mutant(
        "null-does-not-clear",
        "A page or an entity that is sent as null stays as it was.",
        ("presence/4.4",),
        Code(
            "app.realtime.managers.presence_manager:_location",
            "if not isinstance(value, _Keep)",
            "if value is not None and not isinstance(value, _Keep)",
        ),
    ),
    Mutant(
        "absent-clears",
        "An update that says nothing of the page clears it.",
        ("presence/4.4",),
        Code(HANDLERS, 'data.get("current_page", KEEP)', 'data.get("current_page")'),
    ),
    Mutant(
        "location-needs-online",
        "Where a busy user is does not count, nor where one is who is away.",
        ("presence/4.2",),
        Lua(
            "lib/presence",
            "for field, value in pairs(location) do user[field] = value end",
            "for field, value in pairs(user.state == 'online' and location or {}) do user[field] = value end",
        ),
    ),
    Mutant(
        "same-status-is-not-announced",
        "An update to the status that one has already is told to nobody.",
        ("presence/4.6",),
        Lua("lib/presence", "local announced = always or ", "local announced = always and next(location) ~= nil or "),
    ),
    Mutant(
        "update-not-told-to-oneself",
        "A user's own tabs do not hear how the user is.",
        ("presence/4.1",),
        Lua(
            "lib/presence",
            "emit(bus, 'presence:update', presence, tenant_channel)",
            "emit(bus, 'presence:update', presence, tenant_channel,\n"
            "    { skip_room = 'user' .. string.sub(tenant_channel, 7) .. ':' .. user_id })",
        ),
    ),
]
