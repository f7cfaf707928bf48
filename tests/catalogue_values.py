r"""What the public numeric functions give for the results of the catalogue: an independent way from the same point.

A pair ``(w, v)`` is a student and a teacher of one neuron each, ``E = (F_ww - 2 b F_wv + F_vv)/2``; the output weights
``b = +1, -1`` of the teacher separate what belongs to the pair from what belongs to ``w`` alone. Blocks that couple two
vectors are off-diagonal blocks of a student of two neurons.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
import pytest
import sympy as sp
from mpmath import mp

import sobolev_theory as st
from sobolev_theory import formulas
from sobolev_theory.activations.generated import BUILT_IN
from sobolev_theory.formulas import Formula
from sobolev_theory.symbolic.catalogue.parsing import expressions
from tests import affine_values, symmetric_values

BLOCK_LABEL = re.compile(r"(\\\w+) \{(\\\w+)\}\^\\top")
NAME = re.compile(
    r"(?P<activation>[\w.()]+)/(?:(?P<moment>K\d\d)|(?P<norm>L2|H\d)/(?P<quantity>.+?)"
    r"(?P<itself>/self)?(?:/(?P<derivative>backprop|exact))?)"
)
FORMULAS = [name for name in formulas.names() if isinstance(formulas.get(name), Formula)]
KEPT = ("abs/K00", "sin/affine/K00", "gaussian/affine/K00", "hermite2/K00", "hard_tanh/affine/K11", "leaky_relu/K00")
KEPT += ("gelu/K00", "elu/definition", "tanh/definition", "step/definition")
ALIKE = {name for name in FORMULAS if name.split("/")[0] in {*st.activations.names()} - {*BUILT_IN}} - {*KEPT}
"""Of activations without generated kernels: records that are like some that are kept."""

SWEPT = [pytest.param(name, marks=pytest.mark.long) if name in ALIKE else name for name in FORMULAS]


@dataclass(frozen=True)
class Point:
    """Two vectors, and values for the letters of a formula that they do not determine."""

    w: np.ndarray
    v: np.ndarray
    others: dict[str, mp.mpf]

    @classmethod
    def random(cls, seed: int, dim: int) -> "Point":
        """Lengths within a factor of two, at any angle; ``|v| < pi/2 |w|``, where the Hessians of L2 are definite."""
        rng = np.random.default_rng(seed)
        w, v = rng.normal(size=(2, dim))
        p, ratio = rng.uniform(0.7, 1.6), rng.uniform(0.5, 1.5)
        w, v = p * w / np.linalg.norm(w), p * ratio * v / np.linalg.norm(v)
        drawn = map(mp.mpf, rng.uniform(-1, 1, size=4))
        others = dict(zip(("alpha", "beta", "z_1", "z_2"), drawn, strict=True))
        others |= _of_samples(rng) | symmetric_values.letters(seed) | {"z": others["z_1"], "a": mp.mpf("0.3")}
        means = dict(zip(("m_1", "m_2"), map(mp.mpf, rng.uniform(-1.5, 1.5, size=2)), strict=True))
        return cls(w, v, others | means | _setting(w, v, means).letters())

    @cached_property
    def letters(self) -> dict[str, mp.mpf]:
        """Values by the letters of the theory, in 30 digits: results do not carry the rounding of the letters."""
        with mp.workdps(30):
            w, v = mp.matrix(self.w.tolist()), mp.matrix(self.v.tolist())
            s, rho, t = (mp.fdot(a, b) for a, b in ((w, w), (w, v), (v, v)))
            p, q = mp.sqrt(s), mp.sqrt(t)
            theta = mp.acos(rho / (p * q))
            lengths = {"p": p, "q": q, "theta": theta, "r": q / p, "x": q / p * mp.sin(theta) / mp.pi}
            return lengths | {"s": s, "rho": rho, "t": t} | self.others

    @property
    def angle_and_ratio(self) -> tuple[float, float]:
        return float(self.letters["theta"]), float(self.letters["r"])

    @cached_property
    def vectors(self) -> dict[str, np.ndarray]:
        """What the labels of entries stand for; the frame is that of the plane of ``w`` and ``v``."""
        along = self.w / np.linalg.norm(self.w)
        rest = self.v - (self.v @ along) * along
        return {r"\student": self.w, r"\teacher": self.v, r"\along": along, r"\towards": rest / np.linalg.norm(rest)}

    def basis_element(self, label: str) -> np.ndarray:
        """A vector, an outer product, the identity, or what an input and a metric make of them."""
        if re.search(r"\\mu|\\Sigma|M", label):
            return affine_values.basis_element(label, _setting(self.w, self.v, self.letters).basis)
        if label == "I":
            return np.eye(len(self.w))
        if match := BLOCK_LABEL.fullmatch(label):
            return np.outer(self.vectors[match[1]], self.vectors[match[2]])
        return self.vectors[label]


def _setting(w: np.ndarray, v: np.ndarray, letters: dict[str, mp.mpf]) -> affine_values.Setting:
    return affine_values.Setting(w, v, (float(letters["m_1"]), float(letters["m_2"])))


@cache
def bivariate_normal(h: Any, k: Any, r: Any) -> mp.mpf:
    """``P(X <= h, r X + sqrt(1 - r^2) Y <= k)``, one variable after the other; 18 deviations leave 1e-72."""
    edges = [mp.mpf(-18), *(x for x in map(mp.mpf, range(-12, 13, 3)) if x < h), h]
    return mp.quad(lambda x: mp.npdf(x) * mp.ncdf((k - r * x) / mp.sqrt(1 - r * r)), edges)


def exact_values(formula: Formula, point: Point) -> list[mp.mpf]:
    """The expressions of a record at a point, in 30 digits."""
    values = _function(formula)(*(point.letters[name] for name in formula.arguments))
    return [mp.mpf(value) for value in values]


@cache
def _function(formula: Formula) -> Callable[..., list[Any]]:
    modules = [{"BivariateNormal": bivariate_normal}, "mpmath"]
    function: Callable[..., list[Any]] = sp.lambdify(formula.arguments, expressions(formula), modules)
    return function


def assembled(formula: Formula, values: list[Any], point: Point) -> np.ndarray:
    """The entries put together: a number, a list, a matrix, or a sum of basis elements."""
    numbers = [float(value) for value in values]
    if formula.form == "combination":
        return sum(x * point.basis_element(e.label) for x, e in zip(numbers, formula.entries, strict=True))
    if formula.form == "matrix":
        return np.reshape(numbers, [round(len(numbers) ** 0.5)] * 2)
    return np.array(numbers if formula.form == "listing" else numbers[0])


class Computed(NamedTuple):
    """A result, and the size of the largest number that it is the difference of."""

    value: np.ndarray
    scale: float

    @classmethod
    def directly(cls, value: Any) -> "Computed":
        return cls(np.asarray(value), float(np.max(np.abs(value))))

    def __truediv__(self, divisor: mp.mpf) -> "Computed":
        return Computed(self.value / float(divisor), self.scale / abs(float(divisor)))


def computed(formula: Formula, point: Point) -> Computed:
    """The same from the public numeric functions; a `KeyError` for a result that nothing here computes."""
    if "/symmetric/" in formula.name:
        values = [float(value) for value in exact_values(formula, point)]
        return Computed.directly(symmetric_values.computed(formula.name, values, point.letters))
    name = re.sub(r"^(leaky_relu|elu|celu)/", rf"\1({point.letters['a']})/", formula.name)  # at the value of the letter
    if name.endswith("/definition"):
        known = st.activations.get(name.removesuffix("/definition"))
        return Computed.directly(known.derivative(float(point.letters["z"])))
    if "affine/" in name:
        return Computed(*affine_values.computed(name, _setting(point.w, point.v, point.letters)))
    if formula.name in DEFINITIONS:
        return Computed.directly(DEFINITIONS[formula.name](point))
    if match := re.fullmatch(r"arc_cosine/J(\d)", formula.name):
        return Computed.directly(_arc_cosine(int(match[1]), point))
    if match := re.fullmatch(r"relu/(?:(L2|H1)/)?single_neuron/sampled_(\w+)", formula.name):
        return Computed.directly(_sampled(*match.groups(), point))
    if match := re.fullmatch(r"relu/(?:(L2|H1)/)?single_neuron/(\w+)(?:/(backprop|exact))?", formula.name):
        return Computed.directly(_single_neuron(*match.groups(), point))
    match = NAME.fullmatch(name)
    if match is None:
        raise KeyError(f"{formula.name}: not computed by tests/catalogue_values.py")
    activation, moment, norm, quantity, itself, derivative = match.groups()
    problem = Problem(point, activation, norm or "L2", derivative or "backprop")
    if moment:
        return problem.moment(int(moment[-1]))
    return QUANTITIES[quantity, bool(itself)](problem)


Evaluate = Callable[[st.PopulationLoss, st.Network], Any]


@dataclass(frozen=True)
class Problem:
    """Losses of a student against a teacher at a point."""

    point: Point
    activation: str
    norm: Any
    derivative: str

    def network(self, *rows: np.ndarray, output: float = 1.0) -> st.Network:
        return st.Network(np.array(rows), np.full(len(rows), output), activation=self.activation)

    def loss(self, teacher: np.ndarray, output: float) -> st.PopulationLoss:
        return st.PopulationLoss(self.network(teacher, output=output), self.norm, derivative=self.derivative)

    def separated(self, evaluate: Evaluate, sign: int, teacher: np.ndarray | None = None) -> Computed:
        """Half the sum or difference of what a function of loss and student gives at ``b = -1`` and ``+1``."""
        target, student = self.point.v if teacher is None else teacher, self.network(self.point.w)
        minus, plus = (np.asarray(evaluate(self.loss(target, output), student)) for output in (-1.0, 1.0))
        return Computed((minus + sign * plus) / 2, float(np.max(np.abs([minus, plus]))))

    def pair(self, evaluate: Evaluate) -> Computed:
        """The term of ``(w, v)``."""
        return self.separated(evaluate, -1)

    def alone(self, evaluate: Evaluate) -> Computed:
        """What does not depend on ``v``."""
        return self.separated(evaluate, 1)

    def own_value(self) -> Computed:
        """``F(w, w)`` from a teacher of the same length, whose own term is the same."""
        w, v = self.point.w, self.point.v
        return self.separated(_value, 1, v * np.linalg.norm(w) / np.linalg.norm(v))

    def moment(self, order: int) -> Computed:
        """``K_mm`` from the norm that is its term ``F_m = rho^m K_mm`` alone."""
        problem = Problem(self.point, self.activation, (0.0,) * order + (1.0,), "backprop")
        return problem.pair(_value) / self.point.letters["rho"] ** order

    def block(self, evaluate: Callable[[st.PopulationLoss, st.Network], st.Curvature], i: int, j: int) -> Computed:
        """A block of the curvature of a student of the rows ``w, v``: of two students, or Gauss-Newton.

        Such blocks do not depend on the teacher.
        """
        dim = len(self.point.w)
        matrix = evaluate(self.loss(self.point.w[::-1], 1.0), self.network(self.point.w, self.point.v)).to_dense()
        return Computed.directly(matrix[i * dim : (i + 1) * dim, j * dim : (j + 1) * dim])

    def limit(self, *rows: np.ndarray) -> Computed:
        """What the limit of the Hessian at a teacher, along ``v``, adds to the Gauss-Newton matrix; the first row's."""
        teacher, dim = self.network(*rows), len(self.point.w)
        loss, directions = st.PopulationLoss(teacher, self.norm), np.array([self.point.v, self.point.w])[: len(rows)]
        limit, matrix = (x.to_dense() for x in (loss.hessian(teacher, towards=directions), loss.gauss_newton(teacher)))
        return Computed((limit - matrix)[:dim, -dim:], float(np.max(np.abs(matrix))))


