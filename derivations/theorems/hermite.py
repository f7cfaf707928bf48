r"""Sobolev norms act on Hermite components: H1 multiplies the one of degree n by ``1 + n``.

For unit weights ``E[He_n(u.x) He_k(v.x)] = n! rho^n`` if ``k = n`` and 0 otherwise (Mehler), so that ``K_00 = sum_n h_n
rho^n`` with ``h_n = c_n^2 n!`` for ``sigma = sum_n c_n He_n``; and the term of order m is ``rho^m d_rho^m K_00``.
"""

import sympy as sp

from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.latex import latex
from sobolev_theory.symbolic.catalogue.theorems import theorem
from sobolev_theory.symbolic.symbols import rho, s, t

N, M = sp.Symbol("n", integer=True, nonnegative=True), sp.Symbol("m", integer=True, nonnegative=True)
ALPHA, BETA = sp.symbols("alpha beta", real=True)
COSINE = sp.Symbol("c", positive=True)
LAMBDA = sp.symbols("lambda_0:3", nonnegative=True)


def falling(n: sp.Expr, m: sp.Expr) -> sp.Expr:
    """``n (n - 1) ... (n - m + 1)`` as a quotient of factorials; for integers ``n < m`` it is zero, as its limit is."""
    return sp.factorial(n) / sp.factorial(n - m)


def prove() -> Theorem:
    """Mehler's formula by generating functions; derivatives of powers by induction; two counter-examples."""
    proof = Derivation()
    mean = sp.exp((ALPHA**2 + 2 * ALPHA * BETA * rho + BETA**2) / 2)  # E exp(alpha u.x + beta v.x), unit vectors
    proof.prove("Mehler: the mean of the generating functions $\\exp(\\alpha z_1 - \\alpha^2/2) "
                "\\exp(\\beta z_2 - \\beta^2/2)$ of Hermite polynomials depends on $\\alpha\\beta\\rho$ alone; the "
                "coefficient of $\\alpha^n \\beta^k / (n! k!)$ is $n! \\rho^n$ for $k = n$, otherwise 0",
                mean * sp.exp(-(ALPHA**2 + BETA**2) / 2), "=", sp.exp(ALPHA * BETA * rho))  # fmt: skip
    power = COSINE ** (N - M)
    proof.step("Derivatives of $\\rho^n$: none, $m = 0$", falling(N, 0) * COSINE**N, COSINE**N)
    proof.prove("Derivatives of $\\rho^n$ at $\\rho = c > 0$, by induction from $m = 0$: from $m$ to $m + 1$",
                sp.diff(falling(N, M) * power, COSINE), "=", falling(N, M + 1) * COSINE ** (N - M - 1),
                "factorials")  # fmt: skip
    general = proof.prove("$\\rho^m$ restores the power: the term of order $m$ multiplies $h_n \\rho^n$ by",
                          COSINE**M * falling(N, M) * power / COSINE**N, "=", falling(N, M), "factorials")  # fmt: skip
    first = proof.prove("Orders 0 and 1", falling(N, 0) + falling(N, 1), "=", 1 + N, "factorials")
    orders = sum(weight * falling(N, order) for order, weight in enumerate(LAMBDA))
    second = proof.prove("Weights of three orders", orders, "=",
                         LAMBDA[0] + LAMBDA[1] * N + LAMBDA[2] * N * (N - 1), "factorials")  # fmt: skip
    series = sp.asin(rho / 2)  # the kernel of erf at unit weights, up to a factor
    for degree in (1, 3, 5):
        term = sp.series(series, rho, 0, degree + 1).removeO().coeff(rho, degree)
        h1 = sp.series(series + rho * sp.diff(series, rho), rho, 0, degree + 1).removeO().coeff(rho, degree)
        proof.check(f"erf, degree {degree}: the series of $K + \\rho K'$", h1, (1 + degree) * term)
    _counterexamples(proof)
    return theorem(
        "theorem/hermite_degrees",
        "H1 multiplies the Hermite component of degree n by 1 + n",
        r"Between units with unit weights, the Sobolev norm with weights $\lambda_m$ weighs the Hermite component of "
        r"degree $n$ of the activation by $\sum_m \lambda_m n (n-1) \cdots (n-m+1)$.",
        hypotheses=(
            "standard Gaussian inputs",
            r"weights of norm one, $\rho = \student \cdot \teacher$",
            r"$\sigma = \sum_n c_n He_n$ with $\sum_n n^s n! \, c_n^2 < \infty$, $s$ the highest order",
        ),
        conclusions=(
            "$K_{00} = \\sum_n h_n \\rho^n$ with $h_n = n! \\, c_n^2 \\ge 0$",
            f"the term of order $m$ multiplies $h_n \\rho^n$ by ${latex(general.right)}$ for $n \\ge m$, and by 0 for "
            "$n < m$",
            f"H1 multiplies it by ${latex(first.right)}$",
            f"weights $\\lambda_0, \\lambda_1, \\lambda_2$ multiply it by ${latex(second.right)}$",
        ),
        derivation=proof,
        source="this derivation",
        remarks=(
            "$He_n$ are the probabilists' polynomials, $He_3(z) = z^3 - 3 z$: hermite_prob(n, z) in SymPy and in "
            "derive, where hermite(n, z) is the physicists' polynomial $H_n$.",
            "A statement about losses, and thus about their exact gradients; for smooth activations backprop is "
            "exact. The backprop field of ReLU in H1 is not the gradient of a loss.",
            r"The proof takes powers of $\rho = c > 0$; both sides are polynomials in $\rho$, and so agree for every "
            r"$\rho$, also $\rho \le 0$.",
            r"For other norms $K_{00}$ is still a series in $\rho$, whose coefficients depend on the norms; but its "
            r"terms "
            "are then not the Hermite components of the activation.",
        ),
        numeric="sobolev_theory.PopulationLoss.value",
    )  # fmt: skip


def _counterexamples(proof: Derivation) -> None:
    """Weights of other norms, and another covariance."""
    kernel = 2 * rho**2 + (s - 1) * (t - 1)  # E[(z_1^2 - 1)(z_2^2 - 1)] by Isserlis
    first = kernel + rho * sp.diff(kernel, rho)
    proof.counterexample("$He_2$, both weights equal and of squared norm 2: H1 does not multiply the term by 3",
                         first / kernel, "!=", 3, {rho: sp.Integer(2), s: sp.Integer(2), t: sp.Integer(2)})  # fmt: skip
    inner = sp.Symbol("u_v", real=True)  # Euclidean inner product, next to the covariance rho of the two activations
    proof.counterexample("$He_1$, inputs of variance 4, weights equal and of norm 1/2: $\\rho = 1$, while the "
                         "gradients have the inner product $u_v = 1/4$; H1 does not multiply the term by 2",
                         (rho + inner) / rho, "!=", 2, {rho: sp.Integer(1), inner: sp.Rational(1, 4)})  # fmt: skip
