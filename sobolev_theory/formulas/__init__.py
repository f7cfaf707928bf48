"""The catalogue: every derived result as LaTeX, as a SymPy expression, and with its source."""
