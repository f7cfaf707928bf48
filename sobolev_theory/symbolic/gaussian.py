r"""The normal distribution functions ``Phi`` and ``Phi_2``, as named functions of the theory.

.. math:: \Phi_2(h, k; r) = P(X \le h, \, r X + \sqrt{1 - r^2} \, Y \le k)

for independent standard normal X, Y, so that ``Phi_2(h, k; 0) = Phi(h) Phi(k)``.
"""

from typing import Any

import sympy as sp
from mpmath import mp
from mpmath.libmp import prec_to_dps
from sympy.core.function import ArgumentIndexError


def density(x: sp.Expr) -> sp.Expr:
    """Of the standard normal distribution."""
    return sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)


class Normal(sp.Function):
    """``Phi(x)``, for the eye; what is stored has ``erf``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return density(self.args[0])

    def written_out(self) -> sp.Expr:
        """By the error function."""
        return (1 + sp.erf(self.args[0] / sp.sqrt(2))) / 2

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\Phi{power}\left({printer._print(self.args[0])}\right)"


class BivariateNormal(sp.Function):
    """``BivariateNormal(h, k, r)`` is ``Phi_2(h, k; r)``; its derivatives are Gaussians, times ``Phi`` in h and k."""

    nargs = 3

    @classmethod
    def eval(cls, h: sp.Expr, k: sp.Expr, r: sp.Expr) -> sp.Expr | None:
        return Normal(h).written_out() * Normal(k).written_out() if r == 0 else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Of the integral of the density; in r by Plackett's identity."""
        h, k, r = self.args
        root = sp.sqrt(1 - r**2)
        if argindex == 3:
            return density(h) * density((k - r * h) / root) / root
        if argindex not in (1, 2):
            raise ArgumentIndexError(self, argindex)
        at, other = (h, k) if argindex == 1 else (k, h)
        return density(at) * Normal((other - r * at) / root).written_out()

    def _eval_evalf(self, prec: int) -> sp.Expr | None:
        if not all(x.is_number for x in self.args):
            return None
        with mp.workprec(prec + 10):
            h, k, r = (mp.mpf(x.evalf(prec_to_dps(prec) + 3)) for x in self.args)
            value = bivariate_normal(h, k, r)
        return sp.Float(value, precision=prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        h, k, r = map(printer._print, self.args)
        power = f"^{{{exp}}}" if exp else ""
        return rf"\Phi_{{2}}{power}\left({h}, {k}; {r}\right)"


def bivariate_normal(h: Any, k: Any, r: Any) -> Any:
    """``Phi_2`` to the precision in force, by ``int_0^(arcsin r) exp(-(h^2 - 2 h k sin y + k^2)/(2 cos^2 y)) dy``."""
    square = h * h + k * k

    def integrand(y: Any) -> Any:
        return mp.exp(-(square - 2 * h * k * mp.sin(y)) / (2 * mp.cos(y) ** 2))

    return mp.ncdf(h) * mp.ncdf(k) + mp.quad(integrand, [0, mp.asin(r)]) / (2 * mp.pi)
