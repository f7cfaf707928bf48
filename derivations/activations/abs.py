"""The modulus."""

from derivations.declared import Declared

ACTIVATION = Declared("Abs(z)")
