"""Servers that are wrong over HTTP."""

from __future__ import annotations

from tests.mutants.mutation import Code, Mutant

ENDPOINT = "app.api.endpoint"
PRESENCE = "app.api.presence"

MUTANTS = {
    "every-failure-is-a-400": Mutant(
        "contract/response/error",
        Code(f"{ENDPOINT}:failed", "error.http_status)", "400)"),
    ),
    "failure-is-a-200": Mutant(
        "contract/response/notifications:delete",
        Code(f"{ENDPOINT}:failed", "error.http_status)", "200)"),
    ),
    "every-change-is-a-201": Mutant(
        "contract/response/notifications:delete contract/response/notifications:read",
        Code(
            f"{ENDPOINT}:_response",
            "    return Response(",
            '    if status == 200 and request.method != "GET":\n        status = 201\n    return Response(',
        ),
    ),
    "rest-token-in-query": Mutant(
        "rest/1.3",
        Code(
            f"{ENDPOINT}:_token",
            "    return bearer_token(",
            '    if "Authorization" not in request.headers and "token" in request.args:\n'
            '        return request.args["token"]\n    return bearer_token(',
        ),
        Code(
            f"{ENDPOINT}:_asked",
            "query = dict(request.args.lists())",
            'query = {name: values for name, values in request.args.lists() if name != "token"}',
        ),
    ),
    "unknown-parameter-ignored": Mutant(
        "rest/2.2",
        Code("realtime_contracts.rules.requests:read_query", "in query.items()}", "in query.items() if name in types}"),
    ),
    "body-of-any-type": Mutant("rest/2.3", Code(f"{ENDPOINT}:_body", "if request.mimetype != JSON:", "if False:")),
    "forgets-tenant-in-users-presence": Mutant(
        "rest/3.3",
        Code("app.realtime.store.keys:TenantKeys.user", 'f"presence:{self._tag}:{user_id}"', 'f"presence:{user_id}"'),
    ),
    "offline-user-is-not-found": Mutant(
        "rest/3.3",
        Code(
            f"{PRESENCE}:get_presence",
            "    return {",
            """    from realtime_contracts.rules.errors import NotFound

    if get_presence_manager().get_presence(user_id, call.tenant_id) is None:
        raise NotFound
    return {""",
        ),
    ),
    "offline-user-is-away": Mutant(
        "rest/3.3", Code(f"{PRESENCE}:_shown", "PresenceStatus.OFFLINE", "PresenceStatus.AWAY")
    ),
    "rest-status-brings-online": Mutant(
        "rest/3.5",
        Code(
            f"{PRESENCE}:choose_status",
            'raise Conflict("You are offline: connect first")',
            "chosen = get_presence_manager().set_online(call.user_id, call.tenant_id, call.user_id)",
        ),
    ),
    "rest-status-is-always-online": Mutant(
        "rest/3.4",
        Code(
            f"{PRESENCE}:choose_status",
            "choose_status(call.user_id, call.tenant_id, status)",
            "update_activity(call.user_id, call.tenant_id)",
        ),
    ),
}
