"""Vocabulary shared by every layer: message types, times, user agents. No I/O, no Flask."""
