"""Serves the contract: a page for people, and the files for programs.

Everything here is public, the same for everybody, and changes only with the server. Each answer has an ETag with the
contract's version, so a client need not fetch it twice.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import PurePosixPath

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from realtime_contracts.contract.page import page
from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.schemas import bundle, own_schemas

contract = Blueprint("contract", __name__, url_prefix="/contract")

#: The content types of the contract's files, by suffix or name.
FILES = {".json": "application/json", ".yaml": "application/yaml", "VERSION": "text/plain; charset=utf-8"}


@contract.get("", endpoint="page")
def contract_page() -> Response:
    """Serve the whole contract on one page, which loads nothing."""
    made = page()
    response = _answer(made.html.encode(), "text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = made.policy
    return response


@contract.get("/", endpoint="slash")
def contract_page_with_slash() -> AnyResponse:
    """Redirect to the page, whose links are relative to its own address."""
    return redirect(url_for("contract.page"), code=308)


@contract.get("/contract.json", endpoint="bundle")
def contract_bundle() -> Response:
    """Serve every schema in one document, for `realtime contract diff`."""
    return _answer(bundle(own_schemas()).encode(), FILES[".json"])


@contract.get("/<path:name>", endpoint="file")
def contract_file(name: str) -> Response:
    """Serve a file of the contract: a schema, its examples, a document beside them, VERSION."""
    if name not in _names():
        abort(404)
    return _answer((registry().folder / name).read_bytes(), FILES[PurePosixPath(name).suffix or name])


@functools.cache
def _names() -> frozenset[str]:
    """Return the files that are served; no others can be requested."""
    folder = registry().folder
    found = [*folder.glob("schemas/*/*.json"), *folder.glob("examples/*/*.json"), *folder.glob("*.yaml")]
    found += [folder / name for name in ("exchanges.json", "operations.json", "errors.json", "VERSION")]
    return frozenset(path.relative_to(folder).as_posix() for path in found)


def _answer(body: bytes, content_type: str) -> Response:
    response = Response(body, content_type=content_type)
    response.set_etag(f"{registry().version}-{hashlib.sha256(body).hexdigest()[:16]}")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.make_conditional(request)
    return response
