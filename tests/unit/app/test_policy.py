"""The room policy: found by its path, or the start ends with one line that says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.realtime.policy import RoomRequest, allow_tenant, load_policy
from app.settings import SettingsError

REQUEST = RoomRequest("acme", "ana", "user", "invoice:42", "join")


def test_without_a_policy_everybody_of_the_tenant_may() -> None:
    assert load_policy("") is allow_tenant
    assert load_policy("")(REQUEST) is True


def test_a_policy_is_found_by_module_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    code = "def nobody_lists(request):\n    return request.action != 'list'\n"
    (tmp_path / "my_policies.py").write_text(code, "utf-8")
    policy = load_policy("my_policies:nobody_lists")
    assert policy(REQUEST)
    assert not policy(RoomRequest("acme", "ana", "user", "invoice:42", "list"))


@pytest.mark.parametrize(
    "path",
    [
        "no_such_module:policy",
        "app.realtime.policy:no_such_function",
        "app.realtime.policy",
        "app.realtime.policy:",
        ":policy",
        "..policy:allow_tenant",
        "app.realtime.policy:allow_tenant:x",
        "not a module:x",
    ],
)
def test_a_path_that_leads_nowhere_is_one_line_that_names_the_setting(path: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_policy(path)
    assert re.fullmatch(rf"ROOM_POLICY: [^\n]*{re.escape(repr(path))}[^\n]*", str(caught.value))


def test_a_policy_is_a_function() -> None:
    with pytest.raises(SettingsError, match=r"^ROOM_POLICY: 'app\.realtime\.policy:__name__' is not a function$"):
        load_policy("app.realtime.policy:__name__")


def test_a_request_does_not_change() -> None:
    with pytest.raises(AttributeError):
        REQUEST.role = "admin"  # type: ignore[misc]


def test_a_wrong_policy_stops_the_start() -> None:
    from app import create_app
    from app.settings import Settings

    settings = Settings(jwt_secret_key="x" * 32, room_policy="nowhere:policy")
    with pytest.raises(SettingsError, match=r"^ROOM_POLICY: "):
        create_app(settings)
