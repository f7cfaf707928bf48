r"""The conditioning gain of ReLU^2 networks at an orthonormal teacher in H1, which training has.

Order 1 does not jump, so that field and Gauss-Newton agree. With the sums of `orthonormal`, the column sums ``c_j``,
``s_j = c_j - X_jj`` and ``Q = sum_j X_jj s_j``, the form of a perturbation is

``(own - identity) N + identity C + radial D + 2 first Q + across (T - D) + back (S - R)``.
"""

import sympy as sp

from derivations.relu import power_of_relu
from derivations.right_angles import Coefficients, at_teacher
from derivations.theorems.orthonormal import DEFINITIONS, ROOT, C, D, K, N, R, S, T, Z
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.latex import latex
from sobolev_theory.symbolic.catalogue.theorems import theorem

NORMS = ("L2", "H1")
PI = sp.pi
PRODUCTS = sp.Symbol("Q", real=True)
SQUARES = sp.Symbol("E", nonnegative=True)
"""Sum of ``(c_j + X_jj)^2``, and of the squares of the column sums ``j > K``: ``C + 2 Q + 3 D``."""
LOW = {"L2": 1 - 2 / PI, "H1": 3 - 4 / PI}
LIMIT = 4 * (PI - 2) / (PI * (3 * PI - 4))


def prove() -> Theorem:
    """Forms, smallest and largest eigenvalues, their ratio."""
    proof = Derivation()
    coefficients = {name: at_teacher(power_of_relu(2), order) for order, name in enumerate(NORMS)}
    for name, c in coefficients.items():
        _smallest(proof, name, c)
        _largest(proof, name, c)
    _ratio(proof)
    _counterexamples(proof)
    return theorem(
        "theorem/relu_squared_width_gain",
        "The conditioning gain of squared-ReLU networks at an orthonormal teacher, for wide networks",
        "At an orthonormal teacher of $K$ neurons $\\max(z, 0)^2$ the Hessian, which training follows, is better "
        f"conditioned in H1 than in L2 by a factor that tends to ${latex(LIMIT)} \\approx {float(LIMIT):.4f}$ for wide "
        "networks.",
        hypotheses=(
            r"$W = V$ with $K \ge 3$ orthonormal rows in dimension $d \ge K$, output weights one",
            "standard Gaussian inputs; Hessians, which are the Gauss-Newton matrices there",
        ),
        conclusions=(
            f"the smallest eigenvalues are ${latex(LOW['L2'])}$ for L2 and ${latex(LOW['H1'])}$ for H1, whatever $K$ "
            "and $d$",
            f"the largest one, with $k = K - 1$, is between ${latex(_bounds('L2')[0])}$ and "
            f"${latex(_bounds('L2')[1])}$ for L2, between ${latex(_bounds('H1')[0])}$ and "
            f"${latex(_bounds('H1')[1])}$ for H1",
            f"$\\kappa_{{H^1}} / \\kappa_{{L^2}}$ tends to ${latex(LIMIT)}$",
        ),
        derivation=proof,
        source="this derivation",
        remarks=(
            "The derivative of order 1 of $\\max(z, 0)^2$ is continuous: in L2 and H1 the Hessian exists at the "
            "teacher and is the Gauss-Newton matrix, and gradient descent follows it. In H2, whose order jumps, the "
            "field has no derivative at the teacher, as for ReLU in H1 (training_gain_vanishes).",
            "The smallest eigenvalue is that of antisymmetric $X$ with column sums zero, where all but $N = R$ vanish; "
            "there are some from $K = 3$ on.",
            "The largest one: $T \\le K D$, $S \\le 2 R$, and with $|s_j|^2 \\le k R_j$ both $|Q| \\le \\sqrt k (D + "
            "R)/2$ and $C \\le D + \\sqrt k (D + R) + k R + K Z$. It is at least the value of the form at "
            "$I/\\sqrt K$, and at $(J - I)/\\sqrt{K k}$, $J$ all ones, where $C = k$ and $S = 2$.",
        ),
        numeric="sobolev_theory.symmetric.condition_number_ratio",
    )  # fmt: skip


def _form(c: Coefficients) -> sp.Expr:
    """Of a perturbation."""
    return (
        (c.own - c.identity) * N + c.identity * C + c.radial * D + 2 * c.first * PRODUCTS
        + c.across * (T - D) + c.back * (S - R)
    )  # fmt: skip


