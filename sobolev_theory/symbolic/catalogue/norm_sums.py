"""Quantities of an activation summed over the orders of a Sobolev norm, whole: with what was split off for accuracy."""

from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from .. import sobolev
from ..activation import ActivationFormulas, coefficients_of
from .latex import readable


def norm_name(highest: int) -> str:
    """The norm with all weights one up to an order."""
    return f"H{highest}" if highest else "L2"


@dataclass(frozen=True)
class NormSum:
    """Quantities of an activation summed over the orders of a norm with all weights one."""

    formulas: ActivationFormulas
    highest: int
    convention: str | None

    @property
    def norm(self) -> str:
        """Its name in the catalogue."""
        return norm_name(self.highest)

    @cached_property
    def bilinear(self) -> dict[str, tuple[sp.Expr, ...]]:
        """Coefficients by quantity of what was split off, ``b u . v``."""
        chart, split = self.formulas.chart, sum(self.formulas.bilinear[: self.highest + 1], sp.S.Zero)
        found = coefficients_of(chart, split, sobolev.powers(chart, 1), jumps=False)
        return {name: coefficients for name, _, coefficients in found}

    @cached_property
    def table(self) -> dict[tuple[str, int], tuple[sp.Expr, ...]]:
        """Coefficients by quantity and order, in the convention asked for."""
        return {
            (x.name, x.order): x.coefficients
            for x in self.formulas.quantities
            if x.order <= self.highest and x.derivative in (None, self.convention or "backprop")
        }

    @cached_property
    def in_frame(self) -> bool:
        """Whether a field exists in the frame only."""
        return any(name == "field_in_frame" for name, _ in self.table)

    def orders(self, quantity: str) -> list[tuple[sp.Expr, ...]]:
        """Coefficients of every order, and of the bilinear part that was split off."""
        if quantity == "field" and self.in_frame:
            chart, table = self.formulas.chart, self.table
            fields = [table.get(("field_in_frame", m)) or chart.field(*table["field", m]) for m in self._range]
            return [*fields, self.bilinear["field_in_frame"]]
        return [*(self.table[quantity, m] for m in self._range), self.bilinear[quantity]]

    def terms(self) -> list[sp.Expr]:
        """The terms ``F_m`` of a pair, order by order, whole."""
        inner = self.formulas.chart.inner
        return [readable(self.table["value", m][0] + self.formulas.bilinear[m] * inner) for m in self._range]

    @property
    def _range(self) -> range:
        return range(self.highest + 1)
