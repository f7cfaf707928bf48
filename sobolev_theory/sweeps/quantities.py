"""Quantities with names: what a random pair of networks, or one neuron, has at a point of a sweep.

The fields of a class are the parameters of a quantity, checked when a point is made, before anything is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from .._runtime.checks import between, number, one_of, positive_integer
from ..activations import Activation
from ..conditioning.compare import compare
from ..descent.optimisers import RULES
from ..descent.steps_to import steps_to
from ..flow.compare import compare_flows
from ..networks import Network
from ..norms import Convention, Norm, NormLike, several_norms, two_norms
from .networks import RandomNetworks, UndefinedError

CURVATURES = ("hessian", "gauss_newton")

RTOL = 1e-8
"""Local error of flows, relative: times to accuracy are of four digits at least."""


@dataclass(frozen=True, kw_only=True)
class ConditionNumber(RandomNetworks):
    """``condition_number``: kappa of one norm at a random student and teacher.

    Of ``curvature="hessian"``, which training follows, it is one where the matrix is definite; far from the teacher it
    seldom is. That of ``"gauss_newton"`` always is semi-definite.

    Attributes
    ----------
    norm, curvature
        As in `PopulationLoss` and `compare`.
    """

    norm: NormLike = "H1"
    curvature: str = "hessian"

    def __post_init__(self) -> None:
        super().__post_init__()
        Norm.parse(self.norm)
        one_of("curvature", self.curvature, CURVATURES)

    def __call__(self, rng: np.random.Generator) -> dict[str, float]:
        """Its value."""
        return {"condition_number": _kappas(self, [self.norm], self.curvature, rng)[0]}


@dataclass(frozen=True, kw_only=True)
class ConditionNumberRatio(RandomNetworks):
    """``condition_number_ratio``: kappa of a norm over that of another at one random student and teacher, and both.

    Below 1 the first is better conditioned.

    Attributes
    ----------
    norms, curvature
        As in `condition_number_ratio`.
    """

    norms: Sequence[NormLike] = ("H1", "L2")
    curvature: str = "hessian"

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_norms(two_norms(self.norms))
        one_of("curvature", self.curvature, CURVATURES)

    def __call__(self, rng: np.random.Generator) -> dict[str, float]:
        """The ratio, and both condition numbers."""
        first, second = kappas = _kappas(self, self.norms, self.curvature, rng)
        if np.isinf(kappas).all():
            raise UndefinedError("both matrices are singular")
        names = [f"kappa_{_name(norm)}" for norm in self.norms]
        return {"condition_number_ratio": first / second, **dict(zip(names, kappas, strict=True))}


@dataclass(frozen=True, kw_only=True)
class Steps(RandomNetworks):
    """``steps``: iterations of tuned descent of each norm from one random start, and the gain of the last norm.

    The student is as wide as its teacher. The gain is over the first norm: its steps over those of the last.

    Attributes
    ----------
    norms, accuracy, method, limit
        As in `steps_to`.
    """

    distance: float | None = 0.1
    norms: Sequence[NormLike] = ("L2", "H1")
    accuracy: float = 1e-8
    method: str = "gd"
    limit: int = 10_000

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_norms(several_norms(self.norms))
        number("accuracy", self.accuracy, "a fraction between 0 and 1", 0, 1)
        one_of("method", self.method, tuple(RULES))
        positive_integer("limit", self.limit)
        if self.of_teacher != self.width:
            raise ValueError("teacher_width: the width of the student is required")

    def __call__(self, rng: np.random.Generator) -> dict[str, float]:
        """Steps, and the gain."""
        student, teacher, _ = self.draw(rng)
        options: dict[str, Any] = {"accuracy": self.accuracy, "method": self.method, "limit": self.limit}
        try:
            table = steps_to(student, teacher, self.norms, derivative=self.derivative, **options)
        except ValueError as error:  # of a teacher near which no step contracts
            raise UndefinedError(str(error)) from error
        lost = [f"{row.norm}: {row.status}" for row in table if row.status != "reached"]
        if lost:
            raise UndefinedError(", ".join(lost))
        return {"gain": table[-1].gain, **{f"steps_{_name(row.norm)}": row.steps for row in table}}


@dataclass(frozen=True, kw_only=True)
class Acceleration:
    """``acceleration``: how much sooner flow with the second norm is accurate than with the first, for one neuron.

    Nothing is random. At equal sharpness, and as is: see `compare_flows`.

    Attributes
    ----------
    angle, ratio
        Angle of the student to its teacher ``e_1``, radians in [0, pi], and norm ratio ``|w*|/|w|``.
    dim
        Input dimension, at least 2; from 3 on there are directions across both.
    activation, derivative, norms, accuracy, t_max
        As in `compare_flows`, with two norms.
    """

    angle: float
    ratio: float = 1.0
    dim: int = 3
    activation: str | Activation = "relu"
    derivative: str = "backprop"
    norms: Sequence[NormLike] = ("L2", "H1")
    accuracy: float = 1e-6
    t_max: float = 40.0

    def __post_init__(self) -> None:
        between("angle", self.angle, "radians in [0, pi]", 0, np.pi)
        number("ratio", self.ratio, "a positive norm ratio |w*|/|w|", 0, np.inf)
        if positive_integer("dim", self.dim) < 2:
            raise ValueError("dim: at least 2 is required, since an angle needs a plane, got 1")
        Convention.parse(self.derivative)
        _require_norms(two_norms(self.norms))
        number("accuracy", self.accuracy, "a fraction between 0 and 1", 0, 1)
        number("t_max", self.t_max, "a positive finite time", 0, np.inf)

    def __call__(self, rng: np.random.Generator) -> dict[str, float]:
        """Gains at equal sharpness and as is."""
        teacher = Network(np.eye(1, self.dim), activation=self.activation)
        student = np.zeros((1, self.dim))
        student[0, :2] = np.array([np.cos(self.angle), np.sin(self.angle)]) / self.ratio
        options: dict[str, Any] = {"t_max": self.t_max, "accuracy": self.accuracy, "rtol": RTOL}
        table = compare_flows(student, teacher, self.norms, derivative=self.derivative, **options)
        row = table[1]
        if np.isnan(row.acceleration_equal_sharpness):
            raise UndefinedError("; ".join(note for note in table.notes))
        return {
            "acceleration_equal_sharpness": row.acceleration_equal_sharpness,
            "acceleration": row.acceleration,
        }


Quantity = ConditionNumberRatio | ConditionNumber | Steps | Acceleration
"""What a quantity is at one point: a function of a generator, whose values are those of one repeat."""

QUANTITIES: dict[str, type[Quantity]] = {
    "condition_number_ratio": ConditionNumberRatio,
    "condition_number": ConditionNumber,
    "steps": Steps,
    "acceleration": Acceleration,
}
"""By their names."""


def parameters(quantity: str) -> dict[str, Any]:
    """Names of the parameters of a quantity, with their defaults; `MISSING` for one that is needed."""
    return {field.name: field.default for field in fields(QUANTITIES[quantity])}


def _require_norms(norms: Sequence[NormLike]) -> None:
    for norm in norms:
        Norm.parse(norm)


def _name(norm: NormLike) -> str:
    """Of a norm, as part of the name of a value."""
    return Norm.parse(norm).name if not isinstance(norm, str) else norm


def _kappas(
    networks: RandomNetworks, norms: Sequence[NormLike], curvature: str, rng: np.random.Generator
) -> list[float]:
    """Condition numbers of several norms at one pair of networks, where they mean a rate."""
    student, teacher, towards = networks.draw(rng)
    options: dict[str, Any] = {"curvature": curvature, "derivative": networks.derivative}
    table = compare(student, teacher, norms, towards=towards if curvature == "hessian" else None, **options)
    indefinite = ", ".join(row.norm for row in table if row.definiteness == "indefinite")
    if indefinite:
        advice = "; curvature='gauss_newton' is never indefinite" * (curvature == "hessian")
        raise UndefinedError(
            f"{indefinite}: the matrix is indefinite, and no rate follows from its condition number{advice}"
        )
    return [row.condition_number for row in table]
