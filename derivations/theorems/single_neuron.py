r"""One ReLU neuron: the condition numbers of L2 and of backprop H1, and their ratio ``(1 - 2x)/(1 - 3x/2)``."""

from functools import cache

import sympy as sp

from derivations.relu import power_of_relu
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.algebra.reduction import reduce_polar
from sobolev_theory.symbolic.catalogue.latex import latex, readable
from sobolev_theory.symbolic.catalogue.theorems import theorem
from sobolev_theory.symbolic.symbols import p, q, ratio, sine, theta

SOURCE = "Oh, Lyu & Son 2025 (arXiv 2509.19773)"
CASES: tuple[tuple[int, str | None], ...] = ((0, None), (1, "backprop"), (1, "exact"))
X = sp.Symbol("x", nonnegative=True)
HALF = sp.Rational(1, 2)


@cache
def spectra() -> tuple[tuple[sp.Expr, ...], ...]:
    """Radial, in-plane and transverse eigenvalue of L2, of backprop H1 and of exact H1, in angle and norm ratio."""
    l2, backprop, exact = (_eigenvalues(*case) for case in CASES)
    return l2, *(tuple(a + b for a, b in zip(l2, other, strict=True)) for other in (backprop, exact))


def _blocks(order: int, derivative: str | None) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """Self block of ``w`` on ``(I, u^ u^')``, own block of ``(w, w*)`` in the frame, at ``|w| = 1``, ``|w*| = r``."""
    formulas = power_of_relu(1)
    table = {(x.name, x.order, x.derivative): x.coefficients for x in formulas.quantities}
    identity, radial = (sp.sympify(c).subs(p, 1) for c in table["self_own", order, derivative])
    own = [sp.sympify(c).subs({p: 1, q: ratio}) for c in table["own", order, derivative]]
    return [formulas.bilinear[order] + identity, radial], own


def _eigenvalues(order: int, derivative: str | None) -> tuple[sp.Expr, ...]:
    """Self block less own block; the in-plane part is triangular, so that orders add up (proved in `prove`)."""
    (identity, radial), own = _blocks(order, derivative)
    bulk = identity - own[0]
    return bulk + radial - own[1], bulk - own[4], bulk


