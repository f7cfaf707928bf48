"""tanh by three pieces (Collobert 2004)."""

from derivations.declared import Declared

ACTIVATION = Declared("Max(-1, Min(z, 1))")
