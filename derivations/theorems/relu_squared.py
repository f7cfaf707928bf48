r"""ReLU^2 with L2, H1 and H2 for one neuron: ``dV/dt(H2) < dV/dt(H1) < dV/dt(L2) < 0`` where ``w . w* >= 0``.

With ``G = S p^3 u^ - p q^2 (alpha u^ + beta e)`` the gradient of an order, ``D = w - w* = (p - q cos) u^ - q sin e``
and ``r = q/p``,

    D . G / p^4 = S (1 - r cos) - alpha r^2 + (alpha cos + beta sin) r^3.

- L2: with ``z = w.x``, the mean of ``(z^2 - z*^2) 2 z (z - z*)`` where both are active, and of ``2 z^3 (z - z*)`` where
  ``w`` alone is.
- Orders 1 and 2 for cos > 0: with ``y = r cos`` it is ``S [(1 - y)^2 + y (1 - (b + 1) y + e y^2)]``, where the square
  is completed by ``4 e > (b + 1)^2``.
"""

import sympy as sp

from derivations.relu import power_of_relu
from derivations.theorems.single_neuron import SOURCE
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import POLAR, Derivation
from sobolev_theory.symbolic.algebra.reduction import reduce_polar
from sobolev_theory.symbolic.arc_cosine import closed_forms
from sobolev_theory.symbolic.catalogue.latex import latex, readable
from sobolev_theory.symbolic.catalogue.theorems import theorem
from sobolev_theory.symbolic.symbols import p, q, ratio, theta

PI, SINE, COSINE, R = sp.pi, sp.sin(theta), sp.cos(theta), ratio
PSI = PI - theta
U = sp.Symbol("u", positive=True)  # angle of integration
INSIDE, ACUTE = (sp.Lt(theta, PI),), (sp.Lt(theta, PI / 2),)
OBTUSE = (sp.Gt(theta, PI / 2), *INSIDE)
CASES = ((0, None), (1, None), (2, "backprop"), (2, "exact"))
NAMES = ("L2", "order 1", "order 2, backprop", "order 2, exact")
SHOWN: dict[tuple[int, str | None], tuple[int, sp.Expr, sp.Expr]] = {
    (0, None): (3, 3 * SINE * COSINE + PSI * (1 + 2 * COSINE**2), SINE * (2 + COSINE**2) + 3 * PSI * COSINE),
    (1, None): (4, 4 * COSINE * (SINE + PSI * COSINE), 2 * (SINE * (1 + COSINE**2) + 2 * PSI * COSINE)),
    (2, "backprop"): (4, 4 * PSI * COSINE**2, 4 * PSI * COSINE),
    (2, "exact"): (4, 4 * PSI * COSINE**2, 2 * COSINE * (2 * PSI + SINE * COSINE)),
}
"""Coefficients ``S``, ``pi alpha`` and ``pi (alpha cos + beta sin)`` per order; verified in `_form`."""
FAR = {R: sp.Integer(3), theta: 2 * PI / 3}


