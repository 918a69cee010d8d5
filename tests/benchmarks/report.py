"""The tables of docs/performance.md, and how they get into the page: between markers, so that its prose stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

PAGE = Path(__file__).parents[2] / "docs/performance.md"
#: Functions in a table of a profile.
TOP = 15

Medians = Mapping[str, Mapping[str, Mapping[str, float]]]


class Figure(NamedTuple):
    """A figure of a scenario. The less the better."""

    key: str
    what: str
    #: Peer → this server's share of the peer's figure at most.
    shares: Mapping[str, float]
    #: At most that much, whatever peers have.
    limit: float | None = None


class Measured(Protocol):
    """A scenario with its figures."""

    @property
    def name(self) -> str: ...
    @property
    def arguments(self) -> tuple[int, int]: ...
    @property
    def figures(self) -> tuple[Figure, ...]: ...


def measured_tables(scenarios: Sequence[Measured], medians: Medians, facts: Mapping[str, str], rounds: int) -> str:
    """The comparison, and what it was measured on, as Markdown."""
    lines = [
        "| scenario | figure | ours | Node | Bun | ours ÷ Node | ours ÷ Bun | goal | reached |",
        "|---|---|--:|--:|--:|--:|--:|---|---|",
    ]
    for scenario in scenarios:
        arguments = " ".join(str(number) for number in scenario.arguments if number)
        for figure in scenario.figures:
            values = {server: found[figure.key] for server, found in medians[scenario.name].items()}
            cells = [_number(values.get(server)) for server in ("ours", "node", "bun")]
            ratios = [_number(_ratio(values, peer)) for peer in ("node", "bun")]
            name = f"`{scenario.name.partition('-')[0]} {arguments}`"
            lines.append(
                f"| {' | '.join([name, figure.what, *cells, *ratios, _goal(figure), _reached(figure, values)])} |"
            )
    about = "; ".join(f"{name} {value}" for name, value in facts.items())
    return "\n".join([*lines, "", f"Median of rounds: {rounds}. {about}."])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _ratio(values: Mapping[str, float], peer: str) -> float | None:
    return values["ours"] / values[peer] if "ours" in values and values.get(peer) else None


def _goal(figure: Figure) -> str:
    shares = [f"≤ {share:g} of {peer.capitalize()}" for peer, share in figure.shares.items()]
    return " and ".join([*shares, *([f"≤ {figure.limit:g}"] if figure.limit is not None else [])]) or "-"


def _reached(figure: Figure, values: Mapping[str, float]) -> str:
    """`yes` or `no`; `-` without a goal, or without a figure that the goal needs."""
    ratios = [(_ratio(values, peer), share) for peer, share in figure.shares.items()]
    if "ours" not in values or any(ratio is None for ratio, _ in ratios) or not (ratios or figure.limit is not None):
        return "-"
    within = figure.limit is None or values["ours"] <= figure.limit
    return "yes" if within and all(ratio is not None and ratio <= share for ratio, share in ratios) else "**no**"


def profile_table(name: str, found: Mapping[str, Any]) -> str:
    """The functions that use the most CPU themselves, as Markdown. `found` is the report of sampler.py."""
    samples = max(1, found["samples"])
    lines = [f"`{name}`, {samples:,} samples:", "", "| function | own % | with callees % |", "|---|--:|--:|"]
    for function, own, total in found["functions"][:TOP]:
        # Backticks are for names of ours: a test looks for them in the code.
        shown = function.replace("_", r"\_") if function.startswith("site-packages/") else f"`{function}`"
        lines.append(f"| {shown} | {own * 100 / samples:.1f} | {total * 100 / samples:.1f} |")
    return "\n".join([*lines, ""])


def write_page(table: str, profiles: Sequence[str]) -> None:
    """Put the tables between the markers of docs/performance.md."""
    text = PAGE.read_text("utf-8")
    for name, part in (("figures", table), ("profile", "\n".join(profiles).rstrip())):
        text = replace(text, name, part)
    PAGE.write_text(text, "utf-8")


def replace(text: str, name: str, part: str) -> str:
    """Replace what stands between the two markers of that name. Raises ValueError if they are missing."""
    begin, finish = f"<!-- {name}: written by make bench -->\n", f"<!-- {name}: end -->\n"
    before, opened, rest = text.partition(begin)
    _, closed, after = rest.partition(finish)
    if not opened or not closed:
        raise ValueError(f"docs/performance.md has no markers of {name!r}")
    return f"{before}{begin}\n{part}\n\n{finish}{after}"
