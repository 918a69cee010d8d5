"""Servers that let in whom they should not, turn away whom they should let in, or welcome them wrongly."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

USER_OF = "app.realtime.managers.access_tokens:AccessTokens.user_of"
TOKENS_INIT = "app.realtime.managers.access_tokens:AccessTokens.__init__"
IDENTITY = "realtime_contracts.rules.claims:identity"
IS_SAFE_ID = "realtime_contracts.rules.ids:is_safe_id"
ADMISSION = "app.realtime.cluster.admission:Admission"
HANDLERS = "app.realtime.handlers.connection_handler:register_connection_handlers"

MUTANTS = {
    "accepts-refresh-token": Mutant(
        "connection/2.2 rest/1.2", Code(USER_OF, 'kind != "access"', 'kind not in {"access", "refresh"}')
    ),
    "accepts-token-without-type": Mutant(
        "connection/2.2", Code(USER_OF, 'kind != "access"', 'kind not in {"access", None}')
    ),
    "accepts-token-without-tenant": Mutant(
        "connection/2.2 rest/1.2", Code(IDENTITY, 'claims.get("tenant_id")', 'claims.get("tenant_id") or "default"')
    ),
    "expired-token-has-no-code-of-its-own": Mutant(
        "connection/2.3 rest/1.2", Code(USER_OF, "raise TokenExpired from error", "raise Unauthenticated from error")
    ),
    "clocks-must-agree": Mutant("connection/1.7", Code(TOKENS_INIT, "settings.jwt_leeway_seconds", "0")),
    "takes-two-spellings-of-a-user-for-two": Mutant(
        "connection/2.2", Code(IS_SAFE_ID, 'unicodedata.is_normalized("NFC", value)', "True")
    ),
    "accepts-token-without-end": Mutant("connection/2.7", Code(TOKENS_INIT, "if settings.jwt_require_exp", "if False")),
    "token-in-query-not-accepted": Mutant("connection/1.2", Code(HANDLERS, " or _query_token(environ)", "")),
    "bearer-not-stripped": Mutant(
        "connection/1.2", Code(USER_OF, 'token = token.removeprefix("Bearer ")', "token = str(token)")
    ),
    "query-token-goes-first": Mutant(
        "connection/1.3 connection/1.4",
        Code(
            HANDLERS,
            '(auth.get("token") if isinstance(auth, dict) else None) or _query_token(environ)',
            '_query_token(environ) or (auth.get("token") if isinstance(auth, dict) else None)',
        ),
    ),
    "refusal-without-code": Mutant(
        "connection/2.1 contract/server/connect_error",
        Code(HANDLERS, 'raise Refused(error.message, {"code": error.code})', "raise Refused(error.message)"),
    ),
    "token-end-not-honoured": Mutant(
        "connection/5.1", Code(f"{ADMISSION}.connect", "self._token_ends.plan(connection)", "pass")
    ),
    "token-end-takes-user-offline": Mutant(
        "connection/5.1 connection/5.2",
        Code(
            f"{ADMISSION}._end_expired",
            "self._end_soon(sid, TokenExpired())",
            "self._tasks.running.spawn(self.end, sid, goodbye=True)\n    self._end_soon(sid, TokenExpired())",
        ),
    ),
    "one-connection-too-many": Mutant(
        "connection/4.1",
        Lua(
            "connect",
            "redis.call('SCARD', user_connections_key) >= tonumber(max_connections)",
            "redis.call('SCARD', user_connections_key) > tonumber(max_connections)",
        ),
    ),
    "first-list-lacks-the-newcomer": Mutant(
        "connection/3.1",
        Lua(
            "connect",
            "emit(node_channel, 'presence:list', presence_list('', '', '', tonumber(list_limit)), { to = sid,",
            """local own = redis.call('HGET', ONLINE, user_id)
redis.call('HDEL', ONLINE, user_id)
local others = presence_list('', '', '', tonumber(list_limit))
redis.call('HSET', ONLINE, user_id, own)
emit(node_channel, 'presence:list', others, { to = sid,""",
        ),
    ),
    "no-first-list": Mutant(
        "connection/3.1",
        Lua(
            "connect",
            "emit(node_channel, 'presence:list', presence_list('', '', '', tonumber(list_limit)), { to = sid,",
            "emit(node_channel, 'heartbeat_ack', '{\"timestamp\":\"' .. rfc3339(now) .. '\"}', { to = sid,",
        ),
    ),
}
