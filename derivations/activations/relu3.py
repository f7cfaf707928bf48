"""Its cube."""

from derivations.declared import Declared

ACTIVATION = Declared("Max(z, 0)**3")
