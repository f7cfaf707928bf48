"""ELU with a continuous derivative for every alpha (Barron 2017, 1704.07483)."""

from derivations.declared import Declared, Parameter

ACTIVATION = Declared("Max(z, 0) + alpha*(exp(Min(z, 0)/alpha) - 1)", {"alpha": Parameter(1.0, low=0.0)})
