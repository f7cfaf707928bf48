"""Its square."""

from derivations.declared import Declared

ACTIVATION = Declared("Max(z, 0)**2")
