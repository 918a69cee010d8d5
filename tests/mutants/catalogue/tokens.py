"""Servers that do not tell of a token's end, or take a newer token that they should not take, or take it wrongly."""

from __future__ import annotations

from tests.mutants.mutation import Code, Mutant

TOKEN_ENDS = "app.realtime.cluster.token_ends:TokenEnds"
REFRESH = "app.realtime.cluster.admission:Admission.refresh"
WHOSE = '(user["tenant_id"], user["user_id"]) != _user(connection)'

MUTANTS = {
    "end-is-not-announced": Mutant(
        "tokens/1.1 tokens/1.2 tokens/2.2",
        Code(
            f"{TOKEN_ENDS}._warn",
            'self._bus.send(sid, MessageType.AUTH_EXPIRING.value, {"expires_at": to_rfc3339(expires_at)})',
            "pass",
        ),
    ),
    "end-is-announced-at-once": Mutant("tokens/1.3", Code(f"{TOKEN_ENDS}.plan", "left - EXPIRING_SECONDS", "0")),
    "newer-token-does-not-move-the-end": Mutant(
        "tokens/2.1 tokens/2.2 tokens/2.3", Code(REFRESH, "self._token_ends.plan(connection)", "pass")
    ),
    "first-end-stays": Mutant("tokens/2.1", Code(f"{TOKEN_ENDS}.plan", "self.forget(connection.sid)", "pass")),
    "colleagues-token-is-taken": Mutant(
        "tokens/3.2 tokens/3.4", Code(REFRESH, WHOSE, 'user["tenant_id"] != connection.tenant_id')
    ),
    "another-companys-token-is-taken": Mutant(
        "tokens/3.3", Code(REFRESH, WHOSE, 'user["user_id"] != connection.user_id')
    ),
}
