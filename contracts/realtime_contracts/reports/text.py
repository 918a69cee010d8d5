"""Numbers, times and paragraphs as text, and a line on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text


def say(console: Console, text: str | Text, style: str = "") -> None:
    """Print a line as it is: no markup, no wrapping."""
    console.print(Text(text, style=style) if isinstance(text, str) else text, soft_wrap=True)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 place`, `1,204 places`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def cut(text: str, most: int) -> str:
    """A text of at most `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def one_line(text: str, most: int = 200) -> str:
    """A text on one line, cut."""
    return cut(" ".join(text.split()), most)


def paragraphs(parts: Iterable[tuple[str, str]]) -> str:
    """Return headed paragraphs as text, each body indented below its heading."""
    return "\n".join(f"{head + ':':<13}" + text.replace("\n", "\n" + " " * 13) for head, text in parts)


def moment(seconds: float) -> str:
    """Seconds since the epoch as `2026-11-24 18:37:05 UTC`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(seconds: float) -> str:
    """`0.3 s`, `12 s` or `3 min 5 s`."""
    if seconds < 10:  # noqa: PLR2004 - tenths tell nothing of more
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
