"""A room's document: versions, merging, conflicts, and the same edit again."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from realtime_contracts.mock import documents
from realtime_contracts.mock.connections import Connection
from tests.unit.contracts.mock.recorded import RecordedTenant

ROOM = {"room_id": "invoice:42"}


def edit(
    tenant: RecordedTenant, who: Connection, base: int, *changes: dict[str, Any], edit_id: str = ""
) -> dict[str, Any]:
    asked = {**ROOM, "base_version": base, "changes": list(changes), "edit_id": edit_id or str(uuid.uuid4())}
    return tenant.ask(who, "doc:edit", asked)


def put(place: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": place, "value": value}


def test_versions_have_no_gaps_and_the_others_get_them(tenant: RecordedTenant) -> None:
    ana, ben = tenant.enter("Ana", "Ben")
    assert [edit(tenant, ana, n, put("/n", n))["version"] for n in range(3)] == [1, 2, 3]
    assert [data["version"] for event, data in tenant.got[ben.sid] if event == "doc:edit"] == [1, 2, 3]
    assert "doc:edit" not in tenant.events(ana)


def test_disjoint_edits_merge_and_overlapping_ones_conflict(tenant: RecordedTenant) -> None:
    ana, ben = tenant.enter("Ana", "Ben")
    edit(tenant, ana, 0, put("/a", {"x": 1}))
    edit(tenant, ana, 1, put("/a/x", 2))
    assert edit(tenant, ben, 1, put("/b", 1))["version"] == 3
    error = edit(tenant, ben, 1, put("/a", {}))["error"]
    assert error["code"] == "version_conflict"
    assert error["details"]["version"] == 3
    assert [missed["version"] for missed in error["details"]["changes"]] == [2, 3]


def test_the_same_edit_again_is_answered_as_the_first_time(tenant: RecordedTenant) -> None:
    ana, ben = tenant.enter("Ana", "Ben")
    edit_id = str(uuid.uuid4())
    assert edit(tenant, ana, 0, put("/a", 1), edit_id=edit_id)["version"] == 1
    edit(tenant, ben, 1, put("/b", 1))
    tenant.got.clear()
    assert edit(tenant, ana, 0, put("/a", 9), edit_id=edit_id.upper())["version"] == 1
    assert tenant.got == {}


def test_a_patch_that_fails_applies_no_part(tenant: RecordedTenant) -> None:
    (ana,) = tenant.enter("Ana")
    error = edit(tenant, ana, 0, put("/a", 1), {"op": "test", "path": "/a", "value": 2})["error"]
    assert (error["code"], error["details"]["path"]) == ("invalid_payload", "/changes/1/value")
    tenant.ask(ana, "doc:sync", ROOM)
    synced = tenant.last(ana, "doc:sync")
    expected = {"version": 0, "epoch": synced["epoch"], "content": {}, "changes": [], "locks": []}
    assert synced == {**ROOM, **expected}


def test_who_has_missed_edits_gets_those_as_long_as_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "KEPT_EDITS", 2)
    tenant = RecordedTenant()
    (ana,) = tenant.enter("Ana")
    for n in range(4):
        edit(tenant, ana, n, put("/n", n))
    tenant.ask(ana, "doc:sync", {**ROOM, "since_version": 2})
    synced = tenant.last(ana, "doc:sync")
    assert (synced["content"], [change["version"] for change in synced["changes"]]) == (None, [3, 4])
    tenant.ask(ana, "doc:sync", {**ROOM, "since_version": 1})
    assert tenant.last(ana, "doc:sync")["content"] == {"n": 3}
    details = {"version": 4, "epoch": synced["epoch"], "changes": None}
    assert edit(tenant, ana, 1, put("/m", 1))["error"]["details"] == details


def test_a_version_counts_in_its_epoch_only(tenant: RecordedTenant) -> None:
    (ana,) = tenant.enter("Ana")
    epoch = edit(tenant, ana, 0, put("/n", 1))["epoch"]
    for asked, content in ((epoch, None), ("another", {"n": 1})):
        answer = tenant.ask(ana, "doc:sync", {**ROOM, "since_version": 0, "epoch": asked})
        assert (answer["version"], answer["epoch"]) == (1, epoch)
        assert tenant.last(ana, "doc:sync")["content"] == content
    asked = {**ROOM, "base_version": 1, "epoch": "another", "changes": [put("/m", 1)], "edit_id": str(uuid.uuid4())}
    error = tenant.ask(ana, "doc:edit", asked)["error"]
    assert (error["code"], error["details"]) == ("version_conflict", {"version": 1, "epoch": epoch, "changes": None})
    assert tenant.ask(ana, "doc:edit", {**asked, "epoch": epoch})["version"] == 2


def test_an_edit_where_another_has_a_lock_is_refused_with_that_lock(tenant: RecordedTenant) -> None:
    ana, ben = tenant.enter("Ana", "Ben")
    lock = tenant.ask(ana, "doc:lock", {**ROOM, "path": "/a"})["lock"]
    assert edit(tenant, ben, 0, put("/a", 1))["error"]["details"] == lock
    assert edit(tenant, ana, 0, put("/a", 1))["version"] == 1


def test_an_edit_ends_the_typing_in_its_field(tenant: RecordedTenant) -> None:
    ana, ben = tenant.enter("Ana", "Ben")
    for field in ("a", "/b"):
        tenant.ask(ana, "typing:start", {**ROOM, "field": field})
    edit(tenant, ana, 0, put("/a", 1))
    assert [user["field"] for user in tenant.last(ben, "typing:users")["users"]] == ["/b"]
