"""Arbitrary-precision oracles: Gaussian integrals evaluated from the definition of the Sobolev loss.

Nothing here imports the package under test or its derivations. Precision is local (`mpmath.workdps`), at least
`WORKING_DIGITS`; an ambient `mpmath.mp.dps` above that is honoured. Numbers come back as `mpf` and matrices as
`mpmath.matrix` with all their digits; subtract them inside a `workdps` block, or convert with `float`.

Coordinates are those of the pair frame in R^3: `u = (p, 0, 0)`, `v = q (cos(theta), sin(theta), 0)`, third axis
transverse. Activations are `"erf"` (`sigma(z) = erf(z / sqrt 2)`) and `"relu"`, `"relu2"`, `"relu3"`, ...
(`sigma(z) = max(z, 0)^n`).

Losses with biases, of any Gaussian input and metric, in every parameter, are in `affine.py`, by integrals of its own.
"""

from .network import gradient, loss, single_neuron_block
from .pair import cross_block, field, gauss_newton_block, own_block, value
from .quantities import largest, largest_over_angles, quantity
from .self_terms import self_block, self_field, self_gauss_newton, self_value

__all__ = [
    "cross_block",
    "field",
    "gauss_newton_block",
    "gradient",
    "largest",
    "largest_over_angles",
    "loss",
    "own_block",
    "quantity",
    "self_block",
    "self_field",
    "self_gauss_newton",
    "self_value",
    "single_neuron_block",
    "value",
]
