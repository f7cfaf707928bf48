r"""Charts of pair quantities: coordinates to differentiate moments in, and a frame to expand vectors in.

Price's theorem differentiates in ``s = |u|^2``, ``rho = u . v``, ``t = |v|^2``. A chart says what these three
derivations are in its own coordinates, and expands a field ``A u + B v`` and a matrix ``M_I I + M_uu u u' + M_uv u v'
+ M_vu v u' + M_vv v v'`` in its own frame ``(f_1, f_2)``.

- `GramChart`: coordinates ``(s, rho, t)``, frame ``(u, v)``. For smooth activations.
- `POLAR`: coordinates ``(p, q, theta)``, orthonormal frame ``(u^, e)`` with ``v^ = cos(theta) u^ + sin(theta) e``.
  For homogeneous activations, whose moments in Gram coordinates are sums of ``1/sin(theta)`` terms with a benign sum.
"""

from typing import NamedTuple

import sympy as sp

from .algebra import kinds, reduction
from .symbols import cosine, g, p, q, rho, s, sine, t, theta


class Field(NamedTuple):
    """Coefficients of a vector ``first f_1 + second f_2``."""

    first: sp.Expr
    second: sp.Expr


class Block(NamedTuple):
    """Coefficients of ``identity I + first_first f_1 f_1' + first_second f_1 f_2' + second_first f_2 f_1' + ...``."""

    identity: sp.Expr
    first_first: sp.Expr
    first_second: sp.Expr
    second_first: sp.Expr
    second_second: sp.Expr


class GramChart:
    """Coordinates ``(s, rho, t)``, frame ``(u, v)``; kernels also receive the Gram determinant ``g = s t - rho^2``."""

    name = "gram"
    arguments: tuple[sp.Symbol, ...] = (s, rho, t, g)  # of a generated kernel
    self_argument = s  # of a kernel at u = v
    inner = rho  # in these coordinates

    def d_s(self, f: sp.Expr) -> sp.Expr:
        return sp.diff(f, s)

    def d_rho(self, f: sp.Expr) -> sp.Expr:
        return sp.diff(f, rho)

    def d_t(self, f: sp.Expr) -> sp.Expr:
        return sp.diff(f, t)

    def field(self, a: sp.Expr, b: sp.Expr) -> Field:
        return Field(a, b)

    def block(self, gram: Block) -> Block:
        return gram

    def self_value(self, f: sp.Expr) -> sp.Expr:
        return f.subs({rho: s, t: s})

    def self_field(self, field: Field) -> sp.Expr:
        """``(A + B) u`` at ``v = u``, as a coefficient of ``f_1 = u``."""
        return self.self_value(field.first + field.second)

    def self_block(self, radial: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """Jacobian of ``G(s) u``: ``G I + 2 G' u u'``."""
        return radial, 2 * sp.diff(radial, s)

    def self_gauss_newton(self, block: Block) -> tuple[sp.Expr, sp.Expr]:
        return self.self_value(block.identity), self.self_value(sum(block[1:]))

    def extends(self, f: sp.Expr) -> bool:
        """Moments of smooth activations are smooth in ``s, rho, t``, parallel vectors included."""
        return True

    def is_singular(self, coefficients: tuple[sp.Expr, ...]) -> bool:
        """Nothing is singular at parallel vectors, by the same reason."""
        return False

    factored = staticmethod(kinds.reduce_gram)
    short_form = staticmethod(kinds.short_form)


class PolarChart:
    """Coordinates ``(p, q, theta)``, orthonormal frame ``(u^, e)``.

    Kernels also receive ``sin(theta)`` and ``cos(theta)``.
    """

    name = "polar"
    arguments: tuple[sp.Symbol, ...] = (p, q, theta, sine, cosine)
    self_argument = p
    inner = p * q * sp.cos(theta)

    # cos(theta) = rho / sqrt(s t), p = sqrt(s), q = sqrt(t); each derivation is verified in derivations/charts.py
    def d_s(self, f: sp.Expr) -> sp.Expr:
        return sp.diff(f, p) / (2 * p) + sp.cos(theta) / sp.sin(theta) / (2 * p**2) * sp.diff(f, theta)

    def d_rho(self, f: sp.Expr) -> sp.Expr:
        return -sp.diff(f, theta) / (p * q * sp.sin(theta))

    def d_t(self, f: sp.Expr) -> sp.Expr:
        return sp.diff(f, q) / (2 * q) + sp.cos(theta) / sp.sin(theta) / (2 * q**2) * sp.diff(f, theta)

    def field(self, a: sp.Expr, b: sp.Expr) -> Field:
        """``A u + B v`` with ``u = p u^``, ``v = q (cos u^ + sin e)``."""
        return Field(a * p + b * q * sp.cos(theta), b * q * sp.sin(theta))

    def block(self, gram: Block) -> Block:
        identity, uu, uv, vu, vv = gram
        c, n = sp.cos(theta), sp.sin(theta)
        return Block(
            identity,
            uu * p**2 + (uv + vu) * p * q * c + vv * q**2 * c**2,
            uv * p * q * n + vv * q**2 * c * n,
            vu * p * q * n + vv * q**2 * c * n,
            vv * q**2 * n**2,
        )

    def self_value(self, f: sp.Expr) -> sp.Expr:
        return reduction.at_parallel(f.subs(q, p), sp.Integer(0))

    def self_field(self, field: Field) -> sp.Expr:
        """Coefficient of ``f_1 = u^`` at ``v = u``."""
        return self.self_value(field.first)

    def self_block(self, radial: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """Jacobian of ``G(p) u^``: ``(G/p) (I - u^ u^') + G' u^ u^'``."""
        return radial / p, sp.diff(radial, p) - radial / p

    def self_gauss_newton(self, block: Block) -> tuple[sp.Expr, sp.Expr]:
        return self.self_value(block.identity), self.self_value(block.first_first)

    def extends(self, f: sp.Expr) -> bool:
        """Whether no factor ``1/sin(theta)`` is left after reduction."""
        return reduction.normal_form(f).power == 0

    def is_singular(self, coefficients: tuple[sp.Expr, ...]) -> bool:
        """Whether a field or block in the frame depends on the direction of approach as two vectors become parallel.

        The direction ``e`` is lost at ``theta`` in {0, pi}: every coefficient that multiplies ``e`` must vanish
        there, and the others must stay finite.
        """
        along_e: tuple[sp.Expr, ...] = ()
        if isinstance(coefficients, Field):
            along_e = (coefficients.second,)
        elif isinstance(coefficients, Block):
            along_e = (coefficients.first_second, coefficients.second_first, coefficients.second_second)
        ends = (sp.Integer(0), sp.pi)
        finite = all(reduction.at_parallel(c, end).is_finite for c in coefficients for end in ends)
        return not (finite and all(reduction.at_parallel(c, end) == 0 for c in along_e for end in ends))

    factored = staticmethod(sp.factor)  # arc-cosine functions stay named
    short_form = staticmethod(reduction.short_form)


POLAR = PolarChart()

Chart = GramChart | PolarChart
"""What the Sobolev operator needs to know of coordinates."""
