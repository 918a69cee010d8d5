"""Servers that let in whom they should not, turn away whom they should let in, or welcome them wrongly."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

USER_OF = "app.realtime.managers.access_tokens:user_of"
IDENTITY = "realtime_contracts.rules.claims:identity"
CONNECT = "app.realtime.handlers.connection_handler:_connect"
HANDLERS = "app.realtime.handlers.connection_handler:register_connection_handlers"

MUTANTS = [
    Mutant(
        "accepts-refresh-token",
        "A refresh token opens a connection, and the REST API too.",
        ("connection/2.2", "rest/1.2"),
        Code(USER_OF, 'kind != "access"', 'kind not in {"access", "refresh"}'),
    ),
    Mutant(
        "accepts-token-without-type",
        "A token that does not say what it is passes for an access token, as with the library's own check.",
        ("connection/2.2",),
        Code(USER_OF, 'kind != "access"', 'kind not in {"access", None}'),
    ),
    Mutant(
        "accepts-token-without-tenant",
        "Whoever's token names no tenant is put into one called `default`.",
        ("connection/2.2", "rest/1.2"),
        Code(IDENTITY, 'claims.get("tenant_id")', 'claims.get("tenant_id") or "default"'),
    ),
    Mutant(
        "expired-token-has-no-code-of-its-own",
        "An expired token is refused like a forged one, so that a client cannot know that a fresh one would do.",
        ("connection/2.3", "rest/1.2"),
        Code(USER_OF, "raise TokenExpired from error", "raise Unauthenticated from error"),
    ),
    Mutant(
        "token-in-query-not-accepted",
        "The token is read from the auth payload only.",
        ("connection/1.2",),
        Code(CONNECT, ' or request.args.get("token")', ""),
    ),
    Mutant(
        "bearer-not-stripped",
        "A token that is sent with `Bearer ` before it is taken for garbage.",
        ("connection/1.2",),
        Code(USER_OF, 'token = token.removeprefix("Bearer ")', "token = str(token)"),
    ),
    Mutant(
        "query-token-goes-first",
        "The token of the query is taken even if the auth payload has one.",
        ("connection/1.3", "connection/1.4"),
        Code(
            CONNECT,
            '(auth.get("token") if isinstance(auth, dict) else None) or request.args.get("token")',
            'request.args.get("token") or (auth.get("token") if isinstance(auth, dict) else None)',
        ),
    ),
    Mutant(
        "refusal-without-code",
        "Whoever is refused learns the message, and not the code.",
        ("connection/2.1", "contract/server/connect_error"),
        Code(HANDLERS, 'raise Refused(error.message, {"code": error.code})', "raise Refused(error.message)"),
    ),
    Mutant(
        "token-end-not-honoured",
        "A token is looked at once: the connection goes on when its time is over.",
        ("connection/5.1",),
        Code(CONNECT, "node.end_at_expiry(connection)", "pass"),
    ),
    Mutant(
        "token-end-takes-user-offline",
        "The end of a token counts as a goodbye: the user is gone at once, without the grace.",
        ("connection/5.1", "connection/5.2"),
        Code(
            "app.realtime.node:Node._end_expired",
            "self._server.disconnect(sid)",
            "self.end(sid, goodbye=True)\n        self._server.disconnect(sid)",
        ),
    ),
    Mutant(
        "one-connection-too-many",
        "The limit of a user's connections is off by one.",
        ("connection/4.1",),
        Lua(
            "connect",
            "redis.call('SCARD', user_connections_key) >= tonumber(max_connections)",
            "redis.call('SCARD', user_connections_key) > tonumber(max_connections)",
        ),
    ),
    Mutant(
        "first-list-lacks-the-newcomer",
        "The list that a new connection gets is of the others only.",
        ("connection/3.1",),
        Lua(
            "connect",
            "emit(node_channel, 'presence:list', presence_list('', ''), sid,",
            """local own = redis.call('HGET', ONLINE, user_id)
redis.call('HDEL', ONLINE, user_id)
local others = presence_list('', '')
redis.call('HSET', ONLINE, user_id, own)
emit(node_channel, 'presence:list', others, sid,""",
        ),
    ),
    Mutant(
        "no-first-list",
        "A new connection gets the list only when it asks for it; it enters its rooms with another message.",
        ("connection/3.1",),
        Lua(
            "connect",
            "emit(node_channel, 'presence:list', presence_list('', ''), sid,",
            "emit(node_channel, 'heartbeat_ack', '{\"timestamp\":\"' .. rfc3339(now) .. '\"}', sid,",
        ),
    ),
]
