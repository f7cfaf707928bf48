"""The Gaussian, 1 at 0."""

from derivations.declared import Declared

ACTIVATION = Declared("exp(-z**2/2)")
