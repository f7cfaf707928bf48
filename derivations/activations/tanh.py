"""The hyperbolic tangent."""

from derivations.declared import Declared

ACTIVATION = Declared("tanh(z)")
