"""An activation that a user derived: its formulas, catalogue records and kernels, and its registration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from ... import activations
from ..._runtime.results import Record
from ...activations.generated import Kernels, from_source
from ...formulas.records import Formula
from .. import sobolev
from ..activation import ActivationFormulas
from ..catalogue.activation_records import activation_records
from ..code.modules import activation_module

REMADE = "Made by `derive`: to change it, derive it anew."


@dataclass(frozen=True, eq=False, repr=False)
class DerivedActivation(Record):
    """An activation that a user defined, its formulas and its kernels; made by `derive`.

    Attributes
    ----------
    formulas
        Everything derived, with the verified steps; what generated kernels are a print-out of.
    discrepancy
        Largest difference between ``K_00`` and quadrature of its definition that was found, relative.
    """

    formulas: ActivationFormulas
    discrepancy: float

    @property
    def name(self) -> str:
        """The name under which `register` makes it known."""
        return self.formulas.name

    @property
    def sigma(self) -> sp.Expr:
        """The activation as an expression in ``z``."""
        return self.formulas.sigma

    @property
    def kernel(self) -> sp.Expr:
        """``K_00 = E[sigma(u.x) sigma(v.x)]`` in the letters of its chart: ``s, rho, t`` or ``p, q, theta``."""
        return self.formulas.kernel

    @property
    def max_order(self) -> int:
        """Highest Sobolev order that was derived."""
        return self.formulas.max_order

    def moment(self, order: int) -> sp.Expr:
        """``K_mm = d^m K_00 / d rho^m``, the moment of the m-th derivatives."""
        if order > self.max_order or order < 0:
            raise ValueError(f"order: an integer from 0 to {self.max_order} is required, got {order}")
        return sobolev.diagonal_moment(self.formulas.chart, self.kernel, order)

    @cached_property
    def records(self) -> list[Formula]:
        """Everything derived as `sobolev_theory.formulas.Formula`, to be printed as LaTeX."""
        return activation_records(self.formulas, "derived from the expression of the activation")

    def record(self, name: str) -> Formula:
        """The one of `records` of a name, ``"sin/H1/gradient"`` or, without that of the activation, ``"H1/gradient"``.

        Raises
        ------
        ValueError
            If there is none; the message lists those there are.
        """
        known = {record.name.removeprefix(f"{self.name}/"): record for record in self.records}
        found = known.get(str(name).removeprefix(f"{self.name}/"))
        if found is None:
            raise ValueError(f"name: one of {', '.join(known)} is required, got {name!r}")
        return found

    @cached_property
    def source(self) -> str:
        """The generated module as text."""
        return activation_module(self.formulas, "sobolev_theory.symbolic.derive", REMADE)

    @cached_property
    def module(self) -> Kernels:
        """The generated module, executed."""
        return from_source(self.name, self.source)

    @property
    def activation(self) -> activations.Activation:
        """The numeric activation."""
        return activations.Activation(self.name, self.module)

    def register(self, *, overwrite: bool = False) -> DerivedActivation:
        """Make the activation known by its name to networks, losses, flows and sampling; returns itself.

        Worker processes learn it from what they are sent.

        Raises
        ------
        ValueError
            If the name is taken; ``overwrite=True`` replaces an activation that a user registered.
        """
        activations.register(self.name, self.module, overwrite=overwrite)
        return self

    def facts(self) -> dict[str, Any]:
        """Its name and definition, and how far it was derived."""
        return {"name": self.name, "sigma": str(self.sigma), "max_order": self.max_order}
