"""Piecewise polynomials: rectifiers with kinks anywhere."""
