r"""The Sobolev operator for any Gaussian input, any metric, biases and output weights: on letters, of any order.

Neurons ``z_1 = w . x + b`` and ``z_2 = v . x + b'`` have means ``m_1, m_2``, covariances ``s, rho, t`` and the product
``g = w' M v`` of a metric. Their term of order ``m`` is ``F = g^m K_mm(m_1, m_2, s, rho, t)``, and moves with ``w`` by

.. math:: dF = F_{m_1} \mu + 2 F_s \Sigma w + F_\rho \Sigma v + F_g M v

By Price's theorem with means, ``d_1 = d/dm_1``, ``d_s = d_1^2/2``, ``d_rho = d_1 d_2``, all of that are moments again,
and collect to ``xi = mu + Sigma w d_1 + Sigma v d_2 = mu + f_1 D_1 + f_2 D_2`` in any frame of the plane. Letters:
``K(a, b, i, j) = D_1^i D_2^j K_(m+a)(m+b)``, ``G(k)`` the k-th derivative of ``g^m``; of a neuron with itself
``L(k, a, i) = d_m^a D_1^i E[sigma^(m+k)(z)^2]``; and ``E(a, i)`` likewise of ``E sigma(z)``.

Where ``sigma^(m)`` jumps the backprop convention takes for ``sigma^(m+1)`` the pointwise derivative, a function ``f``;
its own derivatives are true. If ``f`` is 0, that is rule ``backprop``. If it is not, rule ``pointwise`` has letters
besides: ``B(1, 0, a, b, i, j)`` with ``f^(a-1)`` for the first factor's ``sigma^(m+a)``, ``B(0, 1, ...)`` for the
second's, ``B(1, 1, ...)`` for both; and ``N(a, i) = 2 d_m^a D_1^i E[sigma^(m)(z) f(z)]`` of a neuron with itself.

A block is a sum of products of two vectors, each named by a letter, left then right: ``o`` the unit vector of the
output weight, ``m`` the mean, ``1, 2`` the frame, ``g`` the image under the metric of the other neuron; and of
multiples of the covariance, ``S``, and of the metric, ``M``.
"""

from collections.abc import Callable
from itertools import product

import sympy as sp

from derivations.catalogue import Output
from derivations.operator_letters import Power
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.code.modules import function, header
from sobolev_theory.symbolic.symbols import g, p, q, rho, s, t, theta

Block = dict[str, sp.Expr]
"""Coefficients by the letters of vectors, left and right."""

G, K, B, L, N, E = map(sp.Function, "GKBLNE")
PAIR, SELF, MEAN = sp.symbols("G K"), sp.symbols("G L"), sp.symbols("E,")
BEYOND = {PAIR: sp.symbols("G K B"), SELF: sp.symbols("G L N")}
"""Arguments of rule ``pointwise``."""
ORDER = {("m", "m"): (0, 0), ("m", "1"): (1, 0), ("m", "2"): (0, 1), ("1", "1"): (2, 0), ("1", "2"): (1, 1)}
ORDER[("2", "2")] = (0, 2)


def _xi(letter: Callable[[int, int], sp.Expr], frame: str = "12") -> Block:
    """``xi`` of a moment, whose letters are given by numbers of ``D_1`` and ``D_2``."""
    return {"m": letter(0, 0)} | {f: letter(*ORDER["m", f]) for f in frame}


def _xi_xi(letter: Callable[[int, int], sp.Expr], frame: str = "12") -> Block:
    """``xi xi'`` of a moment."""
    pairs = product("m" + frame, repeat=2)
    return {left + right: letter(*ORDER[min(left, right, key="m12".index), max(left, right, key="m12".index)])
            for left, right in pairs}  # fmt: skip


def _with(left: str, vector: Block, right: str = "") -> Block:
    """A vector times a fixed one on its left or right."""
    return {left + name + right: value for name, value in vector.items()}