def _value(loss: st.PopulationLoss, student: st.Network) -> Any:
    return loss.value(student)


def _gradient(loss: st.PopulationLoss, student: st.Network) -> Any:
    return loss.gradient(student)[0]


def _hessian(loss: st.PopulationLoss, student: st.Network) -> Any:
    return loss.hessian(student).to_dense()


QUANTITIES: dict[tuple[str, bool], Callable[[Problem], Computed]] = {
    ("loss", False): lambda problem: problem.pair(_value),
    ("loss", True): Problem.own_value,
    ("gradient", False): lambda problem: problem.pair(_gradient),
    ("gradient", True): lambda problem: problem.alone(_gradient),
    ("hessian/own", False): lambda problem: problem.pair(_hessian),
    ("hessian/own", True): lambda problem: problem.alone(_hessian),
    ("hessian/cross", False): lambda problem: problem.block(st.PopulationLoss.hessian, 0, 1),
    ("limit/own", False): lambda problem: problem.limit(problem.point.w),
    ("limit/cross", False): lambda problem: problem.limit(problem.point.w, problem.point.v),
    ("gauss_newton", False): lambda problem: problem.block(st.PopulationLoss.gauss_newton, 0, 1),
    ("gauss_newton", True): lambda problem: problem.block(st.PopulationLoss.gauss_newton, 0, 0),
}
"""Name in the catalogue, and whether of a vector with itself."""


