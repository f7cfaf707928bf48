"""Rectifiers smoothed by normal laws: the error function, GELU, and the logistic family as mixtures."""
