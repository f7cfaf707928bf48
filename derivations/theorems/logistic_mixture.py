r"""The logistic function is a mixture of normal distribution functions, and few of them suffice at all arguments.

The steps are those of `derivations.logistic_mixture`, which makes the nodes: the series of the density of the mixture
is, integrated term by term, the geometric series of the logistic density.
"""

import sympy as sp

from derivations.logistic_mixture import error_bounds, geometric_series, rule
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.theorems import theorem
from sobolev_theory.symbolic.symbols import rho, s, t

SOURCE = "Andrews & Mallows 1974; Stefanski 1991; the rule and its bound are derived here"


def prove() -> Theorem:
    """The identity, step by step."""
    proof = Derivation(list(geometric_series().steps))
    inflated, plain = rho / sp.sqrt((1 + s) * (1 + t)), rho / sp.sqrt(s * t)
    proof.counterexample(
        "at $T_1 = T_2 = 2$: without the larger variances the argument of arcsin is that of the sign, another kernel",
        inflated, "!=", plain, {s: sp.S.One, t: sp.S.One, rho: sp.Rational(1, 2)}
    )  # fmt: skip
    bounds = error_bounds()
    return theorem(
        "theorem/logistic_mixture",
        "tanh, sigmoid, softplus and SiLU are exact mixtures of step, ReLU and GELU kernels",
        r"The logistic function is the mean of $\Phi(z/T)$ over a positive random variable $T$, twice Kolmogorov's: "
        r"moments of the activations made of it are those of smoothed steps and rectifiers at the variances "
        r"$s + T_1^2$, $t + T_2^2$ and the same $\rho$ and means, averaged over independent $T_1, T_2$.",
        hypotheses=(
            r"$T$ of the density $f(\tau) = 2 \sum_{n \ge 1} (-1)^{n-1} n^2 \tau \, \exp(-n^2 \tau^2/2)$",
            r"Gaussian $z_1, z_2$ of any means $m_1, m_2$ and any covariance $s, \rho, t$, singular ones too",
        ),
        conclusions=(
            r"$1/(1 + e^{-z}) = \mathbb{E} \, \Phi(z/T)$",
            r"$\tanh z = \mathbb{E} [2 \Phi(2 z/T) - 1]$, "
            r"$\log(1 + e^z) = \mathbb{E} [z \Phi(z/T) + T \varphi(z/T)]$, "
            r"$z/(1 + e^{-z}) = \mathbb{E} [z \Phi(z/T)]$, with the normal density $\varphi$",
            r"$\mathbb{E} \tanh z_1 \tanh z_2 = \frac{2}{\pi} \, \mathbb{E} \arcsin \frac{\rho}{\sqrt{(s + T_1^2/4)"
            r"(t + T_2^2/4)}}$ at means 0",
            rf"the trapezoidal rule in $\log T$ with {len(rule())} nodes errs by at most "
            rf"${_scientific(bounds[0])}$ in the logistic function, and by at most ${_scientific(max(bounds))}$ in its "
            rf"derivatives up to the order {len(bounds) - 1}, at every $z$",
            r"moments err by at most $\epsilon_a \sup |\sigma^{(b)}| + \epsilon_b \sup |\sigma^{(a)}| + \epsilon_a "
            r"\epsilon_b$, if derivatives of order $a$ do by $\epsilon_a$, whatever $m_1, m_2, s, \rho, t$ are",
        ),
        derivation=proof,
        source=SOURCE,
        remarks=(
            "The steps take $z > 0$; both sides less 1/2 are odd.",
            r"The rule: with $x = \log \tau$ the integrand is analytic where the imaginary part of $x$ is below "
            r"$\pi/4$ in modulus; Trefethen and Weideman 2014, Theorem 5.1.",
        ),
        numeric="sobolev_theory.activations.Activation.moments",
    )


def _scientific(x: float) -> str:
    """LaTeX of a number to one digit, upward."""
    exponent = int(sp.floor(sp.log(x, 10)))
    return rf"{int(x / 10**exponent) + 1} \cdot 10^{{{exponent}}}"
