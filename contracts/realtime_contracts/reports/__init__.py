"""What every report is made with: words, JSON, JUnit and a terminal's lines. Imports `wire.redaction` only."""