def _total(*parts: tuple[sp.Expr, Block]) -> Block:
    """The sum of blocks with factors."""
    total: Block = {}
    for factor, block in parts:
        for name, value in block.items():
            total[name] = total.get(name, sp.S.Zero) + factor * value
    return total


def _pair(a: int, b: int) -> Callable[[int, int], sp.Expr]:
    return lambda i, j: K(a, b, i, j)


def _itself(k: int, a: int) -> Callable[[int, int], sp.Expr]:
    return lambda i, j: L(k, a, i)


def _beyond(first: int, second: int, a: int, b: int) -> Callable[[int, int], sp.Expr]:
    return lambda i, j: B(first, second, a, b, i, j)


def _with_beyond(a: int) -> Callable[[int, int], sp.Expr]:
    return lambda i, j: N(a, i)


VALUE, SQUARE = K(0, 0, 0, 0), L(0, 0, 0)
ONE = sp.S.One


def blocks() -> dict[tuple[str, str], Block]:
    """Blocks of pairs, of neurons with themselves, and of a neuron's mean, by name and convention."""
    first, second = _xi(_pair(1, 0)), _xi(_pair(0, 1))
    fixed, beyond, other = {"gg": G(2) * VALUE}, _xi(_beyond(1, 0, 1, 0)), _xi(_beyond(0, 1, 0, 1))
    own = _total(
        (G(0), _with("o", first)), (G(1), {"og": VALUE}), (G(0), _with("", first, "o")), (G(1), {"go": VALUE}),
        (G(0), _xi_xi(_pair(2, 0))), (G(1), _with("", first, "g")), (G(1), _with("g", first)), (ONE, fixed),
        (G(0), {"S": K(2, 0, 0, 0)}),
    )  # fmt: skip
    frozen = _total((G(0), {"oo": VALUE}), (G(1), {"og": VALUE, "go": VALUE, "M": VALUE}), (ONE, fixed))
    cross = _total(
        (ONE, frozen), (G(0), _with("o", second)), (G(0), _with("", first, "o")), (G(0), _xi_xi(_pair(1, 1))),
        (G(1), _with("", first, "g")), (G(1), _with("g", second)), (G(0), {"S": K(1, 1, 0, 0)}),
    )  # fmt: skip
    return {
        ("own", "exact"): own,
        ("own", "backprop"): _total(
            (G(0), _with("o", first)), (G(1), {"og": VALUE, "go": VALUE}), (G(1), _with("g", first)), (ONE, fixed)
        ),
        ("cross", "exact"): cross,
        ("cross", "backprop"): _total((ONE, frozen), (G(0), _with("o", second)), (G(1), _with("g", second))),
        ("gauss_newton", "backprop"): frozen,
        ("own", "pointwise"): _total(
            (G(0), _with("o", first)), (G(1), {"og": VALUE, "go": VALUE}), (G(0), _with("", beyond, "o")),
            (G(0), _xi_xi(_beyond(1, 0, 2, 0))), (G(1), _with("", beyond, "g")), (G(1), _with("g", first)),
            (ONE, fixed), (G(0), {"S": B(1, 0, 2, 0, 0, 0)}),
        ),
        ("cross", "pointwise"): _total(
            (ONE, frozen), (G(0), _with("o", second)), (G(0), _with("", beyond, "o")),
            (G(0), _xi_xi(_beyond(1, 0, 1, 1))), (G(1), _with("", beyond, "g")), (G(1), _with("g", second)),
            (G(0), {"S": B(1, 0, 1, 1, 0, 0)}),
        ),
        ("gauss_newton", "pointwise"): _total(
            (ONE, frozen), (G(0), _with("o", other)), (G(0), _with("", beyond, "o")),
            (G(0), _xi_xi(_beyond(1, 1, 1, 1))), (G(1), _with("", beyond, "g")), (G(1), _with("g", other)),
            (G(0), {"S": B(1, 1, 1, 1, 0, 0)}),
        ),
        ("gauss_newton", "second"): _total((ONE, frozen), (G(0), _with("", first, "o")), (G(1), _with("", first, "g"))),
        **_blocks_of_one(),
    }  # fmt: skip


