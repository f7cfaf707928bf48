"""Gradient flow and gradient descent: integration, events, rates, and comparisons that are fair."""
