"""The contract as data: schemas, examples, exchanges and pages, and the check of payloads.

Imports nothing of the other parts.
"""