def _blocks_of_one() -> dict[tuple[str, str], Block]:
    """Of ``F(w, w)``, half of whose second derivative is what a neuron adds to its own block with itself."""
    along, half = _xi(_itself(0, 1), "1"), sp.Rational(1, 2)
    turning = {"og": 2 * G(1) * SQUARE}
    of_output = _total((ONE, {"oo": G(0) * SQUARE}), (G(0), _with("o", along)), (ONE, turning))
    frozen = _total((G(0), {"oo": SQUARE}), (G(1), {"og": SQUARE, "go": SQUARE, "M": SQUARE}), (G(2), {"gg": SQUARE}))
    across = _total((ONE, _with("", along, "g")), (ONE, _with("g", along)))
    beyond = _xi(_with_beyond(0), "1")
    features = _total((ONE, _with("", beyond, "g")), (ONE, _with("g", beyond)))
    return {
        ("self_own", "exact"): _total(
            (ONE, of_output), (G(0), _with("", along, "o")), (ONE, {"go": 2 * G(1) * SQUARE}),
            (half * G(0), _xi_xi(_itself(0, 2), "1")), (G(1), across), (2 * G(2), {"gg": SQUARE}),
            (half * G(0), {"S": L(0, 2, 0)}), (G(1), {"M": SQUARE}),
        ),
        ("self_own", "backprop"): _total(
            (ONE, of_output), (ONE, {"go": 2 * G(1) * SQUARE}), (G(1), _with("g", along)), (2 * G(2), {"gg": SQUARE}),
            (G(1), {"M": SQUARE}),
        ),
        ("self_gauss_newton", "exact"): _total(
            (ONE, frozen), (half * G(0), _with("o", along)), (half * G(0), _with("", along, "o")),
            (G(0), _xi_xi(_itself(1, 0), "1")), (half * G(1), across), (G(0), {"S": L(1, 0, 0)}),
        ),
        ("self_gauss_newton", "backprop"): frozen,
        ("self_own", "pointwise"): _total(
            (ONE, of_output), (G(0), _with("", beyond, "o")), (ONE, {"go": 2 * G(1) * SQUARE}),
            (half * G(0), _xi_xi(_with_beyond(1), "1")), (G(1), _with("", beyond, "g")), (G(1), _with("g", along)),
            (2 * G(2), {"gg": SQUARE}), (half * G(0), {"S": N(1, 0)}), (G(1), {"M": SQUARE}),
        ),
        ("self_gauss_newton", "pointwise"): _total(
            (ONE, frozen), (half * G(0), _with("o", beyond)), (half * G(0), _with("", beyond, "o")),
            (G(0), _xi_xi(_itself(1, 0), "1")), (half * G(1), features), (G(0), {"S": L(1, 0, 0)}),
        ),
        ("mean_own", "exact"): _total(
            (ONE, _with("o", _xi(_mean(1), "1"))), (ONE, _with("", _xi(_mean(1), "1"), "o")),
            (ONE, _xi_xi(_mean(2), "1")), (ONE, {"S": E(2, 0)}),
        ),
    }  # fmt: skip


def _mean(a: int) -> Callable[[int, int], sp.Expr]:
    return lambda i, j: E(a, i)


