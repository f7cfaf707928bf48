r"""Sums over pairs of neurons for any covariance and metric, and smooth activations, in arrays of any namespace.

The operator on letters of moments (`_kernels.affine_operator`) gives coefficients on vectors of the two neurons, those
of a frame, ``Sigma w_i, Sigma w_j``, and ``M w`` of the other neuron.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..activations.definition import leibniz
from ..forms import Form
from ..pairs.affine_terms import AffineTerms, Coefficients, Group
from ..pairs.ambient import Ambient
from .blocks import Blocks, Multiple, Products, Vectors, summed
from .moments import Moments, moments
from .namespaces import Namespace

FORMS, VALUE = ("S", "M"), "o"
"""Labels of the two forms, and of the value."""
ON_WEIGHTS = frozenset("12gm")
"""Letters of vectors in the coordinates of weights, the last of the mean of inputs; others are of output weights."""


def applied(xp: Namespace, form: Form, rows: Any) -> Any:
    """``rows @ S``; the rows themselves for the identity."""
    if form.is_identity:
        return rows
    array = xp.from_numbers(form.array)
    return rows @ array if array.ndim == 2 else rows * array


@dataclass(frozen=True, eq=False)
class LetterSums:
    """A student of the first ``width`` of stacked rows ``[W; V]``, (N, d), with ``c = [a; -b]``, (N,), and biases."""

    xp: Namespace
    terms: AffineTerms
    ambient: Ambient
    rows: Any
    outputs: Any
    width: int
    biases: Any  # (N,), or None

    @cached_property
    def means(self) -> Any:
        """``w' mu + bias``, (N,); None if all are zero whatever the weights."""
        found = [self.rows @ self.xp.from_numbers(self.ambient.mean)] if self.ambient.has_mean else []
        found += [] if self.biases is None else [self.biases]
        return summed(found) if found else None

    @cached_property
    def means_of_inputs(self) -> Any:
        """``mu`` for each neuron, (N, d)."""
        return self.xp.zeros_like(self.rows) + self.xp.from_numbers(self.ambient.mean)

    @cached_property
    def images(self) -> Any:
        """``Sigma w``, (N, d)."""
        return applied(self.xp, self.ambient.covariance, self.rows)

    @cached_property
    def metric_images(self) -> Any:
        """``M w``, (N, d)."""
        return applied(self.xp, self.ambient.metric, self.rows)

    @cached_property
    def squares(self) -> Any:
        """``w' Sigma w``, (N,)."""
        return self.xp.sum(self.rows * self.images, axis=1)

    def of_pairs(self, quantity: str, weights: Any) -> Coefficients:
        """Weights (K, R) times the coefficients by letters, 0 for a neuron with itself."""
        xp, k, count = self.xp, self.width, weights.shape[1]
        first, s, t = self.rows[:k, :], self.squares[:k, None], self.squares[None, :count]
        rho = first @ self.images[:count, :].T
        products = first @ self.metric_images[:count, :].T
        itself = xp.identity(k, count)
        m1, m2 = (None, None) if self.means is None else (self.means[:k, None], self.means[None, :count])
        of_pairs = moments(xp, self._definition, m1, m2, s, rho, t, s * t - rho * rho)
        found = self._coefficients(quantity, of_pairs, products)
        return {label: xp.where(itself, 0.0, weights * table) for label, table in found.items()}

    def of_itself(self, quantity: str) -> Coefficients:
        """Coefficients of each leading neuron with itself, (K, 1)."""
        k = self.width
        s = self.squares[:k, None]
        m = None if self.means is None else self.means[:k, None]
        alike = moments(self.xp, self._definition, m, m, s, s, s, 0.0 * s)
        products = self.xp.sum(self.rows * self.metric_images, axis=1)[:k, None]
        return self._coefficients(f"self_{quantity}", alike, products)

    @property
    def _definition(self) -> Any:
        return self.terms.activation.definition

    def _coefficients(self, quantity: str, moment: Moments, products: Any) -> Coefficients:
        """By letters, of those that count: without means, moments of an odd order have no share in them."""
        centred = self.means is None

        def of_order(order: int) -> Any:
            def letter(*at: int) -> Any:
                if centred and (sum(at) if len(at) == 4 else sum(at[1:])) % 2:
                    return 0.0
                if len(at) == 4:
                    a, b, i, j = at
                    return moment(order + a + i, order + b + j)
                k, a, i = at
                return leibniz(moment, order + k, a + i)

            return letter

        group = Group(self.terms.activation, self.terms.activation, of_order, of_order, lambda: products)
        found = self.terms.coefficients(quantity, group)
        letters = ON_WEIGHTS if self.ambient.has_mean else ON_WEIGHTS - {"m"}
        return {label: value for label, value in found.items() if set(label) <= letters or label in (*FORMS, VALUE)}

    def value(self) -> Any:
        """The loss, from pairs of all rows; a number of the namespace."""
        xp, c = self.xp, self.outputs
        shares = self.of_pairs("value", c[:, None] * c[None, :])["o"]
        return (xp.sum(c[:, None] ** 2 * self.of_itself("value")["o"]) + xp.sum(shares)) / 2

    def gradient(self) -> Any:
        """The gradient in the weights, (K, d)."""
        xp, k, c = self.xp, self.width, self.outputs
        pairs, alone = self.of_pairs("field", xp.ones_like(c[:k, None]) * c[None, :]), self.of_itself("field")
        first = xp.sum(pairs["1"], axis=1)[:, None] + c[:k, None] * alone["1"]
        field = first * self.images[:k, :] + pairs["2"] @ self.images + pairs["g"] @ self.metric_images
        if self.ambient.has_mean:
            along = xp.sum(pairs["m"], axis=1)[:, None] + c[:k, None] * alone["m"]
            field = field + along * self.means_of_inputs[:k, :]
        return c[:k, None] * (field + c[:k, None] * alone["g"] * self.metric_images[:k, :])

    def hessian(self) -> Blocks:
        """The Jacobian of the gradient."""
        own = self.of_pairs("own", self.outputs[: self.width, None] * self.outputs[None, :])
        return self._blocks("cross", "own", own)

    def gauss_newton(self) -> Blocks:
        """The Gauss-Newton matrix of the leading neurons."""
        return self._blocks("gauss_newton", "gauss_newton", {})

    def _blocks(self, cross: str, itself: str, own: Coefficients) -> Blocks:
        """Blocks from coefficients by letters."""
        xp, k = self.xp, self.width
        a = self.outputs[:k]
        pairs = self.of_pairs(cross, a[:, None] * a[None, :])
        alone = {label: a[:, None] ** 2 * value for label, value in self.of_itself(itself).items()}
        multiples = []
        for label, form in zip(FORMS, (self.ambient.covariance, self.ambient.metric), strict=True):
            diagonal = [alone[label]] if label in alone else []
            diagonal += [xp.sum(own[label], axis=1)[:, None]] if label in own else []
            tables = [xp.where(xp.identity(k, k), summed(diagonal), 0.0)] if diagonal else []
            tables += [pairs[label]] if label in pairs else []
            matrix = None if form.is_identity else xp.from_numbers(form.to_dense())
            multiples.append(Multiple(summed(tables), matrix))
        terms = self._products(own, True, True) + self._products(alone, False, False)
        return Blocks(xp, k, tuple(multiples), self._products(pairs, True, False), terms)

    def _products(self, found: Coefficients, on_left: bool, on_right: bool) -> tuple[Products, ...]:
        """Of coefficients by letters; the last arguments say whether ``M w`` on either side is of the second neuron."""

        def vectors(letter: str, of_second: bool) -> Vectors:
            if letter == "m":
                return Vectors(self.means_of_inputs, False)
            return Vectors(self.metric_images, of_second) if letter == "g" else Vectors(self.images, letter == "2")

        return tuple(
            Products(table, vectors(label[0], on_left), vectors(label[1], on_right))
            for label, table in found.items()
            if label not in FORMS
        )
