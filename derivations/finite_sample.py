r"""One ReLU neuron and ``n`` Gaussian samples in ``d`` dimensions: the law of its empirical Gauss-Newton matrix.

The matrix is ``(1/n) sum_t 1_t (lambda_0 x_t x_t' + lambda_1 I)``, with the ``n/2`` samples ``1_t`` at which the neuron
is active. As ``d/n -> gamma`` the normalised trace ``q`` of its resolvent at ``zeta`` solves a quadratic equation
(Marchenko & Pastur 1967), whose discriminant is negative on the support.
"""

from functools import cache

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.formulas.records import Formula
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.records import formula
from sobolev_theory.symbolic.code.modules import function, header

GAMMA = sp.Symbol("gamma", positive=True)
FUNCTION, GRADIENT = sp.symbols("lambda_0 lambda_1", positive=True)
ZETA, TRACE = sp.symbols("zeta q")
ACTIVE = sp.Rational(1, 2)

SOURCE = "Marchenko & Pastur 1967; Silverstein & Bai 1995"
DOMAIN = (
    r"standard Gaussian inputs in $d$ dimensions, $n$ samples, $d, n \to \infty$ with $d/n \to \gamma > 0$; weights "
    "that do not depend on the samples, output weight one"
)
WHERE = [
    (r"\gamma", r"\text{dimensions over samples}, d / n"),
    (r"\lambda_0, \lambda_1", r"\text{weights of the Sobolev norm}"),
]


def derive() -> Output:
    """The equation, its discriminant, edges of the support, what no sample sees, density, and condition numbers."""
    quadratic, lower, upper, unseen, proof = support()
    records = [
        formula(
            "relu/single_neuron/sampled_edges",
            "Edges of the bulk of the empirical Gauss-Newton matrix of one neuron",
            "",
            {r"\zeta_{\mathrm{lower}}": lower, r"\zeta_{\mathrm{upper}}": upper},
            domain=DOMAIN + r"; for $2 \gamma > 1$ a fraction $1 - \tfrac{1}{2 \gamma}$ of the eigenvalues is "
            r"$\tfrac12 \lambda_1$, which is 0 for $L^2$",
            numeric="finite_sample.single_neuron_edges(samples_per_dim, (lambda_0, lambda_1))",
            source=SOURCE,
            derivation=proof,
            where=WHERE,
        ),
        _density(quadratic, lower, upper),
        *_condition_numbers(),
    ]
    doc = "Lower and upper edge of the bulk; the eigenvalue where no sample sees, and its fraction, if positive."
    body = function("edges", doc, (GAMMA, FUNCTION, GRADIENT), (lower, upper, ACTIVE * GRADIENT, unseen))
    title = "One ReLU neuron: spectrum of the empirical Gauss-Newton matrix in gamma = d/n and the weights of the norm."
    text = "\n".join([header(title, "derivations/finite_sample.py"), "from typing import Any", "", "", body])
    return Output({"finite_sample.py": text}, records)


@cache
def support() -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr, Derivation]:
    """The equation, the two edges, the fraction that no sample sees, and the proof."""
    proof = Derivation()
    quadratic = _equation(proof)
    return quadratic, *_edges(quadratic, proof), _unseen(quadratic, proof), proof


def condition_numbers() -> dict[str, sp.Expr]:
    """Upper over lower edge, of L2 and of H1 with unit weights."""
    _, lower, upper, _, _ = support()
    weights = {"L2": {FUNCTION: 1, GRADIENT: 0}, "H1": {FUNCTION: 1, GRADIENT: 1}}
    return {norm: upper.subs(given) / lower.subs(given) for norm, given in weights.items()}


def _equation(proof: Derivation) -> sp.Expr:
    r"""The quadratic polynomial in ``q`` of which the trace of the resolvent is a zero.

    With ``A = (1/n) sum_t 1_t x_t x_t'`` and ``R = (lambda_0 A + c - zeta)^-1``, ``c = lambda_1/2``: leaving sample
    ``t`` out, ``x_t' R x_t / n`` is ``gamma q/(1 + lambda_0 gamma q)`` up to ``n^(-1/2)``. Its mean over samples, times
    ``lambda_0/gamma``, is the trace of ``lambda_0 A R = I - (c - zeta) R``.
    """
    seen = FUNCTION * ACTIVE * TRACE / (1 + FUNCTION * GAMMA * TRACE)
    rest = 1 - (ACTIVE * GRADIENT - ZETA) * TRACE
    inverse = FUNCTION * ACTIVE / (1 + FUNCTION * GAMMA * TRACE) + ACTIVE * GRADIENT - ZETA
    proof.step("Trace of $\\lambda_0 A R = I - (\\tfrac12 \\lambda_1 - \\zeta) R$, which says what $1/q$ is",
               seen - rest, TRACE * (inverse - 1 / TRACE))  # fmt: skip
    square, linear = FUNCTION * GAMMA * (GRADIENT - 2 * ZETA), (1 - 2 * GAMMA) * FUNCTION + GRADIENT - 2 * ZETA
    return proof.step("A quadratic equation", 2 * (1 + FUNCTION * GAMMA * TRACE) * (seen - rest),
                      square * TRACE**2 + linear * TRACE - 2)  # fmt: skip


