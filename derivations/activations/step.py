"""The step, 1 where z is positive: L2 alone."""

from derivations.declared import Declared

ACTIVATION = Declared("Heaviside(z)")
