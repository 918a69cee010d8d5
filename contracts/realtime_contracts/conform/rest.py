"""The REST API as a scenario uses it: requests, each with whose token it is, and whether the answer was right.

Every answer is judged by the contract as it comes: its body by the schema of its operation or of an error, its
status and headers by what the body says. What is wrong is noted in `observed`.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from realtime_contracts import Direction
from realtime_contracts.conform.observed import Observed
from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.operations import operations
from realtime_contracts.contract.registry import registry
from realtime_contracts.wire.journal import Journal
from realtime_contracts.wire.redaction import redacted, shown
from realtime_contracts.wire.timeouts import patience

#: Where the API begins, for paths that are of no operation.
PREFIX = "/api/v1"

#: The statuses of a success.
OK, CREATED = 200, 201

#: Characters of an answer that a failure shows.
SHOWN = 200

#: The header of a body, unless a scenario has another.
JSON = ("Content-Type", "application/json")

#: Connections that are kept open to a node: as many requests as a scenario makes at the same time.
POOL_SIZE = 32


@dataclass(frozen=True)
class Answer:
    """What a request was answered with. `body` is JSON, None if it was none."""

    request: str
    status: int
    body: Any
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.request}, answered with {self.status} and {self.text[:SHOWN] or 'nothing'}"

    @property
    def is_of_contract(self) -> bool:
        """Whether it is an answer of the operation. Else the server has no such operation, or is not itself."""
        return self.ok or self.code is not None

    @property
    def ok(self) -> bool:
        """Whether the request has succeeded."""
        return self.status in (OK, CREATED)

    @property
    def code(self) -> str | None:
        """Why it has not."""
        return self.body.get("code") if isinstance(self.body, dict) else None

    @property
    def path(self) -> str | None:
        """Where a request is wrong that is."""
        details = self.body.get("details") if isinstance(self.body, dict) else None
        return details.get("path") if isinstance(details, dict) else None


class Rest:
    """A client of one cluster. `next_url` says which node is next; several threads may ask at the same time."""

    def __init__(self, next_url: Callable[[], str], observed: Observed, began: float) -> None:
        self.journal = Journal("REST", began)
        self._observed = observed
        #: All that was ever said, headers included.
        self.heard: list[str] = []
        self._next_url = next_url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxies: the server is named by its URL
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=POOL_SIZE))

    def call(self, operation: str, token: str | None, *, url: str | None = None, **options: Any) -> Answer:
        """Ask for an operation. `options`: `places` of the path, and what `send` takes."""
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
        """Send what can only fail; `options` as in `send`."""
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
        """Send a request as it is: `body` is JSON, `data` is anything. What comes is not judged."""
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
        """Nothing more is asked."""
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
        """What is wrong with a success, and where; nothing if it is right."""
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
    """A request as the journal tells it: with the headers that are not what they always are."""
    told = [f"{name}: {value}" for name, value in headers.items() if (name, value) != JSON]
    return redacted(", ".join([f"{method} {target}", *told]), owner="")


def _told(data: bytes) -> str | dict[str, str]:
    """A body as the journal tells it: JSON, or under `raw` what would not be the same if it were written again."""
    text = data.decode(errors="replace")
    try:
        value = json.loads(text)
        same = value is not None and shown(value) == value and json.dumps(value) == text
    except (ValueError, RecursionError):
        same = False
    return text if same else {"raw": text}


def _in_query(value: Any) -> str:
    """A value as it stands in a query: as in JSON, and a text as it is."""
    return value if isinstance(value, str) else json.dumps(value)


def _json(response: requests.Response) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:
        return None
