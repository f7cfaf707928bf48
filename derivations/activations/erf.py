"""The error function; erf(z/sqrt 2) = 2 Phi(z) - 1 with the normal distribution function Phi."""

from derivations.declared import Declared

ACTIVATION = Declared("erf(z/sqrt(2))")
