"""Hermite polynomials He_n of the normal law, E He_n(z)^2 = n! for a standard normal z."""

from derivations.declared import Declared

ACTIVATION = Declared("hermite_prob(n, z)", degrees=(1, 20))
