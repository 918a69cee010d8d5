"""A result for people, and in the three shapes that programs read: each module has a `write` of text."""
