"""What one asks an activation: pointwise derivatives, regularity, moments, and generated kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_numbers, flag, integer
from .._runtime.terminal import prompt_columns, wrapped
from .arguments import gaussian_pairs, moments_of
from .definition import Definition, Jump, Kinked, Smooth
from .generated import Kernels
from .packaged import OfKernels


@dataclass(frozen=True, eq=False, repr=False)
class Facts:
    """An activation ``sigma``, by its name and definition."""

    name: str
    definition: Definition

    def __post_init__(self) -> None:
        """A generated module defines the activation of its kernels."""
        if not isinstance(self.definition, Definition):
            object.__setattr__(self, "definition", OfKernels(self.definition))

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        facts, jump = self.definition, self.jump_order
        norms = f"norms up to H{self.max_order}" if self.max_order else "norm L2"
        regularity = "smooth" if jump is None else f"its derivative of order {jump} jumps" if jump else "it jumps"
        made = f"moments: {facts.how}, to {facts.accuracy:.0e}"
        text = f"Activation({self.name!r}): {'; '.join(filter(None, (facts.expression, regularity, norms, made)))}"
        return "\n".join(wrapped(text, prompt_columns(), "  "))

    @property
    def has_kernels(self) -> bool:
        """Whether there are generated kernels of it, the fast path at standard inputs."""
        return self.definition.kernels is not None

    @property
    def kernels(self) -> Kernels:
        """Those kernels.

        Raises
        ------
        NotImplementedError
            If there are none.
        """
        if self.definition.kernels is None:
            raise NotImplementedError(f"activation: one with generated kernels is required, got {self.name!r}")
        return self.definition.kernels

    @property
    def degree(self) -> int | None:
        """``n`` if the activation is ``a max(z, 0)^n + b max(-z, 0)^n``, kinked and homogeneous; else None."""
        return self.definition.degree

    @property
    def jump_order(self) -> int | None:
        """First order whose derivative jumps, or None."""
        return self.definition.jump_order

    @property
    def variation(self) -> float:
        """How fast moments vary with the weights, 1 for ``erf(z/sqrt 2)``; of no meaning for homogeneous ones."""
        return self.definition.variation

    @property
    def max_order(self) -> int:
        """Highest Sobolev order of its losses."""
        return self.definition.max_order

    @property
    def chart(self) -> str:
        """Pair quantities that moments are given in: ``"polar"`` or ``"gram"``."""
        if self.definition.kernels is not None:
            return self.definition.kernels.CHART
        return "polar" if isinstance(self.definition, Kinked) else "gram"

    def derivative(self, z: ArrayLike, order: int = 0) -> NDArray[np.float64]:
        """``sigma^(order)(z)``, pointwise; its absolutely continuous part, so that ``ReLU'' = 0``.

        Examples
        --------
        >>> from sobolev_theory.activations import get
        >>> get("relu2").derivative([-1.0, 3.0], 1)
        array([0., 6.])
        """
        z, highest = as_numbers("z", z, "numbers are required"), self.definition.highest_derivative
        if integer("order", order, "an order from 0 on", 0) > highest:
            raise ValueError(
                f"order: at most {highest} is derived for {self.name!r}, got {order}; one of your own takes more "
                "functions (from_callable), or a higher max_order (derive)"
            )
        values = self.definition.derivative(z, order)
        return np.broadcast_to(values + 0.0, z.shape)  # + 0.0 makes -0.0 plain zero

    def jumps(self, order: int) -> tuple[Jump, ...]:
        """Where ``sigma^(order)`` jumps, and by how much: ``n!`` at 0 for ``max(z, 0)^n`` at order ``n``.

        Examples
        --------
        >>> from sobolev_theory.activations import get
        >>> get("relu3").jumps(3)
        (Jump(place=0.0, height=6.0),)
        """
        return self.definition.jumps(integer("order", order, "an order from 0 on", 0))

    def jump(self, order: int) -> float:
        """Height of the jump of ``sigma^(order)`` at 0; else 0."""
        return sum(jump.height for jump in self.jumps(order) if jump.place == 0)

    def kernel(self, quantity: str, order: int, convention: str) -> Callable[..., Any]:
        """The generated kernel of a pair quantity, for instance ``kernel("field", 1, "backprop")``."""
        function: Callable[..., Any] = self.kernels.KERNELS[quantity, order, convention]
        return function

    def has_kernel(self, quantity: str, order: int, convention: str) -> bool:
        """Whether a quantity was derived; a field is given on ``(u, v)``, or in the frame where that form diverges."""
        return (quantity, order, convention) in self.kernels.KERNELS

    def is_singular(self, quantity: str, order: int, convention: str) -> bool:
        """Whether a pair quantity fails to exist for parallel weight vectors."""
        if self.definition.kernels is None and isinstance(self.definition, Smooth):
            return False
        return bool({(quantity, order, convention), (quantity, order, "both")} & self.kernels.SINGULAR)

    def moments(
        self,
        m1: ArrayLike,
        m2: ArrayLike,
        s: ArrayLike,
        rho: ArrayLike,
        t: ArrayLike,
        a: int = 0,
        b: int = 0,
        *,
        error_bound: bool = False,
    ) -> Any:
        r"""``K_ab = E[sigma^(a)(z_1) sigma^(b)(z_2)]`` of jointly Gaussian arguments; arrays broadcast.

        Parameters
        ----------
        m1, m2
            Means of ``z_1, z_2``.
        s, rho, t
            Variance of ``z_1``, covariance, variance of ``z_2``; variances are positive, ``rho^2 <= s t``.
        a, b
            Orders of the derivatives, up to ``max_order + 2``. Beyond a jump they are distributions, whose moments
            diverge where two kinks coincide.
        error_bound
            Return the moments and a bound of their errors: the stated accuracy times the natural scale, or, of a
            series, the bound that was computed. Rounding of the arguments is not counted.

        Returns
        -------
        An array of the shape to which the arguments broadcast, a number if all of them are; two with `error_bound`.

        Raises
        ------
        ValueError
            For arguments that are no moments of Gaussians, and orders that are not known.
        AccuracyError
            If a series does not reach its accuracy.

        Examples
        --------
        >>> from sobolev_theory.activations import get
        >>> print(get("relu").moments(0, 0, 1, 0, 4) * np.pi)      # E[z_1 z_2; both positive] = p q/(2 pi)
        1.0
        """
        orders = [integer(name, order, "an order from 0 on", 0) for name, order in (("a", a), ("b", b))]
        if max(orders) > self.max_order + 2:
            raise ValueError(f"a, b: orders up to {self.max_order + 2} are known for {self.name!r}, got {a}, {b}")
        at = gaussian_pairs(m1, m2, s, rho, t)
        values = moments_of(self.definition, at)(*orders)
        found = np.broadcast_to(values, at.s.shape)[()]
        if not flag("error_bound", error_bound):
            return found
        return found, np.broadcast_to(self.definition.error_bound(at, *orders), at.s.shape)[()]
