"""Gradient flow: integration, events, rates, and comparisons that are fair."""