def _single_neuron(norm: str | None, quantity: str, derivative: str | None, point: Point) -> np.ndarray:
    function, options = getattr(st.single_neuron, quantity), {"derivative": derivative or "backprop"}
    return function(*point.angle_and_ratio, norm or ("H1", "L2"), **options)


def _of_samples(rng: np.random.Generator) -> dict[str, mp.mpf]:
    """``gamma`` below 1/2, weights of a norm, and a place ``zeta`` within the bulk of one neuron."""
    gamma, function, gradient, place = rng.uniform([0.05, 0.5, 0.2, -0.9], [0.4, 2.0, 2.0, 0.9])
    middle, half = function * (1 + 2 * gamma) / 2 + gradient / 2, function * (2 * gamma) ** 0.5
    names = {"gamma": gamma, "lambda_0": function, "lambda_1": gradient, "zeta": middle + place * half}
    return {name: mp.mpf(value) for name, value in names.items()}


def _sampled(norm: str | None, quantity: str, point: Point) -> np.ndarray:
    """Of the empirical matrix of one neuron; the density by the solver for any number of neurons."""
    gamma, function, gradient, zeta = (float(point.letters[name]) for name in ("gamma", "lambda_0", "lambda_1", "zeta"))
    if quantity == "density":
        law = st.finite_sample.spectrum([point.w], (function, gradient), samples_per_dim=1 / gamma)
        return law.density(zeta)
    return getattr(st.finite_sample, f"single_neuron_{quantity}")(1 / gamma, norm or (function, gradient))


