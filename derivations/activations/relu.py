"""The rectifier, max(z, 0)."""

from derivations.declared import Declared

ACTIVATION = Declared("Max(z, 0)")
