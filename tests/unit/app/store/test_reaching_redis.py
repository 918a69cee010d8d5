"""What Redis says when it cannot serve now is `unavailable`, whatever its words; what it refuses is not."""

from __future__ import annotations

import pytest
from redis import exceptions

from app.errors import NoPermission, RedisRefused
from app.realtime.store.script import reaching_redis
from realtime_contracts.rules.errors import Unavailable


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ConnectionError("gone"),
        exceptions.TimeoutError("late"),
        exceptions.BusyLoadingError("loading"),
        exceptions.OutOfMemoryError("full"),
        exceptions.ReadOnlyError("a replica"),
        exceptions.ResponseError("BUSY Redis is busy running a script. You can only call SCRIPT KILL"),
        exceptions.ResponseError("MISCONF Redis is configured to save RDB snapshots, but it is currently unable to"),
        exceptions.ResponseError("NOREPLICAS Not enough good replicas to write. script: 77, on @user_script:12."),
    ],
    ids=str,
)
def test_a_redis_that_cannot_serve_now_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable), reaching_redis():
        raise error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (exceptions.ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"), RedisRefused),
        (exceptions.ResponseError("ERR BUSY is not how this begins"), RedisRefused),
        (exceptions.NoScriptError("No matching script"), RedisRefused),
        (exceptions.InvalidResponse("no RESP"), RedisRefused),
        (exceptions.NoPermissionError("this user has no permissions to run the 'get' command"), NoPermission),
    ],
    ids=str,
)
def test_what_redis_refuses_is_an_error_of_ours_that_is_no_passing_one(error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(RedisRefused) as caught, reaching_redis():
        raise error
    assert type(caught.value) is kind
    assert str(caught.value) == str(error)
    assert caught.value.__cause__ is error


def test_a_defect_stays_one() -> None:
    with pytest.raises(ValueError, match="ours"), reaching_redis():
        raise ValueError("ours")
