"""Exact normal forms, by which expressions are told equal."""
