"""z Phi(z) (Hendrycks & Gimpel 2016, 1606.08415)."""

from derivations.declared import Declared

ACTIVATION = Declared("z*(1 + erf(z/sqrt(2)))/2")
