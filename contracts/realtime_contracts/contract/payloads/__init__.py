"""Random payloads made from the schemas, to compare validators and to show what a change breaks."""
