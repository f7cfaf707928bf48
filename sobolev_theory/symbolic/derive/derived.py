"""An activation that a user derived: its definition, and formulas, records and kernels of one with a closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from ... import activations
from ..._runtime.results import Record
from ...activations.generated import Kernels
from ...activations.texts import definition_from
from ...formulas.records import Formula
from .. import sobolev
from ..activation import ActivationFormulas
from ..bounds import short
from ..catalogue.activation_records import activation_records
from ..catalogue.parsing import LETTERS, grammar
from ..charts import POLAR, GramChart
from ..classes.classify import classify
from ..code.definitions import definition, definition_module
from ..code.modules import activation_module
from ..code.printer import UnprintableError
from . import cache
from .expressions import NoClosedFormError
from .families import Found, formulas_of

ENGINE = "sobolev_theory.symbolic.derive"
REMADE = "Made by `derive`: to change it, derive it anew."
GRAMMAR = grammar(LETTERS)
"""Of the expressions in the cache."""


@dataclass(frozen=True, eq=False, repr=False)
class DerivedActivation(Record):
    """An activation that a user defined; made by `derive`.

    It can be pickled. Kernels at standard inputs, `kernel`, `formulas` and `records` are those of closed forms with one
    kink at most, at 0; of others, `how` says how moments are made.

    Attributes
    ----------
    name
        The name under which `register` makes it known.
    expression, sigma
        The activation as an expression in ``z``, as it was given, and as it was derived.
    kernel
        ``K_00 = E[sigma(u.x) sigma(v.x)]`` in the letters of its chart, ``s, rho, t`` or ``p, q, theta``; or None.
    max_order
        Highest Sobolev order.
    discrepancy
        Largest difference between ``K_00`` and quadrature of its definition that was found, relative; or None.
    source
        The generated module as text.
    """

    name: str
    expression: sp.Expr
    sigma: sp.Expr
    kernel: sp.Expr | None
    max_order: int
    discrepancy: float | None
    source: str

    @classmethod
    def of(cls, expression: sp.Expr, name: str, max_order: int | None) -> DerivedActivation:
        """From the cache, or derived; the arguments are those of `derive` when they are checked."""
        key = cache.key("activation", expression=str(expression), name=name, max_order=max_order)
        try:
            return cls._read(expression, name, cache.load(key))
        except ValueError:
            pass
        try:
            made = cls._with_kernels(expression, name, formulas_of(expression, name, max_order))
        except NoClosedFormError:
            made = cls._without(expression, name, max_order)
        data = made._written()
        if _is_read_back(made, data):
            cache.store(key, data)
        return made

    @classmethod
    def _with_kernels(cls, expression: sp.Expr, name: str, found: Found) -> DerivedActivation:
        """One with a closed form; its class of definitions has the moments with means."""
        formulas, discrepancy = found
        source = activation_module(formulas, ENGINE, REMADE, definition(expression, classify(expression)))
        made = cls(name, expression, formulas.sigma, formulas.kernel, formulas.max_order, discrepancy, source)
        made.__dict__["formulas"] = formulas
        return made

    @classmethod
    def _without(cls, expression: sp.Expr, name: str, max_order: int | None) -> DerivedActivation:
        """One of another class of definitions, up to its highest order, or a lower one."""
        try:
            body = definition(expression, classify(expression))
        except UnprintableError as error:
            raise NoClosedFormError(expression, expression, f"{error}, for the series neither") from None
        source = definition_module(name, body, ENGINE, REMADE)
        highest = definition_from(name, source).max_order
        if max_order is not None and max_order > highest:
            raise ValueError(f"max_order: at most {highest} is required for {short(expression)}, got {max_order}")
        order = highest if max_order is None else max_order
        return cls(name, expression, expression, None, order, None, f"{source}MAX_ORDER = {order}\n")

    def _written(self) -> dict[str, Any]:
        """As data."""
        return {
            "sigma": str(self.sigma),
            "kernel": None if self.kernel is None else str(self.kernel),
            "max_order": self.max_order,
            "discrepancy": self.discrepancy,
            "source": self.source,
        }

    @classmethod
    def _read(cls, expression: sp.Expr, name: str, data: object) -> DerivedActivation:
        """From data, which is checked: text by the grammar, the module by `activations.source`.

        Raises
        ------
        ValueError
            For data that is not of this kind.
        """
        if not isinstance(data, Mapping) or set(data) != {"sigma", "kernel", "max_order", "discrepancy", "source"}:
            raise ValueError("cache: a derived activation is required")
        if not isinstance(data["source"], str):
            raise ValueError("cache: the text of a generated module is required")
        kernel = None if data["kernel"] is None else GRAMMAR.read(data["kernel"])
        sigma, order = GRAMMAR.read(data["sigma"]), data["max_order"]
        read = cls(name, expression, sigma, kernel, order, data["discrepancy"], data["source"])
        definition = read.activation.definition
        if (
            (kernel is None) != (definition.kernels is None)
            or not isinstance(read.discrepancy, float | None)
            or order != definition.max_order
        ):
            raise ValueError("cache: a derived activation is required")
        return read

    def __reduce__(self) -> tuple[type[DerivedActivation], tuple[Any, ...]]:
        fields = self.name, self.expression, self.sigma, self.kernel, self.max_order, self.discrepancy, self.source
        return type(self), fields

    @cached_property
    def formulas(self) -> ActivationFormulas:
        """Everything derived, with the verified steps; what generated kernels are a print-out of.

        Of an activation from the cache, or from a pickle, it is derived when it is asked for.

        Raises
        ------
        NoClosedFormError
            If there is no closed form.
        """
        return formulas_of(self.expression, self.name, self.max_order).formulas

    @property
    def how(self) -> str:
        """How moments are made: ``"closed form"``, a mixture, or a series."""
        return self.activation.definition.how

    def moment(self, order: int) -> sp.Expr:
        """``K_mm = d^m K_00 / d rho^m``, the moment of the m-th derivatives, of a closed form."""
        if self.kernel is None:
            raise ValueError(f"moment: a closed form is required, and moments of {self.name!r} are made by: {self.how}")
        if order > self.max_order or order < 0:
            raise ValueError(f"order: an integer from 0 to {self.max_order} is required, got {order}")
        chart = GramChart() if GramChart.name == self.activation.chart else POLAR
        return sobolev.diagonal_moment(chart, self.kernel, order)

    @cached_property
    def records(self) -> list[Formula]:
        """Everything derived as `sobolev_theory.formulas.Formula`, to be printed as LaTeX."""
        details = {"expression": str(self.expression), "name": self.name, "max_order": self.max_order}
        key = cache.key("records", **details)
        try:
            return [Formula.from_dict(data) for data in cache.load(key) or ()] or self._records(key)
        except (TypeError, ValueError):
            return self._records(key)

    def _records(self, key: cache.Key) -> list[Formula]:
        """The records derived, and kept."""
        records = activation_records(self.formulas, "derived from the expression of the activation")
        cache.store(key, [record.to_dict() for record in records])
        return records

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
    def activation(self) -> activations.Activation:
        """The numeric activation."""
        return activations.Activation(self.name, definition_from(self.name, self.source))

    @property
    def module(self) -> Kernels:
        """The generated module of its kernels."""
        return self.activation.kernels

    def register(self, *, overwrite: bool = False) -> DerivedActivation:
        """Make the activation known by its name to networks, losses, flows and sampling; returns itself.

        Worker processes learn it from what they are sent.

        Raises
        ------
        ValueError
            If the name is taken; ``overwrite=True`` replaces an activation that a user registered.
        """
        activations.register(self.name, self.activation, overwrite=overwrite)
        return self

    def facts(self) -> dict[str, Any]:
        """Its name and definition, how far it was derived, and how moments are made."""
        return {"name": self.name, "sigma": str(self.sigma), "max_order": self.max_order, "moments": self.how}


def _is_read_back(made: DerivedActivation, data: dict[str, Any]) -> bool:
    """Whether the text of the expressions says what they are."""
    try:
        read = DerivedActivation._read(made.expression, made.name, data)
    except ValueError:
        return False
    return bool(read.sigma == made.sigma and read.kernel == made.kernel)
