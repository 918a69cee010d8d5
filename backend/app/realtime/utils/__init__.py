"""Vocabulary shared by every layer: message types, entities, times, user agents. No I/O, no Flask."""
