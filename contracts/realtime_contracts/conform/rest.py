"""The REST client of a scenario: requests with a user's token, and checked answers.

Every answer is judged by the contract: the body by the schema of its operation or of an error, status and headers by
the body. Errors are noted in `observed`.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from realtime_contracts.conform.observed import Observed
from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.operations import operations
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.wire.journal import Journal
from realtime_contracts.wire.redaction import redacted, shown
from realtime_contracts.wire.timeouts import patience

#: The root of the API, for paths outside the contract.
PREFIX = "/api/v1"

#: The statuses of success.
OK, CREATED = 200, 201

#: Characters of an answer in a failure's text.
SHOWN = 200

#: The header for a body, unless a scenario sets another.
JSON = ("Content-Type", "application/json")

#: Connections kept open per node: as many as a scenario's parallel requests.
POOL_SIZE = 32


@dataclass(frozen=True)
class Answer:
    """The answer to a request. `body` is JSON, None if it was not JSON."""

    request: str
    status: int
    body: Any
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.request}, answered with {self.status} and {self.text[:SHOWN] or 'nothing'}"

    @property
    def is_of_contract(self) -> bool:
        """Whether it is an answer of the operation. If not, the server lacks the operation or is not itself."""
        return self.ok or self.code is not None

    @property
    def ok(self) -> bool:
        return self.status in (OK, CREATED)

    @property
    def code(self) -> str | None:
        """Return the error code."""
        return self.body.get("code") if isinstance(self.body, dict) else None

    @property
    def path(self) -> str | None:
        """Return the path of the error in the request."""
        details = self.body.get("details") if isinstance(self.body, dict) else None
        return details.get("path") if isinstance(details, dict) else None


class Rest:
    """A client of one cluster. `next_url` chooses the node; several threads may send requests at once."""

    def __init__(self, next_url: Callable[[], str], observed: Observed, began: float) -> None:
        self.journal = Journal("REST", began)
        self._observed = observed
        #: Everything sent and received, headers included.
        self.heard: list[str] = []
        self._next_url = next_url
        self._session = requests.Session()
        self._session.trust_env = False  # No proxies: the URL names the server itself.
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=POOL_SIZE))

    def call(self, operation: str, token: str | None, *, url: str | None = None, **options: Any) -> Answer:
        """Call an operation. `options`: the path's `places`, and the options of `send`."""
        known = operations()[operation.replace(":", ".")]
        places = {name: urllib.parse.quote(value, safe="") for name, value in options.pop("places", {}).items()}
        headers = options.pop("headers", {})
        if token is not None:
            headers = {"Authorization": f"Bearer {token}", **headers}
        answer = self.send(known.method, known.path.format(**places), url=url, headers=headers, **options)
        self._judge(operation, answer)
        self._observed.goes(Direction.REQUEST, operation)
        if operation in registry().events(Direction.REQUEST) and not isinstance(options.get("query"), str):
            asked = options["body"] if options.get("body") is not None else options.get("query") or {}
            self._observed.answered(Direction.REQUEST, operation, asked, answer.code)
        return answer

    def fail(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request that must fail; `options` as in `send`."""
        answer = self.send(method, path, **options)
        self._judge(None, answer)
        return answer

    def send(
        self,
        method: str,
        path: str,
        *,
        url: str | None = None,
        query: Mapping[str, Any] | str | None = None,
        body: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request unchanged: `body` is JSON, `data` any bytes. The answer is not judged."""
        if body is not None:
            data = json.dumps(body).encode()
        headers = {**({} if data is None else dict([JSON])), **(headers or {})}
        if isinstance(query, Mapping):
            query = urllib.parse.urlencode({name: _in_query(value) for name, value in query.items()})
        target = (url or self._next_url()) + path + (f"?{query}" if query else "")
        self.journal.write("request", _as_told(method, target, headers), None if data is None else _told(data))
        came = self._session.request(
            method, target, data=data, headers=headers, timeout=patience(), allow_redirects=False
        )
        self.heard.append(f"{came.headers}\n{came.text}")
        body = _json(came)
        self.journal.write("answer", str(came.status_code), came.text[:1000] if body is None else body)
        return Answer(f"{method} {target}", came.status_code, body, came.text[:1000], came.headers)

    def close(self) -> None:
        self._session.close()

    def _judge(self, operation: str | None, answer: Answer) -> None:
        if answer.headers.get("Content-Type") != "application/json":
            wrong, path = "the answer is no JSON", ""
        else:
            wrong, path = self._success(operation, answer) if answer.ok else self._failure(answer)
        message = operation if operation is not None and answer.ok else "error"
        self._observed.came[Direction.RESPONSE.value, message] += 1
        if not answer.ok and answer.code is not None:
            self._observed.failed(operation or "REST", answer.code)
        if wrong:
            what = f"{answer.request} was answered with {answer.status}: {wrong}"
            self._observed.breach("REST", message, "response", what, path=path, payload=answer.text)

    def _success(self, operation: str | None, answer: Answer) -> tuple[str, str]:
        """Return what is wrong with a successful answer, and where, or nothing."""
        if operation is None:
            return "a success", ""
        if answer.status not in operations()[operation.replace(":", ".")].successes:
            return f"the status {answer.status} for what made nothing", ""
        violation = registry().check(Direction.RESPONSE, operation, answer.body)
        return ("", "") if violation is None else (violation.reason, violation.path)

    def _failure(self, answer: Answer) -> tuple[str, str]:
        violation = registry().check(Direction.RESPONSE, "error", answer.body)
        if violation is not None:
            return violation.reason, violation.path
        if answer.code == "internal":
            return "a defect of the server", "/code"
        known = error_codes()[str(answer.code)]
        if answer.status != known.status:
            return f"the wrong status for {answer.code}", "/code"
        header = known.header
        return ("" if header is None or header in answer.headers else f"no header {header}"), ""


def _as_told(method: str, target: str, headers: Mapping[str, str]) -> str:
    """Return a request as the journal shows it, with its unusual headers."""
    told = [f"{name}: {value}" for name, value in headers.items() if (name, value) != JSON]
    return redacted(", ".join([f"{method} {target}", *told]), owner="")


def _told(data: bytes) -> str | dict[str, str]:
    """Return a body as the journal shows it: JSON, or under `raw` if writing it again would change it."""
    text = data.decode(errors="replace")
    try:
        value = json.loads(text)
        same = value is not None and shown(value) == value and json.dumps(value) == text
    except (ValueError, RecursionError):
        same = False
    return text if same else {"raw": text}


def _in_query(value: Any) -> str:
    """Return a value as query text: a string unchanged, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _json(response: requests.Response) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:
        return None
