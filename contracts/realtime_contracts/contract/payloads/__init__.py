"""Payloads made from the schemas, valid and nearly valid, for judges to be compared on and changes to be shown by."""
