"""The integral of the logistic function (Dugas et al. 2000)."""

from derivations.declared import Declared

ACTIVATION = Declared("log(1 + exp(z))")
