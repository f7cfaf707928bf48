"""Iterations: gradient descent, and optimisers with the steps that need fewest of them."""
