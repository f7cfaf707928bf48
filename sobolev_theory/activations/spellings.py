"""Well-known activations: how they are written in the grammar of `symbolic.derive`, and what is near to the others."""

GELU, NORMAL_CDF, DENSITY = "z*(1 + erf(z/sqrt(2)))/2", "(1 + erf(z/sqrt(2)))/2", "exp(-z**2/2)/sqrt(2*pi)"

READY = {"relu": "Max(z, 0)", "relu2": "Max(z, 0)**2", "relu3": "Max(z, 0)**3"}
"""Texts of those that the package holds ready and the grammar has no function for."""

DERIVABLE = {
    "abs": "Abs(z)",
    "gaussian": "exp(-z**2/2)",
    "gelu": GELU,
    "leakyrelu": "Max(z, z/100)",
    "sgn": "sign(z)",
    "sign": "sign(z)",
    "sin": "sin(z)",
    "step": "Heaviside(z)",
}
"""Texts of those that the package does not hold ready, by their names without regard to case and separators."""

NEAR = {
    **dict.fromkeys(("sigmoid", "logistic"), NORMAL_CDF),
    **dict.fromkeys(("silu", "swish"), GELU),
    "softplus": f"{GELU} + {DENSITY}",
}
"""Texts of what is near to those that have no closed form."""
