"""Well-known activations that the package does not hold ready: how they are written, and what is near to the others."""

GELU, NORMAL_CDF = "z*(1 + erf(z/sqrt(2)))/2", "(1 + erf(z/sqrt(2)))/2"

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
"""Their text for `symbolic.derive`, by their names without regard to case and separators."""

NEAR = {
    "logistic": NORMAL_CDF,
    "sigmoid": NORMAL_CDF,
    "silu": GELU,
    "softplus": f"{GELU} + exp(-z**2/2)/sqrt(2*pi)",
    "swish": GELU,
}
"""Texts of what is near to those that have no closed form."""
