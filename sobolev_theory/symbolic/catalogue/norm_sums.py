"""Quantities of an activation summed over the orders of a Sobolev norm, whole: with what was split off for accuracy."""

from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from ..activation import ActivationFormulas
from ..symbols import p
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
    def bilinear(self) -> sp.Expr:
        return sum(self.formulas.bilinear[: self.highest + 1], sp.S.Zero)

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
            return [*fields, chart.field(sp.S.Zero, self.bilinear)]
        found = [self.table[quantity, m] for m in self._range]
        return [*found, self._bilinear_part(quantity, len(found[0]))]

    def terms(self) -> list[sp.Expr]:
        """The terms ``F_m`` of a pair, order by order, whole."""
        inner = self.formulas.chart.inner
        return [readable(self.table["value", m][0] + self.formulas.bilinear[m] * inner) for m in self._range]

    def _bilinear_part(self, quantity: str, length: int) -> tuple[sp.Expr, ...]:
        """What ``b u . v`` adds."""
        b, zeros, chart = self.bilinear, [sp.S.Zero] * length, self.formulas.chart
        first = {
            "value": b * chart.inner,
            "self_value": b * chart.self_value(chart.inner),
            "self_field": b * (p if chart.name == "polar" else 1),
            "field": sp.S.Zero,
            "own": sp.S.Zero,
        }.get(quantity, b)
        return (sp.S.Zero, b) if quantity == "field" else (first, *zeros[1:])

    @property
    def _range(self) -> range:
        return range(self.highest + 1)
