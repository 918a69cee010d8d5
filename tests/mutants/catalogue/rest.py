"""Servers that are wrong over HTTP."""

from __future__ import annotations

from tests.mutants.mutation import Code, Mutant, together

ENDPOINT = "app.api.endpoint"
PRESENCE = "app.api.presence"

MUTANTS = [
    Mutant(
        "every-failure-is-a-400",
        "Whatever fails is answered with the status 400.",
        ("contract/response/error",),
        Code(f"{ENDPOINT}:failed", "_response(body, error.http_status)", "_response(body, 400)"),
    ),
    Mutant(
        "failure-is-a-200",
        "A failure is in the body only; the status says that all is well.",
        ("contract/response/notifications:delete",),
        Code(f"{ENDPOINT}:failed", "_response(body, error.http_status)", "_response(body, 200)"),
    ),
    Mutant(
        "every-change-is-a-201",
        "Whatever is not only read is answered with the status 201, as if something had been made.",
        ("contract/response/notifications:delete", "contract/response/notifications:read"),
        Code(
            f"{ENDPOINT}:_response",
            "    return Response(",
            '    if status == 200 and request.method != "GET":\n        status = 201\n    return Response(',
        ),
    ),
    Mutant(
        "rest-token-in-query",
        "The REST API takes its token from the query, too, and so from every log.",
        ("rest/1.3",),
        together(
            Code(
                f"{ENDPOINT}:_token",
                '    if scheme.lower() != "bearer"',
                '    if not token and "token" in request.args:\n        return request.args["token"]\n'
                '    if scheme.lower() != "bearer"',
            ),
            Code(
                f"{ENDPOINT}:_asked",
                "query = dict(request.args.lists())",
                'query = {name: values for name, values in request.args.lists() if name != "token"}',
            ),
        ),
    ),
    Mutant(
        "unknown-parameter-ignored",
        "A parameter that an operation does not know is passed over.",
        ("rest/2.2",),
        Code(
            "realtime_contracts.rules.requests:read_query",
            "in query.items()}",
            "in query.items() if name in types}",
        ),
    ),
    Mutant(
        "body-of-any-type",
        "A body is read as JSON, whatever type it is sent as.",
        ("rest/2.3",),
        Code(f"{ENDPOINT}:_body", "if request.mimetype != JSON:", "if False:"),
    ),
    Mutant(
        "forgets-tenant-in-users-presence",
        "How one user is, is kept under their id alone: another company can ask.",
        ("rest/3.3",),
        Code("app.realtime.store.keys:TenantKeys.user", 'f"presence:{self._tag}:{user_id}"', 'f"presence:{user_id}"'),
    ),
    Mutant(
        "offline-user-is-not-found",
        "Whoever is not online is not found.",
        ("rest/3.3",),
        Code(
            f"{PRESENCE}:get_presence",
            "    return {",
            """    from app.errors import NotFound

    if get_presence_manager().get_presence(user_id, call.tenant_id) is None:
        raise NotFound
    return {""",
        ),
    ),
    Mutant(
        "offline-user-is-away",
        "Whoever is not online is shown as away.",
        ("rest/3.3",),
        Code(f"{PRESENCE}:_shown", "PresenceStatus.OFFLINE", "PresenceStatus.AWAY"),
    ),
    Mutant(
        "rest-status-brings-online",
        "Whoever chooses a status while offline is online by that.",
        ("rest/3.5",),
        Code(
            f"{PRESENCE}:choose_status",
            'raise Conflict("You are offline: connect first")',
            "chosen = get_presence_manager().set_online(call.user_id, call.tenant_id, call.user_id)",
        ),
    ),
    Mutant(
        "rest-status-is-always-online",
        "A status that is chosen over REST is taken for activity only.",
        ("rest/3.4",),
        Code(
            f"{PRESENCE}:choose_status",
            "choose_status(call.user_id, call.tenant_id, status)",
            "update_activity(call.user_id, call.tenant_id)",
        ),
    ),
]
