"""A rectifier that ends at 6 (Krizhevsky 2010)."""

from derivations.declared import Declared

ACTIVATION = Declared("Max(0, Min(z, 6))")
