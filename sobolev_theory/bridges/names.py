"""Activations under the names that torch and scikit-learn have for them, with their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .._runtime.checks import shown
from ..activations import Activation, get
from ..activations.built_in import taken_apart
from ..activations.per_neuron import ActivationLike

SKLEARN = {"identity": "monomial1", "logistic": "sigmoid", "relu": "relu", "tanh": "tanh"}


class Same(NamedTuple):
    """A module of `torch.nn` and the activation that it is: of attributes, those that are its parameters, and others.

    Another value of one of these others, or a lower one of `least`, is another function: that of others is `written`.
    """

    module: str
    name: str
    parameters: tuple[str, ...] = ()
    others: Mapping[str, Any] = {}
    least: Mapping[str, float] = {}
    written: str = ""


EXACT = 40.0
"""Where softplus(z) = z in double precision: log(1 + e^-40) is 4e-18."""

TORCH = (
    *(Same(module, name) for module, name in (("Identity", "monomial1"), ("ReLU", "relu"), ("ReLU6", "relu6"))),
    *(Same(module, name) for module, name in (("SELU", "selu"), ("SiLU", "silu"), ("Mish", "mish"))),
    *(Same(module, name) for module, name in (("Hardsigmoid", "hard_sigmoid"), ("Hardswish", "hard_swish"))),
    *(Same(module, name) for module, name in (("Tanh", "tanh"), ("Sigmoid", "sigmoid"))),
    Same("LeakyReLU", "leaky_relu", ("negative_slope",)),
    Same("ELU", "elu", ("alpha",)),
    Same("CELU", "celu", ("alpha",)),
    Same("GELU", "gelu", others={"approximate": "none"}),
    Same("GELU", "gelu_tanh", others={"approximate": "tanh"}),
    Same("Hardtanh", "hard_tanh", (), {"min_val": -1.0, "max_val": 1.0}, written="Max({min_val}, Min(z, {max_val}))"),
    Same("Softplus", "softplus", (), {"beta": 1.0}, {"threshold": 20.0}, "log(1 + exp({beta}*z))/{beta}"),
)
"""Softplus of torch is z beyond its threshold: by default 20, where that is off by 2e-9."""


def of_torch(module: Any) -> ActivationLike:
    """The activation that a module of `torch.nn` is; that of each neuron for a `PReLU` of as many slopes.

    Raises
    ------
    ValueError
        For another value of a parameter.
    UnknownActivationError
        For any other module, with what to do.
    """
    name, of_package = type(module).__name__, type(module).__module__.startswith("torch.nn.")
    if name == "PReLU" and of_package:
        slopes = module.weight.detach().double().tolist()
        return [get(f"leaky_relu({slope!r})") for slope in slopes] if len(slopes) > 1 else f"leaky_relu({slopes[0]!r})"
    rows = [row for row in TORCH if row.module == name and of_package]
    for row in rows:
        if all(getattr(module, key) == value for key, value in row.others.items()) and _is_high(module, row):
            values = [float(getattr(module, key)) for key in row.parameters]
            return f"{row.name}({', '.join(map(repr, values))})" if values else row.name
    if rows:
        raise _of_other_values(module, rows)
    return get(name)  # which raises, unless the name is that of one that a user registered


def _is_high(module: Any, row: Same) -> bool:
    """Whether no attribute is too low."""
    return all(getattr(module, key) >= value for key, value in row.least.items())


def _of_other_values(module: Any, rows: list[Same]) -> ValueError:
    """The refusal of another function of the same module, with how it is derived."""
    allowed = [
        ", ".join([f"{key}={x!r}" for key, x in row.others.items()] + [f"{key}>={x}" for key, x in row.least.items()])
        for row in rows
    ]
    advice = ""
    if rows[0].written and _is_high(module, rows[0]):
        written = rows[0].written.format(**{key: getattr(module, key) for key in rows[0].others})
        advice = f"; pass activation=sobolev_theory.symbolic.derive({written!r}).activation"
    return ValueError(
        f"activation: {rows[0].module} with {' or '.join(allowed)} is required, got {shown(module)}{advice}"
    )


def module_of(activation: Activation) -> tuple[str, dict[str, Any]]:
    """The name of the module of `torch.nn` that an activation is, and the arguments of which it is made.

    Raises
    ------
    ValueError
        For an activation that torch does not have.
    """
    if activation.is_packaged:
        name, values = taken_apart(activation.name)
        for row in TORCH:
            if row.name in (name, activation.name):
                of_row = dict(zip(row.parameters, values.values(), strict=False))
                return row.module, {**of_row, **row.others, **dict.fromkeys(row.least, EXACT)}
    known = ", ".join(sorted({row.name for row in TORCH}))
    raise ValueError(
        f"activation: torch has no module of {shown(activation.name)}, its own are {known}; make a torch.nn.Module "
        "whose forward computes it"
    )
