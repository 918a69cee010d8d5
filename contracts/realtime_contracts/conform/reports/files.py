"""The reports as files, by the names of the options that ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from realtime_contracts.conform.reports.html import html
from realtime_contracts.conform.reports.json_report import json_report
from realtime_contracts.conform.reports.junit import junit
from realtime_contracts.conform.reports.messages import messages
from realtime_contracts.conform.results import Run
from realtime_contracts.conform.steps import DEFINITIONS


def render(name: str, run: Run, features: Path, compared: Sequence[Run]) -> bytes:
    """A report: `html` (with other runs beside it), `junit`, `json` or `messages`."""
    if name == "html":
        return html(run, *compared).encode()
    if name == "junit":
        return junit(run).encode()
    if name == "json":
        return json_report(run)
    patterns = [(step.kind, step.pattern.pattern) for step in DEFINITIONS]
    return "".join(messages(run, features, patterns)).encode()
