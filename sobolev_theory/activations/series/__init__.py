"""Hermite coefficients and Mehler's series, with bounds."""
