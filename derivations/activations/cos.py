"""The cosine."""

from derivations.declared import Declared

ACTIVATION = Declared("cos(z)")
