"""Write the generated files: `make generate`.

With `--check` write nothing, and exit with status 1 if a file is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.settings import Settings
from realtime_contracts.conform.reports import listing
from realtime_contracts.conform.requirements import suite
from realtime_contracts.contract import asyncapi, openapi

ROOT = Path(__file__).parents[1]

SETTINGS_HEAD = """\
<!-- Generated from backend/app/settings.py by `make generate`. Do not edit: change that. -->
# Settings

Each setting is an environment variable. A server with a value out of bounds does not start, and says why in one line.

| variable | default | may be | what it does |
|---|---|---|---|
"""


def settings_page() -> str:
    rows = (
        f"| `{name.upper()}` | {_default(field)} | {_bounds(field)} | {_cell(field.description or '')} |"
        for name, field in Settings.model_fields.items()
    )
    return SETTINGS_HEAD + "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    if isinstance(value, bool):
        text = text.lower()
    return f"`{_cell(text)}`" if text else "none"


def _bounds(field: FieldInfo) -> str:
    if field.annotation is bool:
        return "`true`, `false`"
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    words = []
    for sign, attribute in (("≥", "ge"), (">", "gt"), ("≤", "le"), ("<", "lt")):
        words += [f"{sign} {_number(getattr(rule, attribute))}" for rule in field.metadata if hasattr(rule, attribute)]
    return ", ".join(words) or "text"


def _number(value: Any) -> str:
    return f"{value:,}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


CONFORMANCE_HEAD = "<!-- Generated from features/ by `make generate`. Do not edit: change those. -->\n"

ASYNCAPI_HEAD = """\
# The Socket.IO half of the contract for tools that read AsyncAPI. Generated from schemas/, examples/ and
# exchanges.json by `make generate`. Do not edit: change those.
"""

OPENAPI_HEAD = """\
# The REST API for tools that read OpenAPI: where and when. What travels is in schemas/. Generated from operations.json
# and errors.json by `make generate`. Do not edit: change those.
"""


class _Dumper(yaml.SafeDumper):
    """Blocks for texts of several lines, no aliases, items of a list under their key."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - no value is one
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the library's signature
        super().increase_indent(flow, False)


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def _yaml(head: str, document: dict[str, Any]) -> str:
    return head + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


#: Each generated file and what makes it.
PAGES: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "docs/conformance.md": lambda: CONFORMANCE_HEAD + listing.page(suite()),
    "contracts/asyncapi.yaml": lambda: _yaml(ASYNCAPI_HEAD, asyncapi.document()),
    "contracts/openapi.yaml": lambda: _yaml(OPENAPI_HEAD, openapi.document()),
}


def main(*words: str) -> int:
    stale = []
    for name, make in PAGES.items():
        page, text = ROOT / name, make()
        if page.exists() and page.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in words:
            page.write_text(text, encoding="utf-8")
    if stale:
        print(("out of date: " if "--check" in words else "written: ") + ", ".join(stale))
    return 1 if stale and "--check" in words else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
