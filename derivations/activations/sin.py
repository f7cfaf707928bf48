"""The sine."""

from derivations.declared import Declared

ACTIVATION = Declared("sin(z)")
