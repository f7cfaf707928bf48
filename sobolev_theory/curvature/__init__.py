"""Curvature matrices as structured operators, their blocks and their spectra."""