def _arc_cosine(degree: int, point: Point) -> np.ndarray:
    """``n! int_0^(pi - theta) (cos theta + cos alpha)^n d alpha``."""
    theta = point.letters["theta"]
    integral = mp.quad(lambda alpha: (mp.cos(theta) + mp.cos(alpha)) ** degree, [0, mp.pi - theta])
    return np.array(float(mp.factorial(degree) * integral))


def _density(point: Point) -> np.ndarray:
    """Of ``(w . x, v . x)`` at ``(z_1, z_2)``, from covariance matrix, inverse and determinant."""
    s, rho, t, *at = (point.letters[name] for name in ("s", "rho", "t", "z_1", "z_2"))
    covariance, z = mp.matrix([[s, rho], [rho, t]]), mp.matrix(at)
    exponent = -(z.T * covariance**-1 * z)[0] / 2
    return np.array(float(mp.exp(exponent) / (2 * mp.pi * mp.sqrt(mp.det(covariance)))))


def _gauss_newton_of_exponentials(point: Point) -> np.ndarray:
    r"""``E[(d_w grad sigma(w.x))' (d_v grad sigma(v.x))]``, ``sigma' = exp(alpha z)`` and ``exp(beta z)``.

    ``d_w grad_x sigma(w.x) = e^(alpha w.x) (alpha w x' + I)``, by Gauss-Hermite quadrature over all of ``x``: of
    exponentials of slopes below 4 the rule with 24 nodes leaves ``4^48 / 48! < 1e-31``.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    dim = len(point.w)
    x, measure = (np.stack(np.meshgrid(*[line] * dim), axis=-1).reshape(-1, dim) for line in (nodes, weights))
    measure = np.prod(measure / np.sqrt(2 * np.pi), axis=1)
    factors = []
    for scale, u in ((float(point.others["alpha"]), point.w), (float(point.others["beta"]), point.v)):
        derivative = scale * u[:, None] * x[:, None, :] + np.eye(dim)
        factors.append(np.exp(scale * x @ u)[:, None, None] * derivative)
    return np.einsum("n,nai,naj->ij", measure, *factors)


DEFINITIONS: dict[str, Callable[[Point], np.ndarray]] = {
    "gaussian/price_stein": _density,
    "gauss_newton/block": _gauss_newton_of_exponentials,
    "polar/inner_product": lambda point: point.w @ point.v,
}
"""Results that are no function of the package, by their definitions."""
