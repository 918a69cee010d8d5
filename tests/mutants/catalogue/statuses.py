"""Servers that are wrong about how somebody is and where: statuses, what ends them, and locations."""

from __future__ import annotations

from tests.mutants.mutation import Change, Code, Lua, Mutant, Patches

HANDLERS = "app.realtime.handlers.presence_handler:register_presence_handlers"
HEARTBEAT = "app.realtime.managers.presence_manager:PresenceManager.heartbeat"


def move(trigger: str, state: str, becomes: str) -> Change:
    """A faulty place in the table of statuses: what a trigger makes of a state."""

    def apply(patches: Patches) -> None:
        from realtime_contracts.rules.presence import PRESENCE_TABLE, PresenceState, Trigger

        patches.item(PRESENCE_TABLE[Trigger(trigger)], PresenceState(state), PresenceState(becomes))

    return apply


MUTANTS = {
    "busy-lost-on-heartbeat": Mutant("presence/5.1 presence/5.3", move("activity", "busy", "online")),
    "chosen-away-undone-by-heartbeat": Mutant("presence/5.1", move("activity", "away", "online")),
    "page-change-ends-busy": Mutant("presence/5.1", move("update", "busy", "online")),
    "automatic-away-holds": Mutant("presence/5.1 cursors/6.1", move("activity", "auto_away", "auto_away")),
    "never-becomes-away": Mutant(
        "presence/6.1", Lua("presence_due", "'-inf', digits(away_at), 'BYSCORE'", "'-inf', '-inf', 'BYSCORE'")
    ),
    "busy-becomes-away": Mutant(
        "presence/6.2",
        move("idle", "busy", "auto_away"),
        Lua(
            "lib/presence", "if user.state ~= 'online' then", "if user.state ~= 'online' and user.state ~= 'busy' then"
        ),
    ),
    "inactive-heartbeat-counts": Mutant("presence/6.4 presence/7.4", Code(HEARTBEAT, "if active and ", "if ")),
    "heartbeat-is-no-activity": Mutant(
        "presence/6.3 presence/7.3", Code(HEARTBEAT, "if active and ", "if not active and ")
    ),
    "heartbeat-noted-but-never-written": Mutant(
        "presence/7.6", Lua("presence_active", "if steady and at > tonumber(f[3]) then", "if false then")
    ),
    "heartbeat-of-who-is-away-is-noted": Mutant(
        "presence/6.6",
        Code(
            "app.realtime.managers.heartbeats:Heartbeats.is_steady",
            " and time.monotonic() - told_at <= self._steady_seconds",
            "",
        ),
        Lua("lib/presence", "{ unsteady = status_of(user) == 'away' and user_id }", "{}"),
        Lua("presence_active", "f[1] and f[1] ~= 'auto_away'", "f[1]"),
    ),
    "heartbeat-ack-has-the-sid": Mutant(
        "presence/7.1 contract/server/heartbeat_ack",
        Code(
            HANDLERS,
            'presence.heartbeat(connection, active=data.get("active", True))',
            'presence.heartbeat(connection, active=data.get("active", True)) and connection.sid',
        ),
    ),
    "null-does-not-clear": Mutant(
        "presence/4.4",
        Code(
            "app.realtime.managers.presence_manager:_location",
            '"" if isinstance(value, _Keep)',
            '"" if value is None or isinstance(value, _Keep)',
        ),
    ),
    "absent-clears": Mutant(
        "presence/4.4", Code(HANDLERS, 'data.get("current_page", KEEP)', 'data.get("current_page")')
    ),
    "location-needs-online": Mutant(
        "presence/4.2",
        Lua(
            "lib/presence",
            "for field, value in pairs(location or {}) do",
            "for field, value in pairs(user.state == 'online' and location or {}) do",
        ),
    ),
    "same-status-is-not-announced": Mutant(
        "presence/4.6",
        Lua(
            "lib/presence",
            "local announced = always or ",
            "local announced = always and location and location.current_page .. location.current_entity_type"
            " .. location.current_entity_id ~= '' or ",
        ),
    ),
    "update-not-told-to-oneself": Mutant(
        "presence/4.1",
        Lua(
            "lib/presence",
            "emit(tenant_channel, 'presence:update', presence, {",
            "emit(tenant_channel, 'presence:update', presence,\n"
            "    { skip_room = 'user' .. string.sub(tenant_channel, 7) .. ':' .. user_id,",
        ),
    ),
}
