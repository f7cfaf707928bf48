"""Pairs of weight rows: geometry, sums over pairs, values near a teacher, and where derivatives exist."""
