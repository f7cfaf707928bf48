r"""Kernels of wide networks in function space, and their derivatives in the inputs: on letters of moments.

``f(x) = n^(-1/2) sum_i a_i sigma(z_i)``, ``z_i = w_i . x + b_i``, has standard normal ``a_i``, weights of variance
``v`` and biases of variance ``c``. At two inputs ``x, y`` the arguments ``(z_1, z_2)`` of a neuron are centred with

.. math:: s = v |x|^2 + c, \quad \rho = v \, x \cdot y + c, \quad t = v |y|^2 + c

and the covariance of ``f`` is ``K_00(s, rho, t)``: inputs stand where weights do in the theory of losses. The tangent
kernel sums the products of derivatives in ``a``, and in ``w, b`` in units of their standard deviations: ``K_00 + rho
K_11``. By Price's theorem both move with ``x`` by moments again, and ``xi = v x d_1 + v y d_2 = f_1 D_1 + f_2 D_2`` in
any frame of the plane. Letters: ``K(a, b, i, j) = D_1^i D_2^j K_ab``.

A derivative is a sum of vectors, or of products of two, the left one of the derivative in ``x``: ``1, 2`` the frame,
``x, y`` the inputs, and of a multiple of the identity, ``I``.
"""

from collections.abc import Callable

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.code.modules import function, header
from sobolev_theory.symbolic.symbols import rho, s, t

Block = dict[str, sp.Expr]
"""Coefficients by the letters of vectors, left and right; of none in a value."""
Orders = tuple[int, int]

K = sp.Function("K")
v = sp.Symbol("v", positive=True)
ARGUMENTS = (sp.Symbol("K"), rho, v)
FRAME = {"1": (1, 0), "2": (0, 1)}


def _derivative(a: int, b: int, orders: Orders) -> Block:
    """``xi`` of the moment ``K_ab`` as often as the orders say, and what its last step moves: an index a time."""
    a, b = a + orders[0], b + orders[1]
    if orders == (0, 0):
        return {"": K(a, b, 0, 0)}
    if sum(orders) == 1:
        return {letter: K(a, b, *order) for letter, order in FRAME.items()}
    pairs = {one + two: K(a, b, i + k, j + m) for one, (i, j) in FRAME.items() for two, (k, m) in FRAME.items()}
    return pairs | {"I": v * K(a, b, 0, 0)}


def _total(*parts: tuple[sp.Expr, Block]) -> Block:
    """The sum of blocks with factors."""
    total: Block = {}
    for factor, block in parts:
        for label, value in block.items():
            total[label] = total.get(label, sp.S.Zero) + factor * value
    return total


def covariance(orders: Orders) -> Block:
    """Derivatives of ``K_00``."""
    return _derivative(0, 0, orders)


def tangent(orders: Orders) -> Block:
    """Derivatives of ``K_00 + rho K_11``, by the product rule: ``rho`` moves by ``v y`` and ``v x``."""
    parts = [(sp.S.One, covariance(orders)), (rho, _derivative(1, 1, orders))]
    if orders == (1, 1):
        left, right = _derivative(1, 1, (0, 1)), _derivative(1, 1, (1, 0))
        parts += [(v, {"y" + label: value for label, value in left.items()})]
        parts += [(v, {label + "x": value for label, value in right.items()})]
        parts += [(v, {"I": K(1, 1, 0, 0)})]
    elif orders != (0, 0):
        parts += [(v, {"y" if orders[0] else "x": K(1, 1, 0, 0)})]
    return _total(*parts)


ORDERS = ((0, 0), (1, 0), (0, 1), (1, 1))
KERNELS: dict[str, Callable[[Orders], Block]] = {"nngp": covariance, "ntk": tangent}


# --- the calculus on invariants, against which all of it is checked ---------------------------------------------------


class Moment(sp.Function):
    """``K_ab(s, rho, t)``, differentiated by Price's theorem."""

    nargs = 5

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """``K_(a+2)b/2, K_(a+1)(b+1), K_a(b+2)/2``."""
        a, b, *at = self.args
        i, j, factor = {3: (2, 0, 2), 4: (1, 1, 1), 5: (0, 2, 2)}[argindex]
        return Moment(a + i, b + j, *at) / factor


def _moves(f: sp.Expr, which: int) -> Block:
    """The derivative of a function of ``s, rho, t`` in ``x`` or in ``y``, by vectors ``x, y``."""
    alone, itself, other = (s, "x", "y") if which == 0 else (t, "y", "x")
    return {itself: 2 * v * sp.diff(f, alone), other: v * sp.diff(f, rho)}


def _expected(kernel: sp.Expr, orders: Orders) -> Block:
    """The derivative on the inputs, those of ``x`` first."""
    if orders == (0, 0):
        return {"": kernel}
    if orders != (1, 1):
        return _moves(kernel, orders.index(1))
    gradient = _moves(kernel, 0)
    turned = {left + right: value for left in "xy" for right, value in _moves(gradient[left], 1).items()}
    return turned | {"I": gradient["y"]}


def _on_inputs(block: Block) -> Block:
    """A block in the frame ``(v x, v y)``, where ``D`` are the derivatives in the means."""
    names = {"1": ("x", v), "2": ("y", v)}
    found: Block = {}
    for label, value in block.items():
        letters = [names.get(letter, (letter, sp.S.One)) for letter in label]
        name, factor = "".join(letter for letter, _ in letters), sp.prod([factor for _, factor in letters])
        moment = value.replace(K, lambda a, b, i, j: Moment(a + i, b + j, s, rho, t))
        found[name] = found.get(name, sp.S.Zero) + factor * moment
    return found


def check(proof: Derivation) -> None:
    """Every block against derivatives of the kernel as a function of two inputs."""
    moment = Moment(0, 0, s, rho, t)
    kernels = {"nngp": moment, "ntk": moment + rho * Moment(1, 1, s, rho, t)}
    for name, kernel in kernels.items():
        for orders in ORDERS:
            found, expected = _on_inputs(KERNELS[name](orders)), _expected(kernel, orders)
            for label in sorted({*found, *expected}):
                left, right = (block.get(label, sp.S.Zero) for block in (found, expected))
                proof.check(f"{name}, orders {orders}, {label or 'value'}", left, right, sp.expand)


def derive() -> Output:
    """Print the kernels on letters, after they were checked."""
    proof = Derivation()
    check(proof)
    functions, registry = [], ["BLOCKS = {"]
    for name, kernel in KERNELS.items():
        for orders in ORDERS:
            block, called = kernel(orders), f"{name}_{orders[0]}{orders[1]}"
            doc = f"{name}, orders {orders}: {', '.join(block) or 'value'}."
            functions.append(function(called, doc, ARGUMENTS, tuple(block.values()), exact=True))
            labels = ", ".join(f'"{label}"' for label in block)
            registry.append(f'    ("{name}", {orders}): ({called}, ({labels},)),')
    title = "Kernels of wide networks and their derivatives in the inputs, on letters of moments."
    lines = [header(title, "derivations/wide_network.py"), "from typing import Any", "", "", "\n\n".join(functions), ""]
    return Output({"wide_network.py": "\n".join([*lines, *registry, "}", ""])}, [])
