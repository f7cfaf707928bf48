"""Activations from a user's functions."""
