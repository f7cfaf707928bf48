"""The logistic function."""

from derivations.declared import Declared

ACTIVATION = Declared("1/(1 + exp(-z))")