def prove() -> Theorem:
    """Gradients, the forms, L2 everywhere, orders 1 and 2 for acute angles and beyond, curvature at the teacher."""
    proof = Derivation()
    l2, first, second, exact = (_form(proof, name, *case) for name, case in zip(NAMES, CASES, strict=True))
    _everywhere(proof, l2)
    _functions(proof)
    shared = COSINE * SINE**2 * (4 * PI * PSI - 1)
    for name, form, case, gap in (
        (NAMES[1], first, CASES[1], [2 * PI * SINE**3, shared, theta * COSINE**2 * (2 * SINE - theta * COSINE)]),
        (NAMES[2], second, CASES[2], [shared, COSINE * (SINE - theta * COSINE) * (SINE + theta * COSINE)]),
    ):
        _acute(proof, name, form, case, gap)
    extra = 2 * R**3 * SINE * COSINE**2 / PI
    proof.prove("Order 2, exact: the backprop form and a positive term", exact, ">", 0, "terms", terms=[second, extra],
                where=ACUTE, reduction="normal form")  # fmt: skip
    for name, form in (("order 1", first), ("order 2, both conventions", second), ("exact", exact)):
        proof.prove(f"At right angles, {name}", form.subs(theta, PI / 2), ">", 0, "terms",
                    terms=list(sp.Add.make_args(sp.expand(form.subs(theta, PI / 2)))))  # fmt: skip
    for name, form, scale in zip(NAMES, (l2, first, second, exact), (3, 4, 4, 4), strict=True):
        proof.step(f"{name}: at the angle 0, positive unless $w = w^*$", form.subs(theta, 0),
                   scale * (1 - R) ** 2 * (1 + R))  # fmt: skip
    proof.prove("L2 at the angle $\\pi$", l2.subs(theta, PI), ">", 0, "terms", terms=[sp.Integer(3), 3 * R])
    _obtuse(proof, first, second, exact)
    chain = _curvature(proof)
    for name, form in ((NAMES[2], second), (NAMES[3], exact)):
        proof.counterexample(f"At $\\theta = 2\\pi/3$, $r = 3$, {name}: it slows the approach down", form, "<", 0, FAR)
    proof.counterexample("At $\\theta = 2.8$, $r = 100$, order 1: H1 is slower than L2", first, "<", 0,
                         {R: sp.Integer(100), theta: sp.Rational(14, 5)})  # fmt: skip
    return theorem(
        "theorem/relu_squared",
        "Squared ReLU: H2 approaches the teacher faster than H1, and H1 faster than L2",
        r"For one neuron with activation $\max(z, 0)^2$ the three gradient flows are ordered on the half-space in "
        r"which "
        "student and teacher have no negative inner product, which contains the ball of the teacher's radius around "
        "it.",
        hypotheses=(
            r"$\student \ne 0$, $\student \ne \teacher$ and $\student \cdot \teacher \ge 0$, if nothing else is said",
            "standard Gaussian inputs; backprop or exact convention (they differ in the term of order 2, whose "
            "derivative jumps)",
        ),
        conclusions=(
            r"$V = \frac{1}{2} \vecnorm{\student - \teacher}^{2}$ has $\frac{dV}{dt}(H^2) < \frac{dV}{dt}(H^1) < "
            r"\frac{dV}{dt}(L^2) < 0$",
            "the last inequality holds for every student but $0$ and the teacher, at every angle",
            "the contributions of the orders to $-\\vecnorm{\\student}^{-4} \\frac{dV}{dt}$ are, with $r = "
            f"\\vecnorm{{\\teacher}} / \\vecnorm{{\\student}}$: ${latex(l2)}$ (order 0), ${latex(first)}$ (order 1), "
            f"${latex(second)}$ (order 2, backprop); all three are positive",
            f"in the exact convention the last one is larger by ${latex(extra)}$",
            "for an obtuse angle the term of order 2 has one zero in $r$, and the ordering holds exactly for the "
            "ratios below it, in either convention; it also holds at the angle $\\pi$",
            "at the teacher itself, $\\student = \\teacher$, for $d \\ge 2$ the Gauss-Newton matrices have the "
            f"condition numbers ${latex(chain[0])}$ for L2, ${latex(chain[1])}$ for H1 and ${latex(chain[2])}$ for H2; "
            "for $d = 1$ all are 1",
        ),
        derivation=proof,
        source=SOURCE + ", which treats ReLU^2 with H2 as its second case; region and proof: this derivation",
        remarks=(
            r"The ball $\vecnorm{\student - \teacher} < \vecnorm{\teacher}$ lies in the half-space: there $2 \student "
            r"\cdot \teacher > \vecnorm{\student}^{2}$.",
            "The exact wording of the paper's second case is not quoted here; hypotheses and conclusions are those of "
            "this proof.",
            "In the exact convention the Hessian of H2 diverges at the teacher, as that of H1 does for ReLU.",
        ),
        numeric="sobolev_theory.lyapunov_derivative",
    )  # fmt: skip


