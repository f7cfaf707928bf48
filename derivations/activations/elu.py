"""The exponential linear unit (Clevert, Unterthiner & Hochreiter 2015, 1511.07289)."""

from derivations.declared import Declared, Parameter

ACTIVATION = Declared("Max(z, 0) + alpha*(exp(Min(z, 0)) - 1)", {"alpha": Parameter(1.0, low=0.0)})