def fields() -> dict[tuple[str, str], Block]:
    """Fields, and one by its parts on ``mu, Sigma w, Sigma v``; of a neuron with itself half that of ``F(w, w)``."""
    along = _xi(_itself(0, 1), "1")
    return {
        ("value", "exact"): {"o": G(0) * VALUE},
        ("field", "exact"): _total((G(0), _xi(_pair(1, 0))), (G(1), {"g": VALUE})),
        ("field", "backprop"): {"g": G(1) * VALUE},
        ("field", "pointwise"): _total((G(0), _xi(_beyond(1, 0, 1, 0))), (G(1), {"g": VALUE})),
        ("on_mean", "exact"): {"m": G(0) * K(1, 0, 0, 0)},
        ("on_first", "exact"): {"1": G(0) * K(2, 0, 0, 0)},
        ("on_second", "exact"): {"2": G(0) * K(1, 1, 0, 0)},
        ("on_mean", "pointwise"): {"m": G(0) * B(1, 0, 1, 0, 0, 0)},
        ("on_first", "pointwise"): {"1": G(0) * B(1, 0, 2, 0, 0, 0)},
        ("on_second", "pointwise"): {"2": G(0) * B(1, 0, 1, 1, 0, 0)},
        ("self_value", "exact"): {"o": G(0) * SQUARE},
        ("self_field", "exact"): _total((sp.Rational(1, 2) * G(0), along), (G(1), {"g": SQUARE})),
        ("self_field", "backprop"): {"g": G(1) * SQUARE},
        ("self_field", "pointwise"): _total(
            (sp.Rational(1, 2) * G(0), _xi(_with_beyond(0), "1")), (G(1), {"g": SQUARE})
        ),
        ("mean_field", "exact"): _xi(_mean(1), "1"),
    }


# --- the calculus on invariants, against which all of it is checked ---------------------------------------------------

M1, M2 = sp.symbols("m_1 m_2", real=True)


class Moment(sp.Function):
    """``K_(m+a)(m+b)(m_1, m_2, s, rho, t)``, differentiated by Price's theorem with means."""

    nargs = 7

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """``d_1, d_2``, and ``d_1^2/2, d_1 d_2, d_2^2/2``."""
        a, b, *at = self.args
        i, j, factor = {3: (1, 0, 1), 4: (0, 1, 1), 5: (2, 0, 2), 6: (1, 1, 1), 7: (0, 2, 2)}[argindex]
        return Moment(a + i, b + j, *at) / factor


class Square(sp.Function):
    """``d_m^a E[sigma^(m)(z)^2]`` at a mean and a variance."""

    nargs = 3

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """The heat equation: ``d_s = d_m^2/2``."""
        a, *at = self.args
        return Square(a + 1, *at) if argindex == 2 else Square(a + 2, *at) / 2


class Beyond(Moment):
    """The same with pointwise derivatives of one factor beyond the jump: of another function, and so differentiated."""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """As of a moment."""
        return super().fdiff(argindex).replace(Moment, Beyond)


class SquareBeyond(Square):
    """``2 d_m^(a-1) E[sigma^(m)(z) f(z)]``, f the pointwise derivative."""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """As of a square."""
        return super().fdiff(argindex).replace(Square, SquareBeyond)


def _moves(f: sp.Expr, neuron: int) -> Block:
    """The derivative of a function of a pair in one of its neurons, by vectors ``mu, Sigma w, Sigma v, M`` (other)."""
    mean, alone, apart = (M1, s, ("1", "2")) if neuron == 1 else (M2, t, ("2", "1"))
    return {"m": sp.diff(f, mean), apart[0]: 2 * sp.diff(f, alone), apart[1]: sp.diff(f, rho), "g": sp.diff(f, g)}


def _moves_alone(f: sp.Expr) -> Block:
    """Of a function of one neuron: ``ds = 2 Sigma w``, ``dg = 2 M w``."""
    return {"m": sp.diff(f, M1), "1": 2 * sp.diff(f, s), "g": 2 * sp.diff(f, g)}


def _jacobian(field: Block, moves: Callable[[sp.Expr], Block], multiples: Block) -> Block:
    """Of ``sum_l c_l l`` in a neuron that moves ``c_l``, and ``l`` by a multiple of covariance or metric."""
    found = dict(multiples)
    for left, coefficient in field.items():
        found |= {left + right: value for right, value in moves(coefficient).items()}
    return found


def _transposed(block: Block) -> Block:
    """A Jacobian in the first neuron of what the second feels, as a block of the first with the second."""
    return {name[::-1]: value for name, value in block.items()}


