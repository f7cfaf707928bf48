r"""Activations that are smoothed rectifiers, ``R_n^tau(z) = E (z + tau xi)_+^n`` with a standard normal ``xi``.

Integration by parts gives ``R_0 = Phi(z/tau)`` and ``R_1 = z Phi(z/tau) + tau phi(z/tau)``, and ``R_(-1) =
phi(z/tau)/tau`` is the derivative of ``R_0``. Hence

- ``erf(k z) = 2 R_0 - 1`` and ``z erf(k z) = 2 (R_1 - tau^2 R_(-1)) - z`` with ``tau = 1/(k sqrt 2)``, and
  ``exp(-a z^2) = tau sqrt(2 pi) R_(-1)`` with ``tau = 1/sqrt(2 a)``;
- of a logistic variable, which is ``T xi`` with a random ``T``, ``E_T R_0^T = 1/(1 + exp(-z)) =: S(z)``, whose integral
  is ``E_T R_1^T = log(1 + exp z)``, so that ``E_T T^2 R_(-1)^T = log(1 + exp z) - z S(z)``; in units of ``1/k``,
  ``S(k z) = E_T R_0^(T/k)``.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import sympy as sp

from ..derive.expressions import NoClosedFormError, terms
from ..proofs.steps import Derivation
from ..symbols import z
from .logistic import Logistic, Softplus, in_logistic_functions

ZERO = sp.S.Zero


class Atom(NamedTuple):
    """``weight R_power^width(z)``; of a mixture its mean of ``T^moment R_power^(width T)`` over the logistic ``T``."""

    weight: sp.Expr
    power: int
    width: sp.Expr
    moment: int = 0


class Smoothed(NamedTuple):
    """A polynomial by ascending powers, atoms, and atoms of the mixture."""

    polynomial: tuple[sp.Expr, ...]
    atoms: tuple[Atom, ...]
    mixture: tuple[Atom, ...]


class _Sum:
    """Atoms by power, width and moment, and a polynomial by power, with their weights so far."""

    def __init__(self) -> None:
        self.polynomial: defaultdict[int, sp.Expr] = defaultdict(lambda: ZERO)
        self.atoms: defaultdict[tuple[int, sp.Expr, int], sp.Expr] = defaultdict(lambda: ZERO)
        self.mixture: defaultdict[tuple[int, sp.Expr, int], sp.Expr] = defaultdict(lambda: ZERO)

    def found(self) -> Smoothed:
        """Without what has no weight."""
        weights = {power: sp.nsimplify(sp.simplify(weight)) for power, weight in self.polynomial.items()}
        highest = max((power for power, weight in weights.items() if weight != 0), default=-1)
        polynomial = tuple(weights.get(power, ZERO) for power in range(highest + 1))
        return Smoothed(polynomial, _atoms(self.atoms), _atoms(self.mixture))


def _atoms(weights: dict[tuple[int, sp.Expr, int], sp.Expr]) -> tuple[Atom, ...]:
    simple = {key: sp.simplify(weight) for key, weight in weights.items()}
    return tuple(Atom(weight, *key) for key, weight in simple.items() if weight != 0)


def smoothed(expression: sp.Expr, proof: Derivation) -> Smoothed | None:
    """The atoms of an activation, verified; None if it is no such sum."""
    written, total = in_logistic_functions(expression), _Sum()
    rest = ZERO
    for summand in sp.Add.make_args(sp.expand(written)):
        if summand.has(Logistic, Softplus):
            if not _add_logistic(summand, total):
                return None
        else:
            rest += summand
    try:
        found = terms(rest)
    except NoClosedFormError:
        return None
    for term in found:
        if term.slope != 0 or not _add_normal(term.coefficient, term.power, term.square, term.scale, total):
            return None
    sum_of_atoms = total.found()
    if not (sum_of_atoms.atoms or sum_of_atoms.mixture):
        return None
    proof.step(r"$\sigma$ by logistic functions", expression.rewrite(sp.exp), _unnamed(written), sp.simplify)
    proof.step(r"$\sigma$ by smoothed rectifiers", written, closed(sum_of_atoms), _reduced)
    return sum_of_atoms


def _add_normal(weight: sp.Expr, power: int, square: sp.Expr, scale: sp.Expr, total: _Sum) -> bool:
    """``weight z^power exp(square z^2) erf(scale z)``, if that is one."""
    if square == 0 and scale == 0:
        total.polynomial[power] += weight
    elif scale == 0 and power == 0:
        width = 1 / sp.sqrt(-2 * square)
        total.atoms[-1, width, 0] += weight * width * sp.sqrt(2 * sp.pi)
    elif square == 0 and power <= 1:
        width = 1 / (scale * sp.sqrt(2))
        total.atoms[power, width, 0] += 2 * weight
        if power:
            total.atoms[-1, width, 0] -= 2 * weight * width**2
        total.polynomial[power] -= weight
    else:
        return False
    return True


def _add_logistic(summand: sp.Expr, total: _Sum) -> bool:
    """``weight z^power S(k z)`` or ``weight log(1 + exp(k z))``, if that is one; ``k > 0`` by ``S(-z) = 1 - S(z)``."""
    weight, rest = summand.as_independent(z, as_Add=False)
    factors = list(sp.Mul.make_args(rest))
    (function,) = (f for f in factors if isinstance(f, Logistic | Softplus)) if _has_one(factors) else (None,)
    if function is None:
        return False
    factors.remove(function)
    power = {(): 0, (z,): 1}.get(tuple(factors))
    rate = sp.cancel(function.args[0] / z)
    if power is None or rate.has(z) or not rate.is_real or rate == 0:
        return False
    size = sp.Abs(rate)
    if isinstance(function, Softplus):
        if power:
            return False
        total.mixture[1, 1 / size, 0] += weight * size
        total.polynomial[1] += weight * rate if rate.is_negative else 0
        return True
    sign = sp.sign(rate)
    total.polynomial[power] += weight if sign < 0 else 0
    total.mixture[power, 1 / size, 0] += sign * weight
    if power:
        total.mixture[-1, 1 / size, 2] -= sign * weight / size**2
    return True


def _has_one(factors: Iterable[sp.Expr]) -> bool:
    return sum(isinstance(factor, Logistic | Softplus) for factor in factors) == 1


def closed(found: Smoothed) -> sp.Expr:
    """The sum in elementary functions."""
    polynomial = sum((c * z**n for n, c in enumerate(found.polynomial)), ZERO)
    normal = sum((atom.weight * _of_normal(atom.power, atom.width) for atom in found.atoms), ZERO)
    return polynomial + normal + sum((atom.weight * _of_logistic(*atom[1:]) for atom in found.mixture), ZERO)


def _of_normal(power: int, width: sp.Expr) -> sp.Expr:
    """``R_power^width`` in closed form."""
    density = sp.exp(-((z / width) ** 2) / 2) / (width * sp.sqrt(2 * sp.pi))
    distribution = (1 + sp.erf(z / (width * sp.sqrt(2)))) / 2
    return {-1: density, 0: distribution, 1: z * distribution + width**2 * density}[power]


def _of_logistic(power: int, width: sp.Expr, moment: int) -> sp.Expr:
    """``E_T T^moment R_power^(width T)``, by the identities of the module docstring."""
    step, ramp = Logistic(z / width), Softplus(z / width)
    return {(0, 0): step, (1, 0): width * ramp, (-1, 2): (width * ramp - z * step) / width**2}[power, moment]


def _unnamed(expression: sp.Expr) -> sp.Expr:
    """Logistic functions written out."""
    written = expression.replace(Logistic, lambda x: 1 / (1 + sp.exp(-x)))
    return written.replace(Softplus, lambda x: sp.log(1 + sp.exp(x)))


def _reduced(difference: sp.Expr) -> sp.Expr:
    """Zero for what vanishes: logistic functions at positive multiples of ``z`` are independent."""

    def forward(function: type[sp.Function], mirrored: sp.Expr) -> sp.Expr:
        return lambda x: function(x) if not x.could_extract_minus_sign() else mirrored(-x)

    difference = difference.replace(Logistic, forward(Logistic, lambda x: 1 - Logistic(x)))
    difference = difference.replace(Softplus, forward(Softplus, lambda x: Softplus(x) - x))
    return sp.simplify(sp.expand(difference))
