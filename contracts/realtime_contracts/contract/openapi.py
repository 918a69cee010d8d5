"""The REST half of the contract as an OpenAPI 3.1 document, made from `operations.json` and `errors.json`.

Requests and responses are the schema files, by relative `$ref`. Parameters and failures that several operations share
are components.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.operations import FAILED, described, failures_of, operations, status_of
from realtime_contracts.contract.registry import registry

_DESCRIPTION = """\
What a page needs before it is connected, and what back ends tell its users. Users hear of it over Socket.IO at once.

**Who asks** is who the access token says, in the header `Authorization: Bearer …` and nowhere else: the same
token as on the socket. Its tenant is the only one that a request sees or changes.

**Answers** are JSON and not to be cached: `{"success": true, …}`, or `{"success": false, "error": …, "code": …}`, where
`error` is for people, `code` for programs, and `details` is there for the codes that have any. A request that failed
has changed nothing; after `unavailable` and `internal` alone that is not certain. \
A parameter or a property that is not in this document is refused (422), as is a parameter given twice.
A path that is not here is `not_found` (404), \
a method that a path does not have `method_not_allowed` (405, with `Allow`).

**Rates**, if the server is not told otherwise: 100 requests a second of one user on one node, 200 at once; of a back
end 1,000 and 2,000.
"""

_ERROR = "schemas/response/error.json"

_PLACE = re.compile(r"\{(\w+)\}")

_Json = dict[str, Any]


def document() -> _Json:
    """Return the OpenAPI document of the installed contract."""
    paths: dict[str, _Json] = {}
    for name, operation in operations().items():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(name)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LogiAccounting Pro Realtime",
            "summary": "Presence, notifications and activity over REST, beside the same over Socket.IO.",
            "version": registry().version,
            "description": _DESCRIPTION,
        },
        "servers": [{"url": "/", "description": "Wherever the server is."}],
        "security": [{"accessToken": []}],
        "tags": [{"name": name, "description": words} for name, words in described()["tags"].items()],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "accessToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token: the claims `sub` (who), `tenant_id`, `exp` and `type: access`, "
                    "signed as the server is told; `role` is `service` for back ends.",
                }
            },
            "parameters": {_component(parameter): parameter for parameter in _shared_parameters()},
            "responses": {name: _failure(failure) for name, failure in described()["failures"].items()},
        },
    }


def _operation(name: str) -> _Json:
    operation, said = operations()[name], described()["operations"][name]
    made: _Json = {
        "operationId": name,
        "tags": [name.partition(".")[0]],
        "summary": operation.summary,
        "description": said["description"],
    }
    if parameters := _parameters(name):
        made["parameters"] = [
            {"$ref": f"#/components/parameters/{_component(one)}"} if one in _shared_parameters() else one
            for one in parameters
        ]
    if operation.has_body:
        made["requestBody"] = {
            "required": True,
            "content": _media(f"schemas/request/{name}.json", {"example": said["body"]}),
        }
    if not operation.needs_token:
        made["security"] = []
    made["responses"] = {
        **{status: _answer(name, status, answer) for status, answer in said["answers"].items()},
        **{str(status_of(failure)): {"$ref": f"#/components/responses/{failure}"} for failure in failures_of(name)},
    }
    return made


def _parameters(name: str) -> list[_Json]:
    """The parameters of an operation's path, its headers and its query."""
    said = described()["operations"][name]
    return [
        *(
            {"name": place, "in": "path", "required": True, **described()["places"][place]}
            for place in _PLACE.findall(said["path"])
        ),
        *({"name": header, "in": "header", **described()["headers"][header]} for header in said.get("headers", ())),
        *(
            {
                "name": parameter,
                "in": "query",
                "description": words,
                "schema": {"$ref": f"schemas/request/{name}.json#/properties/{parameter}"},
            }
            for parameter, words in said.get("query", {}).items()
        ),
    ]


def _shared_parameters() -> list[_Json]:
    """Return the parameters that several operations have."""
    all_of_them = [parameter for name in operations() for parameter in _parameters(name)]
    uses = Counter(str(parameter) for parameter in all_of_them)
    return [one for n, one in enumerate(all_of_them) if uses[str(one)] > 1 and one not in all_of_them[:n]]


def _component(parameter: Mapping[str, Any]) -> str:
    """Return the name of a shared parameter: `notification_id` is `NotificationId`."""
    return "".join(word.capitalize() for word in re.split(r"[_-]", parameter["name"]))


def _answer(name: str, status: str, said: Mapping[str, Any]) -> _Json:
    """Return a response of one operation; one with `content` is complete."""
    if "content" in said:
        return dict(said)
    shown = {keyword: said[keyword] for keyword in ("example", "examples") if keyword in said}
    return {
        "description": said["description"],
        "content": _media(_ERROR if int(status) >= FAILED else f"schemas/response/{name}.json", shown),
    }


def _failure(said: Mapping[str, Any]) -> _Json:
    """Return a failure that operations share, with its possible bodies."""
    first, *others = said["examples"]
    shown: _Json = {"example": _error(first)}
    if others:
        several = [first, *others]
        shown = {"examples": {one["name"]: {"summary": one["summary"], "value": _error(one)} for one in several}}
    headers = {"headers": said["headers"]} if "headers" in said else {}
    return {"description": said["description"], **headers, "content": _media(_ERROR, shown)}


def _error(said: Mapping[str, Any]) -> _Json:
    body = {"success": False, "error": said.get("error", error_codes()[said["code"]].message), "code": said["code"]}
    return {**body, "details": said["details"]} if "details" in said else body


def _media(schema: str, shown: Mapping[str, Any]) -> _Json:
    return {"application/json": {"schema": {"$ref": schema}, **shown}}
