r"""What the public numeric functions give for records of neurons with means, at a point of the catalogue's tests.

Pair moments are what the loss L2, its gradient and its Hessian in a bias are made of; blocks are those of erf in the
norm of order 2 alone, for an input with a mean, a covariance and a metric that have no common axes.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from mpmath import mp

import sobolev_theory as st
from sobolev_theory.activations.error_function import ErfMoments

ORDER = 2
MOMENT = re.compile(r"(\w+)/affine/K(\d)(\d)")
BLOCK = re.compile(r"affine/(mean/)?(gradient|hessian(?:/own|/cross)?)/(\w+)(?:/(\w+))?")

Evaluate = Callable[[st.PopulationLoss, st.Network], Any]


class Setting:
    """Input and metric in a dimension, and a neuron or two with biases."""

    def __init__(self, w: np.ndarray, v: np.ndarray, biases: tuple[float, float]) -> None:
        rng = np.random.default_rng(len(w))
        self.w, self.v, self.biases = w, v, biases
        self.mean, root, other = rng.normal(size=len(w)), *rng.normal(size=(2, len(w), len(w)))
        self.covariance, self.metric = root @ root.T / 3, other @ other.T / 3

    @property
    def basis(self) -> dict[str, np.ndarray]:
        """Vectors and matrices by their labels."""
        vectors = {r"\mu": self.mean, r"\Sigma": self.covariance, "M": self.metric}
        for name, u in ((r"\student", self.w), (r"\teacher", self.v)):
            vectors |= {rf"\Sigma {name}": self.covariance @ u, rf"M {name}": self.metric @ u}
        return vectors

    def letters(self) -> dict[str, mp.mpf]:
        """``K_ij``, ``G_j`` and ``E_j`` of the blocks, from the table of moments."""
        rows = np.array([self.w, self.v])
        m1, m2 = rows @ self.mean + self.biases
        (s, rho), (_, t) = rows @ self.covariance @ rows.T
        moment = ErfMoments().pairs(*map(np.array, (m1, m2, s, rho, t, s * t - rho**2)))
        mean, g = ErfMoments().means(np.array(m1), np.array(s)), self.w @ self.metric @ self.v
        found = {f"K_{i}{j}": moment(ORDER + i, ORDER + j, 0, 0) for i in range(5) for j in range(5 - i)}
        found |= {f"E_{j}": mean(j, 0) for j in range(5)} | {"G_0": g**2, "G_1": 2 * g, "G_2": 2}
        return {name: mp.mpf(float(value)) for name, value in found.items()}


def basis_element(label: str, basis: dict[str, np.ndarray]) -> np.ndarray:
    """A vector, a matrix, or an outer product of vectors."""
    left, *right = re.sub(r"\\left\(|\\right\)", "", label).removesuffix(r"}^\top").split(" {")
    return np.outer(basis[left], basis[right[0]]) if right else basis[left]


@cache
def _positions(students: int, dim: int) -> dict[tuple[str, int], list[int]]:
    """Places in a flat vector of each parameter of each student, ``[a | w | b | c]``."""
    places: dict[tuple[str, int], list[int]] = {}
    for i in range(students):
        places["output_weights", i] = [i]
        places["weights", i] = [students + i * dim + j for j in range(dim)]
        places["biases", i] = [students * (1 + dim) + i]
    return places


def computed(name: str, setting: Setting) -> tuple[np.ndarray, float]:
    """A record's value, and the size of the largest number that it is the difference of."""
    if match := MOMENT.fullmatch(name):
        return _moment(match[1], (int(match[2]), int(match[3])), setting)
    match = BLOCK.fullmatch(name)
    if match is None:
        raise KeyError(f"{name}: not computed by tests/affine_values.py")
    mean, quantity, *parameters = match.groups()
    asked = [parameter for parameter in parameters if parameter]
    dim, inputs = len(setting.w), st.Inputs(setting.mean, setting.covariance)
    options: dict[str, Any] = {"inputs": inputs, "metric": setting.metric, "parameters": "all"}
    evaluate = _gradient if quantity == "gradient" else _hessian
    if quantity == "hessian/cross":
        student = _network("erf", [setting.w, setting.v], setting.biases)
        teacher, norm = _network("erf", [setting.w[::-1]], (0.3,)), (0.0,) * ORDER + (1.0,)
        whole = evaluate(st.PopulationLoss(teacher, norm, **options), student)
        first, second = (_positions(2, dim)[parameter, i] for i, parameter in enumerate(asked))
        return np.squeeze(whole[np.ix_(first, second)]), float(np.max(np.abs(whole)))
    found = []
    for sign in (-1.0, 1.0):
        teacher = _network("erf", [setting.v], setting.biases[1:], *((1.0, sign) if mean else (sign, 0.0)))
        loss = st.PopulationLoss(teacher, "L2" if mean else (0.0,) * ORDER + (1.0,), **options)
        found.append(evaluate(loss, _network("erf", [setting.w], setting.biases[:1])))
    half = (found[0] - found[1]) / 2
    places = [_positions(1, dim)[parameter, 0] for parameter in asked]
    return np.squeeze(half[np.ix_(*places)]), float(np.max(np.abs(found)))


def _network(activation: str, rows: Any, biases: Any, output: float = 1.0, shift: float = 0.0) -> st.Network:
    return st.Network(np.array(rows), np.full(len(rows), output), biases, shift, activation)


def _gradient(loss: st.PopulationLoss, student: st.Network) -> np.ndarray:
    return np.asarray(loss.gradient(student))


def _hessian(loss: st.PopulationLoss, student: st.Network) -> np.ndarray:
    return loss.hessian(student).to_dense()


def _moment(activation: str, orders: tuple[int, int], setting: Setting) -> tuple[np.ndarray, float]:
    """``K_00`` is a loss, ``K_10`` and ``K_20`` derivatives in a bias, ``K_11`` joins two students; standard inputs."""
    bias = 1 + len(setting.w)
    if orders == (1, 1):
        student = _network(activation, [setting.w, setting.v], setting.biases)
        matrix = st.PopulationLoss(student, "L2", parameters="all").gauss_newton(student).to_dense()
        value = matrix[2 * bias, 2 * bias + 1]
        return np.asarray(value), abs(float(value))
    evaluate: Evaluate = {
        (0, 0): lambda loss, student: np.asarray(loss.value(student)),
        (1, 0): lambda loss, student: _gradient(loss, student)[bias],
        (2, 0): lambda loss, student: _hessian(loss, student)[bias, bias],
    }[orders]
    found = []
    for output in (-1.0, 1.0):
        teacher = _network(activation, [setting.v], setting.biases[1:], output)
        loss = st.PopulationLoss(teacher, "L2", parameters="all")
        found.append(evaluate(loss, _network(activation, [setting.w], setting.biases[:1])))
    return np.asarray((found[0] - found[1]) / 2), float(np.max(np.abs(found)))
