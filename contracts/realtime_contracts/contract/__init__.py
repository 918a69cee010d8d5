"""The contract as data: schemas, examples, exchanges and pages, and the judge of payloads.

Imports nothing of the other parts.
"""
