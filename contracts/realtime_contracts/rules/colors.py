"""The colour of a user's cursor: a function of their id, so that everybody sees the same one, always.

The palette is legible on light and on dark: each colour has a contrast of at least 3 : 1 (WCAG 2.2, for
graphics) both to white and to the near black of a dark theme, which a test computes.
"""

from __future__ import annotations

from hashlib import blake2s

#: sRGB, as CSS writes it. Neighbours differ in hue, because users who meet in a room get any two of them.
PALETTE = (
    "#c2410c",
    "#0f7fa8",
    "#7c3aed",
    "#15803d",
    "#db2777",
    "#8a6d00",
    "#2563eb",
    "#d32f2f",
    "#0d8a7d",
    "#b32bc0",
    "#5b7a0b",
    "#64748b",
)


def color_of(user_id: str) -> str:
    """The colour of a user's cursor, `#rrggbb`."""
    digest = blake2s(user_id.encode(), digest_size=4).digest()
    return PALETTE[int.from_bytes(digest, "big") % len(PALETTE)]
