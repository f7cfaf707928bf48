"""z tanh(softplus(z)) (Misra 2019, 1908.08681)."""

from derivations.declared import Declared

ACTIVATION = Declared("z*tanh(log(1 + exp(z)))")