def prove() -> Theorem:
    """The three eigenvalues, their order, the condition numbers, their ratio; what happens for ``x >= 1/2``."""
    proof = Derivation()
    for order, derivative in CASES:
        statement = (
            f"Order {order} {derivative or ''}: the block that feeds the radial direction into the plane vanishes"
        )
        proof.step(statement, _blocks(order, derivative)[1][3], sp.Integer(0))
    in_x, is_x = {sine: sp.pi * X / ratio}, (sp.Lt(theta, sp.pi), sp.Eq(X, ratio * sp.sin(theta) / sp.pi))
    l2, h1 = (tuple(sp.expand(e.subs(in_x)) for e in values) for values in spectra()[:2])
    shown = []
    for norm, values, forms in (
        ("L2", l2, (HALF, HALF - X, HALF - X / 2)),
        ("H1", h1, (sp.Integer(1), 1 - 3 * X / 2, 1 - X / 2)),
    ):
        original = map(readable, spectra()[0 if norm == "L2" else 1])
        for which, first, value, form in zip(
            ("radial", "in-plane", "transverse"), original, values, forms, strict=True
        ):
            proof.prove(f"{norm}: the {which} eigenvalue, self block less own block of the pair", first, "=", form,
                        where=is_x)  # fmt: skip
            proof.step(f"{norm}: the {which} eigenvalue in $x$", value, form)
            shown.append(f"${latex(form)}$")
    for norm, (radial, plane, transverse), limit in (("L2", l2, HALF), ("H1", h1, sp.Rational(2, 3))):
        inside = (sp.Lt(X, limit),)
        proof.prove(f"{norm}: none is larger than the radial one", radial, ">=", transverse, "terms",
                    terms=[radial - transverse])  # fmt: skip
        proof.prove(f"{norm}: none is smaller than the in-plane one", transverse, ">=", plane, "terms",
                    terms=[transverse - plane])  # fmt: skip
        proof.prove(f"{norm}: positive definite for $x < {sp.latex(limit)}$", plane, ">", 0, "terms",
                    terms=[plane], where=inside)  # fmt: skip
    kappa_l2, kappa_h1 = 1 / (1 - 2 * X), 1 / (1 - 3 * X / 2)
    definite = (sp.Gt(X, 0), sp.Lt(X, HALF))
    proof.prove("L2: the condition number times the smallest eigenvalue is the largest", kappa_l2 * l2[1], "=", l2[0],
                where=definite[1:])  # fmt: skip
    proof.step("H1: likewise", kappa_h1 * h1[1], h1[0])
    gain = (1 - 2 * X) / (1 - 3 * X / 2)
    proof.step("Their ratio", kappa_h1 / kappa_l2, gain)
    proof.prove("The gain", 1 - gain, "=", (X / 2) / (1 - 3 * X / 2), where=definite[1:])
    strict = proof.prove("Strictly below one for $0 < x < 1/2$", gain, "<", 1, "terms", multiplier=1 - 3 * X / 2,
                         terms=[X / 2], where=definite)  # fmt: skip
    proof.prove("H1 is definite where L2 is not, at $1/2 \\le x < 2/3$: the in-plane eigenvalue of L2", HALF - X, "<=",
                0, "terms", terms=[X - HALF], where=(sp.Ge(X, HALF),))  # fmt: skip
    proof.prove("The ratio is one at $x = 0$", gain, "=", 1, where=(sp.Eq(X, 0),))
    _counterexamples(proof, l2, h1)
    return theorem(
        "theorem/single_neuron_conditioning",
        "H1 is better conditioned than L2 for one ReLU neuron",
        r"For one ReLU neuron $\student$ learning another, $\teacher$, the Hessian of H1 in the backprop convention "
        r"has "
        "a smaller condition number than that of L2.",
        hypotheses=(
            r"$x = \frac{r \sin \weightangle}{\pi} < \frac{1}{2}$ with $r = \vecnorm{\teacher} / "
            r"\vecnorm{\student}$ and $0 < \weightangle < \pi$ the angle between them",
            "standard Gaussian inputs in at least two dimensions",
            "backprop convention: the Jacobian of the field that training follows",
        ),
        conclusions=(
            "L2 has the eigenvalues: radial {}, in-plane {}, and transverse, with multiplicity $d - 2$, {}; the first "
            "is the largest, the second the smallest".format(*shown[:3]),
            "H1 has, likewise, {}, {} and {}".format(*shown[3:]),
            f"their condition numbers are $\\kappa_{{L^2}} = {latex(kappa_l2)}$ and $\\kappa_{{H^1}} = "
            f"{latex(kappa_h1)}$, their ratio $\\kappa_{{H^1}} / \\kappa_{{L^2}} = {latex(gain)}$",
            ("the ratio is smaller than one, %s for $0 < x < 1/2$, and tends to one only as $x \\to 0$: as the angle "
             "tends to $0$ or $\\pi$, or $r$ to $0$", strict),
            r"for $\frac{1}{2} \le x < \frac{2}{3}$ the H1 Hessian is positive definite where that of L2 is singular "
            r"or "
            "indefinite",
        ),
        derivation=proof,
        source=SOURCE,
        remarks=(
            "A statement about the backprop convention. In the exact convention H1 is never better conditioned than "
            "L2 where L2 is definite, $x < 1/2$, in $d \\ge 3$ dimensions: see theorem/exact_cone.",
            "For $x > 1/2$ the L2 Hessian is indefinite, for $x > 2/3$ the H1 one: a condition number is then a ratio "
            "of moduli of eigenvalues, from which no rate follows, and the formulas above need not give it.",
            "The backprop matrix of H1 is not symmetric; its eigenvalues are real, since its in-plane part is "
            "triangular.",
        ),
        numeric="sobolev_theory.single_neuron.condition_number_ratio",
    )  # fmt: skip


def moduli(values: tuple[sp.Expr, ...]) -> sp.Expr:
    """The largest over the smallest of the moduli."""
    return sp.Max(*map(sp.Abs, values), evaluate=False) / sp.Min(*map(sp.Abs, values), evaluate=False)


def _counterexamples(proof: Derivation, l2: tuple[sp.Expr, ...], h1: tuple[sp.Expr, ...]) -> None:
    """``x = 3/4``: moduli; and the exact convention at an angle of pi/6."""
    at = {X: sp.Rational(3, 4)}
    proof.counterexample("At $x = 3/4$ both Hessians are indefinite, and the ratio of the moduli of H1 exceeds that of "
                         "L2", moduli(h1), ">", moduli(l2), at)  # fmt: skip
    proof.counterexample("There the formula is not the ratio of condition numbers", moduli(h1) / moduli(l2), "!=",
                         (1 - 2 * X) / (1 - 3 * X / 2), at)  # fmt: skip
    exact = tuple(readable(reduce_polar(e)) for e in spectra()[2])
    at = {theta: sp.pi / 6, ratio: sp.Integer(1)}
    proof.counterexample("In the exact convention, at the angle $\\pi/6$ and equal norms, the condition number of H1 "
                         "is larger than that of L2", moduli(exact), ">",
                         1 / (1 - 2 * ratio * sp.sin(theta) / sp.pi), at)  # fmt: skip
