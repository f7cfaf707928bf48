"""The logistic function by three pieces, as PyTorch has it."""

from derivations.declared import Declared

ACTIVATION = Declared("Max(0, Min(z + 3, 6))/6")
