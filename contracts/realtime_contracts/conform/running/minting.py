"""The sources of a run's tokens: a secret, a command, or a Python function.

The harness also needs bad tokens: expired, without a tenant, of another type. So a source must sign the given claims as
they are. If it refuses, the scenarios that need such a token fail.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from realtime_contracts.wire import tokens
from realtime_contracts.wire.timeouts import PATIENCE

#: Characters shown of output that is not a token.
SHOWN = 80


class NoToken(Exception):
    """The source returned no token; the message gives the reason."""


@dataclass(frozen=True)
class TokenSource:
    """A token source: an HS256 secret, a command that reads JSON claims and prints a token, or `module:function`."""

    secret: str = ""
    command: str = ""
    hook: str = ""

    def mint(self, user_id: str, tenant_id: str, **options: Any) -> str:
        """Return a token; `options` as in `tokens.claims`. Raises NoToken."""
        claims = tokens.claims(user_id, tenant_id, **options)
        if not (self.command or self.hook):
            return tokens.sign(claims, self.secret)
        token = _from_command(self.command, claims) if self.command else _from_hook(self.hook, claims)
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise NoToken(f"{self} gave {token[:SHOWN]!r}, which is no token: no header could carry it")
        return token

    def check(self) -> None:
        """Make one token to test the source. Raises NoToken."""
        self.mint("conformance", "conformance")

    def __str__(self) -> str:
        return f"`{self.command}`" if self.command else self.hook or "the secret"


def _from_command(command: str, claims: dict[str, Any]) -> str:
    try:
        status, stdout, stderr = _run(shlex.split(command), json.dumps(claims))
    except subprocess.TimeoutExpired as error:
        raise NoToken(f"`{command}` gives no token: it timed out after {PATIENCE:g} seconds") from error
    except (OSError, ValueError) as error:
        raise NoToken(f"`{command}` gives no token: {error}") from error
    if status:
        said = (stderr or stdout).strip().splitlines()
        raise NoToken(f"`{command}` ended with {status}: {said[-1] if said else 'it said nothing'}")
    token = stdout.strip()
    if not token:
        raise NoToken(f"`{command}` printed no token")
    return token


def _run(words: list[str], text: str) -> tuple[int, str, str]:
    """Run a command; return its exit status and output. After the time limit, its whole process group is ended."""
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - it is the caller's own command
        words, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            stdout, stderr = process.communicate(text, PATIENCE)
        except BaseException:  # The command has a session of its own, so Ctrl-C does not reach it either.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, stdout, stderr


def _from_hook(hook: str, claims: dict[str, Any]) -> str:
    module, _, name = hook.partition(":")
    try:
        function: Callable[[dict[str, Any]], Any] = getattr(importlib.import_module(module), name)
        token = function(claims)
    except (Exception, SystemExit) as error:  # The caller's code may raise anything.
        raise NoToken(f"{hook} gives no token: {type(error).__name__}: {error}") from error
    if not isinstance(token, str) or not token:
        raise NoToken(f"{hook} gave {token!r}, which is no token")
    return token