def check(proof: Derivation) -> None:
    """The blocks against derivatives of ``F``, ``F`` with half of its second derivative, and of what is left of it."""
    term = Power(0, g) * Moment(0, 0, M1, M2, s, rho, t)
    turned = {"g": sp.diff(term, g)}
    one = Power(0, g) * Square(0, M1, s)
    half = {name: value / 2 for name, value in _moves_alone(one).items()}
    turned_alone = {"g": half["g"]}
    beyond = _moves(Power(0, g) * Beyond(0, 0, M1, M2, s, rho, t), 1) | turned
    second = 2 * sp.diff(Power(0, g) * Beyond(0, 0, M1, M2, s, rho, t), s)
    joint = sp.diff(Power(0, g) * Beyond(0, 0, M1, M2, s, rho, t), rho)
    one_beyond = Power(0, g) * SquareBeyond(0, M1, s)
    half_beyond = {name: value / 2 for name, value in _moves_alone(one_beyond).items()} | turned_alone
    known = blocks() | fields()
    for (name, convention), expected in {
        ("field", "exact"): _moves(term, 1),
        **{(f"on_{name}", "exact"): {label: _moves(term, 1)[label]}
           for name, label in (("mean", "m"), ("first", "1"), ("second", "2"))},
        ("own", "exact"): _jacobian(_moves(term, 1), lambda f: _moves(f, 1), {"S": 2 * sp.diff(term, s)})
        | _with("o", _moves(term, 1)) | _with("", _moves(term, 1), "o"),
        ("own", "backprop"): _jacobian(turned, lambda f: _moves(f, 1), {})
        | _with("o", _moves(term, 1)) | _with("", turned, "o"),
        ("cross", "exact"): _jacobian(
            _moves(term, 1), lambda f: _moves(f, 2), {"S": sp.diff(term, rho), "M": sp.diff(term, g), "oo": term}
        ) | _with("o", _moves(term, 2)) | _with("", _moves(term, 1), "o"),
        ("cross", "backprop"): _jacobian(turned, lambda f: _moves(f, 2), {"M": sp.diff(term, g), "oo": term})
        | _with("o", _moves(term, 2)) | _with("", turned, "o"),
        ("gauss_newton", "second"): _transposed(
            _jacobian(turned, lambda f: _moves(f, 1), {"M": sp.diff(term, g), "oo": term})
            | _with("o", _moves(term, 1)) | _with("", turned, "o")
        ),
        ("self_field", "exact"): half,
        ("self_own", "exact"): _jacobian(half, _moves_alone, {"S": 2 * sp.diff(one, s) / 2, "M": half["g"], "oo": one})
        | _with("o", _moves_alone(one)) | _with("", _moves_alone(one), "o"),
        ("self_own", "backprop"): _jacobian(turned_alone, _moves_alone, {"M": half["g"], "oo": one})
        | _with("o", _moves_alone(one)) | _with("", {"g": 2 * half["g"]}, "o"),
        ("field", "pointwise"): beyond,
        **{(f"on_{name}", "pointwise"): {label: beyond[label]}
           for name, label in (("mean", "m"), ("first", "1"), ("second", "2"))},
        ("own", "pointwise"): _jacobian(beyond, lambda f: _moves(f, 1), {"S": second})
        | _with("o", _moves(term, 1)) | _with("", beyond, "o"),
        ("cross", "pointwise"): _jacobian(
            beyond, lambda f: _moves(f, 2), {"S": joint, "M": sp.diff(term, g), "oo": term}
        ) | _with("o", _moves(term, 2)) | _with("", beyond, "o"),
        ("self_field", "pointwise"): half_beyond,
        ("self_own", "pointwise"): _jacobian(
            half_beyond, _moves_alone, {"S": sp.diff(one_beyond, s), "M": half["g"], "oo": one}
        ) | _with("o", _moves_alone(one)) | _with("", {name: 2 * value for name, value in half_beyond.items()}, "o"),
    }.items():  # fmt: skip
        found = known[name, convention]
        for label in sorted({*found, *expected}):
            left, right = _in_moments(found.get(label, sp.S.Zero)), expected.get(label, sp.S.Zero)
            proof.check(f"{name}, {convention}, {label}", left, right, sp.expand)
    order = sp.Symbol("m", integer=True, nonnegative=True)
    above = sp.diff(g ** (order + 1), g)  # times K_(m+1)(m+1), as what pulls along Sigma v in order m
    proof.check("Order m + 1 pulls along M v m + 1 times as m does along Sigma v", above, (order + 1) * g**order)
    _check_gauss_newton(proof)


