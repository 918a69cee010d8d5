"""What a load takes, by formula."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from app.capacity import DELIVERY_US, MICRO, USABLE, Load, advice, needs
from app.cli import server_commands as main

QUIET = Load(connections=1000, tenant=10, room=2, heartbeats=0, updates=0, moves=0, edits=0, churn=0)


def test_a_move_goes_to_the_others_of_its_room() -> None:
    moving = needs(replace(QUIET, room=5, moves=1.0))
    assert (moving.events, moving.deliveries, moving.scripts) == (1000, 4000, 1000)


def test_an_update_goes_to_the_whole_tenant() -> None:
    assert needs(replace(QUIET, updates=0.5)).deliveries == 5000


def test_a_heartbeat_costs_redis_nothing() -> None:
    beating = needs(replace(QUIET, heartbeats=1.0))
    assert (beating.events, beating.scripts, beating.redis_cores) == (1000, 0, 0)


def test_deliveries_have_their_price() -> None:
    few, many = (needs(replace(QUIET, room=room, moves=1.0)) for room in (2, 12))
    assert many.node_cores - few.node_cores == pytest.approx(10_000 * DELIVERY_US * MICRO)


def test_twice_the_tenants_take_twice_of_everything() -> None:
    load = replace(QUIET, updates=0.1, moves=1.0, edits=0.1, churn=0.01)
    once, twice = needs(load), needs(replace(load, connections=2000))
    for name in ("events", "deliveries", "scripts", "node_cores", "redis_cores", "node_bytes", "redis_bytes"):
        assert getattr(twice, name) == pytest.approx(2 * getattr(once, name)), name


def test_workers_and_masters_are_not_used_to_the_last() -> None:
    need = needs(replace(QUIET, connections=100_000, moves=1.0))
    assert need.workers * USABLE >= need.node_cores > (need.workers - 1) * USABLE
    assert need.masters * USABLE >= need.redis_cores > (need.masters - 1) * USABLE


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (QUIET, "One process and one Redis are enough."),
        (replace(QUIET, connections=200_000, tenant=20, moves=1.0), "A Redis Cluster of"),
        (replace(QUIET, connections=50_000, tenant=50_000, moves=1.0), "no number of masters helps"),
        (replace(QUIET, connections=5_000, tenant=5_000, updates=0.1), "the square of a tenant's users"),
        (replace(QUIET, connections=20_000, room=50, moves=0.5), "`realtime serve --workers`"),
    ],
)
def test_what_saturates_first_is_said(load: Load, said: str) -> None:
    assert said in " ".join(advice(load, needs(load)))


def test_the_command_prints_it() -> None:
    result = CliRunner().invoke(main, ["capacity", "--connections", "100000", "--tenant", "100"])
    assert result.exit_code == 0, result.output
    assert "messages to clients" in result.output


def test_the_command_refuses_no_connections() -> None:
    assert CliRunner().invoke(main, ["capacity", "--connections", "0"]).exit_code == 2