def _smallest(proof: Derivation, name: str, c: Coefficients) -> None:
    """A sum of squares, and where it vanishes."""
    expected = (
        {"L2": (2, 4, 2 / PI, 2 / PI, 1, 1, 2 / PI), "H1": (6, 8, 4 / PI, 4 / PI, 1, 3, 4 / PI)}[name]
    )  # fmt: skip
    for word, value, shown in zip(Coefficients._fields, c, expected, strict=True):
        proof.check(f"{name}: {word}", value, sp.sympify(shown))
    form, low = _form(c), LOW[name]
    words = f", {DEFINITIONS}, $Q = \\sum_j X_{{jj}} \\sum_{{i \\ne j}} X_{{ij}}$" if name == "L2" else ""
    collected = (c.own - c.identity) * N + c.identity * (C + 2 * PRODUCTS) + c.radial * D + (T - D) + c.back * (S - R)
    proof.step(f"The form of {name}{words}", form, collected, sp.expand)
    completed = form.subs(C, SQUARES - 2 * PRODUCTS - 3 * D)
    rest = c.own - c.identity + c.radial - c.across - 3 * c.identity - low
    terms = [c.identity * SQUARES, T, c.back * S, c.back * Z, rest * D]
    proof.prove(f"{name}: it is at least ${latex(low)}$ times $N$; $E = C + 2 Q + 3 D$ is the sum of the squares of "
                "$X_{jj}$ plus column sum, and of the transverse column sums", completed, ">=", low * N, "terms",
                terms=terms)  # fmt: skip
    kept = {SQUARES: 0, PRODUCTS: 0, T: 0, D: 0, S: 0, Z: 0}
    proof.step(f"{name}: it is attained where $D = C = S = Z = 0$", completed.subs(kept), low * R, sp.expand)


def _bounds(name: str) -> tuple[sp.Expr, sp.Expr]:
    """Of the largest eigenvalue."""
    if name == "L2":
        return K + 6, K + 6 + 4 * ROOT / PI
    return 4 * K / PI + 9 - 4 / PI, 4 * (K + 1) / PI + 13 + 8 * ROOT / PI


def _largest(proof: Derivation, name: str, c: Coefficients) -> None:
    """Bounds of each sum in terms of D, R and Z; perturbations with one kind of entries."""
    form, (low, high) = _form(c), _bounds(name)
    most = {
        C: D + ROOT * (D + R) + K * R + (K + 1) * Z, PRODUCTS: ROOT * (D + R) / 2, T: (K + 1) * D, S: 2 * R,
    }  # fmt: skip
    above = sp.collect(sp.expand(high * N - form.subs(most)), (D, R, Z))
    proof.prove(f"{name}: the form is at most, with $k = K - 1$", form.subs(most), "<=", high * N, "terms",
                terms=[_by_powers(above.coeff(x)) * x for x in (D, R, Z)], reduction="expand")  # fmt: skip
    if name == "L2":
        at, words = {D: 1, R: 0, Z: 0, C: 1, PRODUCTS: 0, T: K + 1, S: 0}, "$I/\\sqrt K$"
    else:
        at, words = {D: 0, R: 1, Z: 0, C: K, PRODUCTS: 0, T: 0, S: 2}, "$(J - I)/\\sqrt{K k}$"
    proof.step(f"{name}: its value at {words}", form.subs(at), low, sp.expand)


def _by_powers(x: sp.Expr) -> sp.Expr:
    """Coefficients of powers of k as single numbers."""
    letter = sp.Symbol("r", positive=True)
    powers = sp.Poly(sp.expand(x.subs(K, letter**2)), letter)
    return sp.Add(*(sp.together(value) * ROOT**n for (n,), value in powers.terms()))


def _ratio(proof: Derivation) -> None:
    """From the bounds."""
    (low, high), (other_low, other_high) = _bounds("H1"), _bounds("L2")
    gain = LOW["L2"] / LOW["H1"]
    for word, ratio in (("upper", high / other_low), ("lower", low / other_high)):
        proof.prove(f"The {word} bound of the ratio of condition numbers", gain * ratio, "->", LIMIT, "limit", letter=K,
                    point=sp.oo)  # fmt: skip


def _counterexamples(proof: Derivation) -> None:
    """One neuron: condition numbers 3 and 7/3."""
    proof.counterexample("One neuron: the ratio of the condition numbers $7/3$ and $3$ is not near the limit",
                         sp.Rational(7, 3) / 3, ">", LIMIT, {})  # fmt: skip
