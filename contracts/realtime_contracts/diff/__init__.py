"""Compares two versions of the contract."""