def _check_gauss_newton(proof: Derivation) -> None:
    """Below the jump ``E <d psi_w, d psi_v>`` is a cross block; of a neuron with itself ``2 E[f f'] = d_m E[f^2]``."""
    known = blocks()
    for convention in ("exact", "backprop", "pointwise"):
        pair = known["cross" if convention == "exact" else "gauss_newton", convention]
        alone = known["self_gauss_newton", convention]
        for label, value in alone.items():
            coincident = pair[label].replace(K, lambda a, b, i, j: L(a, 0, i) if a == b else L(0, 1, i) / 2)
            coincident = coincident.replace(B, lambda x, y, a, b, i, j: L(1, 0, i) if a == b else N(0, i) / 2)
            proof.check(f"Gauss-Newton of a neuron with itself, {convention}, {label}", value, coincident, sp.expand)


def _in_moments(expression: sp.Expr) -> sp.Expr:
    """Letters in the frame ``(Sigma w, Sigma v)``, where ``D`` are the derivatives in the means."""
    found = expression.replace(K, lambda a, b, i, j: Moment(a + i, b + j, M1, M2, s, rho, t))
    found = found.replace(B, lambda x, y, a, b, i, j: Beyond(a + i, b + j, M1, M2, s, rho, t))
    found = found.replace(N, lambda a, i: SquareBeyond(1 + a + i, M1, s))
    return found.replace(G, lambda k: Power(k, g)).replace(L, lambda k, a, i: Square(a + i, M1, s))


def _check_frame(proof: Derivation) -> None:
    """``Sigma w d_1 + Sigma v d_2`` in the orthonormal frame, ``Sigma v = q (cos f_1 + sin f_2)``."""
    d1, d2, f1, f2 = sp.symbols("d_1 d_2 f_1 f_2")
    on_rows = p * f1 * d1 + q * (sp.cos(theta) * f1 + sp.sin(theta) * f2) * d2
    in_frame = f1 * (p * d1 + q * sp.cos(theta) * d2) + f2 * q * sp.sin(theta) * d2
    proof.check("xi in the orthonormal frame", on_rows, in_frame, sp.expand)


def derive() -> Output:
    """Print the operator, after its letters were checked against the calculus on invariants."""
    proof = Derivation()
    _check_frame(proof)
    check(proof)
    functions, registry = [], ["BLOCKS = {"]
    for (name, convention), block in (fields() | blocks()).items():
        arguments = MEAN if name.startswith("mean") else SELF if name.startswith("self") else PAIR
        arguments = BEYOND[arguments] if convention == "pointwise" else arguments
        doc = f"{name.replace('_', ' ')}, {convention}: {', '.join(block)}."
        functions.append(function(f"{name}_{convention}", doc, arguments, tuple(block.values()), exact=True))
        labels = ", ".join(f'"{label}"' for label in block)
        registry.append(f'    ("{name}", "{convention}"): ({name}_{convention}, ({labels},)),')
    title = "The Sobolev operator on letters of moments, for any input and metric; see derivations/affine_operator.py."
    lines = [
        header(title, "derivations/affine_operator.py"),
        "from typing import Any",
        "",
        "",
        "\n\n".join(functions),
        "",
    ]
    return Output({"affine_operator.py": "\n".join([*lines, *registry, "}", ""])}, [])
