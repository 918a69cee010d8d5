"""What Redis says when it cannot serve now is `unavailable`, whatever its words; a fault of ours is not."""

from __future__ import annotations

import pytest
from redis import exceptions

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
    "error",
    [
        exceptions.ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"),
        exceptions.ResponseError("ERR BUSY is not how this begins"),
        exceptions.NoScriptError("No matching script"),
        ValueError("ours"),
    ],
    ids=str,
)
def test_a_defect_stays_one(error: Exception) -> None:
    with pytest.raises(type(error)), reaching_redis():
        raise error