def _form(proof: Derivation, name: str, order: int, derivative: str | None) -> sp.Expr:
    """``D . G / p^4`` of one order at ``p = 1``, ``q = r``, from the fields of the pair and of ``w`` itself."""
    table = {(x.name, x.order, x.derivative): x.coefficients for x in power_of_relu(2).quantities}
    if ("field", order, derivative) in table:
        field = tuple(POLAR.field(*table["field", order, derivative]))
    else:
        field = table["field_in_frame", order, derivative]
    (itself,) = table["self_field", order, derivative]
    along, across = itself - _plain(field[0]), -_plain(field[1])
    dissipation = ((p - q * COSINE) * along - q * SINE * across).subs({q: p * R}) / p**4
    scale, square, cube = SHOWN[order, derivative]
    form = scale * (1 - R * COSINE) - R**2 * square / PI + R**3 * cube / PI
    proof.step(f"{name}: $(w - w^*) \\cdot$ gradient over $|w|^4$", dissipation, form, reduce_polar)
    return form


def _plain(x: sp.Expr) -> sp.Expr:
    """Arc-cosine functions written out."""
    return closed_forms(readable(x))


def _everywhere(proof: Derivation, form: sp.Expr) -> None:
    """L2 as integrals over the angle ``u`` from the boundary: ``z = sin(u)``, ``z* = r sin(u + theta)``, over 2 pi."""
    z, star = sp.sin(U), R * sp.sin(U + theta)
    beyond = R * sp.sin(U + theta - PI)  # -z* where the teacher is not active
    weight = 8 / (2 * PI)  # E[radius^4] = 8
    both = weight * 2 * z * (z + star) * (z - star) ** 2
    alone = weight * 2 * z**3 * (z + beyond)
    proof.prove("L2, everywhere: means over both active, and over the student alone", form, ">", 0, "integral",
                letter=U, lower=[0, PSI], upper=[PSI, PI], integrands=[both, alone],
                antiderivatives=[_antiderivative(both), _antiderivative(alone)], where=INSIDE)  # fmt: skip


def _antiderivative(integrand: sp.Expr) -> sp.Expr:
    """Term by term, of sums of exponentials; real again by sines and cosines of multiples."""
    total = sp.S.Zero
    for term in map(sp.powsimp, sp.Add.make_args(sp.expand(sp.expand(integrand.rewrite(sp.exp)), power_exp=True))):
        rate = sp.diff(term, U) / term
        total += term / rate if rate else term * U
    return sp.expand(sp.expand_complex(sp.expand(total.rewrite(sp.cos))))


def _functions(proof: Derivation) -> None:
    """Signs of functions of the angle that the squares need."""
    proof.prove("By the half angle", 1 - COSINE, ">", 0, "terms", terms=[2 * sp.sin(theta / 2) ** 2], where=INSIDE,
                reduction="simplify")  # fmt: skip
    proof.prove("$\\theta \\cos\\theta < \\sin\\theta$", SINE - theta * COSINE, ">", 0, "monotone", letter=theta, end=0,
                slope=theta * SINE, where=INSIDE)  # fmt: skip


