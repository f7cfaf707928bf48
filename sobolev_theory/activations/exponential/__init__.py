"""Exponential linear units."""
