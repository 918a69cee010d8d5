"""The REST API of an app whose services are stubs: what is tested with it is what stands before them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.realtime.container import get_services
from realtime_contracts import Direction
from realtime_contracts.contract.registry import registry
from realtime_contracts.wire import tokens


class Stub:
    """A service whose methods answer what they are told to, and which remembers what they were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.answers: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        def method(*args: Any, **options: Any) -> Any:
            self.asked.append((name, args, options))
            answer = self.answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return method


class Api:
    """The REST API of an app, as a client sees it. Every error is held against the contract."""

    def __init__(self, app: Flask, secret: str) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self._secret = secret
        self.real_presence = get_services(app).presence
        self.presence, self.notifications, self.activity, self.revocations = Stub(), Stub(), Stub(), Stub()
        self.serve_with(
            presence=self.presence,
            notifications=self.notifications,
            activity=self.activity,
            revocations=self.revocations,
        )
        self.revocations.answers["refuse_revoked"] = None
        self.presence.answers["get_online_users"] = []

    def serve_with(self, **services: Any) -> None:
        """Put these services in the place of the app's."""
        self.app.extensions["realtime"] = replace(get_services(self.app), **services)

    def asked_nothing(self) -> bool:
        """Whether no service has been asked for anything."""
        return not (self.presence.asked or self.notifications.asked or self.activity.asked)

    def token(self, user_id: str = "ana", tenant_id: str = "acme", **options: Any) -> str:
        return tokens.mint(self._secret, user_id, tenant_id, **options)

    def ask(self, method: str, path: str, *, token: str | None = None, role: str = "user", **request: Any) -> Any:
        """Ask as Ana, or with another `token`; returns Werkzeug's response."""
        headers = {"Authorization": f"Bearer {token or self.token(role=role)}", **request.pop("headers", {})}
        return self.bare(method, path, headers=headers, **request)

    def bare(self, method: str, path: str, **request: Any) -> TestResponse:
        """Ask without anything that is not in `request`."""
        answer = self.client.open(path if path.startswith("/") else f"/api/v1/{path}", method=method, **request)
        if answer.status_code >= 400 and answer.is_json and answer.data:
            violation = registry().check(Direction.RESPONSE, "error", answer.json)
            assert violation is None, f"{answer.json} breaks the contract: {violation}"
        return answer

    def refused(self, answer: TestResponse) -> tuple[int, str]:
        """The status and the code of an answer that is an error."""
        assert answer.json is not None, answer.data
        assert answer.json["success"] is False
        return answer.status_code, answer.json["code"]

    def invalid(self, answer: TestResponse, path: str | None = None, error: str | None = None) -> str:
        """Why an answer says that the request is invalid, at `path`, by the text `error`; no service was asked."""
        assert self.refused(answer) == (422, "invalid_payload"), answer.json
        assert answer.json is not None
        assert path is None or answer.json["details"]["path"] == path
        assert error is None or answer.json["error"] == error
        assert self.asked_nothing()
        return str(answer.json["details"]["reason"])