def _acute(proof: Derivation, name: str, form: sp.Expr, case: tuple[int, str | None], gap: list[sp.Expr]) -> None:
    """Squares for ``theta < pi/2``, in ``y = r cos``; ``b`` and ``e`` are the coefficients of its square and cube."""
    scale, square, cube = SHOWN[case]
    b, e = square / (scale * PI * COSINE**2), cube / (scale * PI * COSINE**3)
    y = R * COSINE
    proof.prove(f"{name}: the discriminant", 4 * e, ">", (b + 1) ** 2, "terms", multiplier=PI**2 * COSINE**3,
                terms=gap, where=ACUTE, reduction="normal form")  # fmt: skip
    terms = [
        scale * (1 - y) ** 2 * 4 * e,
        scale * y * (2 * e * y - (b + 1)) ** 2,
        scale * y * (4 * e - (b + 1) ** 2),
    ]
    proof.prove(f"{name}: positive coefficient of $r^3$", e, ">", 0, "terms", terms=[e], where=ACUTE)
    proof.prove(f"{name}: squares", form, ">", 0, "terms", multiplier=4 * e, terms=terms, where=ACUTE,
                reduction="normal form")  # fmt: skip


def _obtuse(proof: Derivation, first: sp.Expr, second: sp.Expr, exact: sp.Expr) -> None:
    """For obtuse angles the term of order 2 over ``r^2`` falls from infinity to minus infinity: it has one zero.

    It is below the term of order 1, so that this one is positive wherever it is.
    """
    for name, form, cubic in ((NAMES[2], second, 2 * SINE * (1 + COSINE**2)), (NAMES[3], exact, 2 * SINE)):
        proof.prove(f"{name}, obtuse angle: below the term of order 1", form, "<", first, "terms",
                    terms=[-4 * R**2 * SINE * COSINE / PI, R**3 * cubic / PI], where=OBTUSE,
                    reduction="normal form")  # fmt: skip
    for name, form in (("order 1", first), ("order 2", second), ("exact", exact)):
        at_pi = form.subs(theta, PI)
        proof.prove(f"At the angle $\\pi$, {name}", at_pi, ">", 0, "terms", terms=[sp.Integer(4), 4 * R])
    proof.prove("$\\sin\\theta \\cos\\theta + \\pi - \\theta > 0$", PSI + SINE * COSINE, ">", 0, "monotone",
                letter=theta, end=PI, slope=-2 * SINE**2, where=INSIDE, reduction="normal form")  # fmt: skip
    falling = [8 / R**3, -4 * COSINE / R**2]
    for name, form, last in (
        (NAMES[2], second, -4 * PSI * COSINE / PI),
        (NAMES[3], exact, -2 * COSINE * (PSI + SINE * COSINE) / PI - 2 * PSI * COSINE / PI),
    ):
        proof.prove(f"{name}, obtuse angle: over $r^2$ it falls", sp.diff(form / R**2, R), "<", 0, "terms",
                    terms=[*falling, last], where=OBTUSE, reduction="normal form")  # fmt: skip
        at_end = SHOWN[2, "backprop" if name == NAMES[2] else "exact"][2] / PI
        proof.prove(f"{name}: to minus infinity, since its cubic coefficient is negative", at_end, "<", 0, "terms",
                    terms=[last], where=OBTUSE, reduction="normal form")  # fmt: skip


def _curvature(proof: Derivation) -> list[sp.Expr]:
    """Gauss-Newton matrices at the teacher: ``a I + b u^ u^'`` per order; condition numbers ``(a + b)/a``."""
    table = {(x.name, x.order): x.coefficients for x in power_of_relu(2).quantities}
    identity, radial, kappas = sp.S.Zero, sp.S.Zero, []
    for order, (norm, value) in enumerate((("L2", 3), ("H1", sp.Rational(7, 3)), ("H2", sp.Rational(11, 5)))):
        a, b = (sp.sympify(x).subs(p, 1) for x in table["self_gauss_newton", order])
        identity, radial = identity + a, radial + b
        kappas.append(
            proof.step(f"{norm}: the condition number at the teacher", 1 + radial / identity, sp.sympify(value))
        )
    proof.prove("They decrease", kappas[1], "<", kappas[0], "terms", terms=[kappas[0] - kappas[1]])
    proof.prove("and decrease", kappas[2], "<", kappas[1], "terms", terms=[kappas[1] - kappas[2]])
    return kappas
