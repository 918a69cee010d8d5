"""Business objects on the wire: a type and an id."""

from __future__ import annotations


def as_text(entity_id: str | float | None) -> str | None:
    """An entity_id as it is answered: always a string. JSON's 42 and 42.0 are one integer."""
    return str(int(entity_id)) if isinstance(entity_id, int | float) else entity_id
