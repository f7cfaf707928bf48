"""Well-known activations under other names, and how those that have none are written for `symbolic.derive`."""

import re

from .._kernels.activations import ACTIVATIONS
from .._runtime.checks import near

ALIASES = {
    **dict.fromkeys(("swish", "swish1"), "silu"),
    **dict.fromkeys(("logistic", "expit"), "sigmoid"),
    **dict.fromkeys(("gelunew", "gelufast", "geluapproximate", "approximategelu", "gelupytorchtanh"), "gelu_tanh"),
    **dict.fromkeys(("heaviside", "unitstep"), "step"),
    **dict.fromkeys(("linear", "identity"), "monomial1"),
    **dict.fromkeys(("lrelu", "prelu", "leaky"), "leaky_relu"),
    **dict.fromkeys(("rectifier", "ramp"), "relu"),
    **dict.fromkeys(("absolute", "modulus"), "abs"),
    **dict.fromkeys(("sine",), "sin"),
    **dict.fromkeys(("rbf", "gauss"), "gaussian"),
    **dict.fromkeys(("he", "hermitee", "hermiteprob", "hermitepolynomial"), "hermite3"),
    **dict.fromkeys(("square", "quadratic"), "monomial2"),
    "cosine": "cos",
    "cube": "monomial3",
    "exponential": "exp",
    "polynomial": "monomial2",
    "sgn": "sign",
}
"""Names of the package by other ones, without regard to case and separators."""

WRITTEN = {
    **dict.fromkeys(("normalcdf", "phi", "probit", "ndtr"), "(1 + erf(z/sqrt(2)))/2"),
    **dict.fromkeys(("atan", "arctan"), "atan(z)"),
    "logsigmoid": "-log(1 + exp(-z))",
    "quickgelu": "z/(1 + exp(-1.702*z))",
    "snake": "z + sin(z)**2",
    "tanhshrink": "z - tanh(z)",
}
"""Texts of activations that have no name of the package."""


def word_of(name: str) -> str:
    """A name without regard to case and separators."""
    return re.sub("[ _.-]", "", name.casefold())


NAMED = {word_of(name): name for name in ACTIVATIONS}


def spelling(name: str) -> str | None:
    """The name of the package that is meant by another one, or None."""
    word = word_of(name)
    return ALIASES.get(word) or ALIASES.get(word.removesuffix("activation"))


def text_of(name: str) -> str | None:
    """How an activation is written as an expression in z, by its name or by another one; None if that is not known."""
    word = word_of(name)
    if word in WRITTEN:
        return WRITTEN[word]
    row = ACTIVATIONS.get(NAMED.get(word) or ALIASES.get(word, ""))
    if row is None or isinstance(row["data"], dict):
        return "hermite_prob(n, z)" if ALIASES.get(word) == "hermite3" else None
    values = {name: parameter[0] for name, parameter in row.get("parameters", {}).items()}
    return str(row["expression"]).format(**values)


def known_as(name: str, known: list[str]) -> str | None:
    """The known name that is meant by another one, or by the same without regard to case and separators."""
    meant = spelling(name) or NAMED.get(word_of(name))
    return meant if meant in known else None


def advice(name: str, known: list[str]) -> str:
    """What to do about a name that is not known: the one that is meant, or what to derive."""
    if meant := known_as(name, known):
        return f"did you mean {meant!r}?"
    if text := WRITTEN.get(word_of(name)):
        return f"derive and register it, sobolev_theory.symbolic.derive({text!r}, {name!r}).register()"
    return near(name, known).removeprefix("; ")