def _edges(quadratic: sp.Expr, proof: Derivation) -> tuple[sp.Expr, sp.Expr]:
    """Zeros in ``zeta`` of the discriminant."""
    discriminant = sp.discriminant(quadratic, TRACE)
    lower, upper = (FUNCTION * (1 + sign * sp.sqrt(2 * GAMMA)) ** 2 / 2 + GRADIENT / 2 for sign in (-1, 1))
    leading = sp.Poly(discriminant, ZETA).LC()
    proof.step("Its discriminant vanishes at the edges", discriminant, leading * (ZETA - lower) * (ZETA - upper))
    proof.step("The width of the bulk", upper - lower, 2 * FUNCTION * sp.sqrt(2 * GAMMA))
    return lower, upper


def _unseen(quadratic: sp.Expr, proof: Derivation) -> sp.Expr:
    """What is left of ``-mu/(zeta - lambda_1/2)`` in the equation, to leading order at the pole."""
    mass, gap = sp.Symbol("mu", positive=True), sp.Symbol("h", positive=True)
    fraction = 1 - ACTIVE / GAMMA
    at_pole = sp.expand(quadratic.subs({TRACE: -mass / gap, ZETA: GRADIENT / 2 + gap}) * gap)
    proof.step("A pole of $q$ at $\\tfrac12 \\lambda_1$ with the residue $-\\mu$: the leading order vanishes for",
               at_pole.subs(gap, 0), 2 * FUNCTION * GAMMA * mass * (fraction - mass))  # fmt: skip
    return fraction


def _density(quadratic: sp.Expr, lower: sp.Expr, upper: sp.Expr) -> Formula:
    """Imaginary part of ``q`` over ``pi``."""
    proof = Derivation()
    leading = sp.Poly(quadratic, TRACE).LC()
    discriminant = sp.discriminant(quadratic, TRACE)
    square = (upper - ZETA) * (ZETA - lower)
    value = sp.sqrt(square) / (2 * sp.pi * FUNCTION * GAMMA * (ZETA - GRADIENT / 2))
    proof.step("Square of the imaginary part of $q$", -discriminant / (4 * leading**2), sp.pi**2 * value**2)
    return formula(
        "relu/single_neuron/sampled_density",
        "Density of the bulk of the empirical Gauss-Newton matrix of one neuron",
        r"p\left(\zeta\right)",
        value,
        domain=DOMAIN + "; between the edges of the bulk",
        numeric="finite_sample.spectrum(W, (lambda_0, lambda_1), samples_per_dim=samples_per_dim).density(zeta)",
        source=SOURCE,
        derivation=proof,
        where=WHERE,
    )


def _condition_numbers() -> list[Formula]:
    """Of L2, and of H1."""
    records = []
    y = sp.sqrt(2 * GAMMA)
    shown = {"L2": ((1 + y) / (1 - y)) ** 2, "H1": (1 + (1 + y) ** 2) / (1 + (1 - y) ** 2)}
    for norm, quotient in condition_numbers().items():
        proof, value = Derivation(), shown[norm]
        proof.step("Upper over lower edge", quotient, value)
        beyond = "infinite" if norm == "L2" else r"$1 + (1 + \sqrt{2 \gamma})^2$"
        records.append(
            formula(
                f"relu/{norm}/single_neuron/sampled_condition_number",
                f"Condition number of the empirical Gauss-Newton matrix of one neuron, {norm}",
                rf"\kappa_{{{norm[0]}^{norm[1]}}}",
                value,
                domain=DOMAIN + rf"; $2 \gamma < 1$; beyond, with fewer than $2 d$ samples, it is {beyond}",
                numeric=f'finite_sample.single_neuron_condition_number(samples_per_dim, "{norm}")',
                source=SOURCE,
                derivation=proof,
                where=WHERE[:1],
            )
        )
    return records
