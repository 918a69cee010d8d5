"""Helpers of all reports: text, JSON, JUnit and terminal lines. Imports `wire.redaction` only."""
