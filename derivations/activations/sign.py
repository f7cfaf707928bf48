"""The sign: L2 alone."""

from derivations.declared import Declared

ACTIVATION = Declared("sign(z)")
