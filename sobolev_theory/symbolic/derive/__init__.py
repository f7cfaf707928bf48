"""Activations of a user, from an expression to formulas and kernels."""
