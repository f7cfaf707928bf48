"""The exponential."""

from derivations.declared import Declared

ACTIVATION = Declared("exp(z)")
