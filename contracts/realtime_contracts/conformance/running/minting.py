"""Where a run gets its tokens: from a secret, from a command, or from a Python function.

The harness has to make bad tokens too, so whoever makes them gets claims and signs them as they are: expired, without
tenant, of another type. A source that refuses to sign such claims fails the scenarios that need them.
"""

from __future__ import annotations

import importlib
import json
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from realtime_contracts import tokens
from realtime_contracts.conformance.timeouts import PATIENCE


class NoToken(Exception):
    """The source gives no token; the message says why."""


@dataclass(frozen=True)
class TokenSource:
    """One of: an HS256 secret, a command that reads claims as JSON and prints a token, `module:function` of claims."""

    secret: str = ""
    command: str = ""
    hook: str = ""

    def mint(self, user_id: str, tenant_id: str, **options: Any) -> str:
        """A token; `options` as in `tokens.claims`. Raises NoToken."""
        claims = tokens.claims(user_id, tenant_id, **options)
        if self.command:
            return _from_command(self.command, claims)
        if self.hook:
            return _from_hook(self.hook, claims)
        return tokens.sign(claims, self.secret)

    def check(self) -> None:
        """Make a token, to see whether it can be done. Raises NoToken."""
        self.mint("conformance", "conformance")

    def __str__(self) -> str:
        return f"`{self.command}`" if self.command else self.hook or "the secret"


def _from_command(command: str, claims: dict[str, Any]) -> str:
    try:
        made = subprocess.run(  # noqa: S603 - it is the caller's own command
            shlex.split(command), input=json.dumps(claims), capture_output=True, text=True, timeout=PATIENCE, check=True
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines()
        raise NoToken(
            f"`{command}` ended with {error.returncode}: {said[-1] if said else 'it said nothing'}"
        ) from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise NoToken(f"`{command}` gives no token: {error}") from error
    token = made.stdout.strip()
    if not token:
        raise NoToken(f"`{command}` printed no token")
    return token


def _from_hook(hook: str, claims: dict[str, Any]) -> str:
    module, _, name = hook.partition(":")
    try:
        function: Callable[[dict[str, Any]], Any] = getattr(importlib.import_module(module), name)
        token = function(claims)
    except (Exception, SystemExit) as error:  # it is the caller's code: whatever it raises is why there is no token
        raise NoToken(f"{hook} gives no token: {type(error).__name__}: {error}") from error
    if not isinstance(token, str) or not token:
        raise NoToken(f"{hook} gave {token!r}, which is no token")
    return token
