r"""What the public numeric functions give for records of neurons with means, at a point of the catalogue's tests.

Pair moments are what the loss L2, its gradient and its Hessian in a bias are made of; blocks are those of erf, and
where a derivative jumps of relu2, in the norm of order 2 alone, for an input with a mean, a covariance and a metric
that have no common axes.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from mpmath import mp
from scipy import special

import sobolev_theory as st
from sobolev_theory.activations.smoothed.error_function import ErfMoments

ORDER = 2
MOMENT = re.compile(r"([\w.()]+)/affine/K(\d)(\d)")
BLOCK = re.compile(
    r"affine/(?P<mean>mean/)?(?P<quantity>gradient|gauss_newton|hessian(?:/own|/cross)?)"
    r"/(?P<first>output_weights|weights|biases)(?:/(?P<second>output_weights|weights|biases))?(?P<jumps>/backprop)?"
)

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
        found |= _of_steps(m1, m2, s, rho, t)
        return {name: mp.mpf(float(value)) for name, value in found.items()}


def _of_steps(m1: float, m2: float, s: float, rho: float, t: float) -> dict[str, float]:
    """``D_ij`` of relu2, whose second derivative is twice a step: the density of one variable, times a conditional."""
    found: dict[str, float] = {}
    for i, a, var_a, b, var_b in ((1, m1, s, m2, t), (2, m2, t, m1, s)):
        mean, var = b - rho * a / var_a, var_b - rho**2 / var_a  # of the other one where this one vanishes
        density = np.exp(-(a**2) / (2 * var_a)) / np.sqrt(2 * np.pi * var_a)
        below, bend = special.ndtr(mean / np.sqrt(var)), np.exp(-(mean**2) / (2 * var)) / np.sqrt(2 * np.pi * var)
        names = ("D_10", "D_20") if i == 1 else ("D_01", "D_02")
        found |= dict(zip(names, (4 * density * below, -4 * density * (a * below + rho * bend) / var_a), strict=True))
        found["D_11"] = 4 * density * bend
    upper = np.array([m1 / np.sqrt(s), m2 / np.sqrt(t)])
    return found | {"D_00": 4 * _orthant(*upper, rho / np.sqrt(s * t))}


def _orthant(h: float, k: float, r: float) -> float:
    """``Phi_2``, one variable after the other."""
    root = mp.sqrt(1 - mp.mpf(r) ** 2)
    return float(mp.quad(lambda x: mp.npdf(x) * mp.ncdf((k - r * x) / root), [-12, -6, -3, min(0, h), h]))


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
    mean, asked = match["mean"], [match[part] for part in ("first", "second") if match[part]]
    activation = "relu2" if match["jumps"] else "erf"
    inputs = st.Inputs(setting.mean, setting.covariance)
    options: dict[str, Any] = {"inputs": inputs, "metric": setting.metric, "parameters": "all"}
    evaluate = _EVALUATE[match["quantity"].split("/")[0]]
    alone = (0.0,) * ORDER + (1.0,)
    if match["quantity"] in ("hessian/cross", "gauss_newton"):
        student = _network(activation, [setting.w, setting.v], setting.biases)
        teacher = _network(activation, [setting.w[::-1]], (0.3,))
        whole = evaluate(st.PopulationLoss(teacher, alone, **options), student)
        first, second = (_positions(2, len(setting.w))[parameter, i] for i, parameter in enumerate(asked))
        return np.squeeze(whole[np.ix_(first, second)]), float(np.max(np.abs(whole)))
    found = []
    for sign in (-1.0, 1.0):
        teacher = _network(activation, [setting.v], setting.biases[1:], *((1.0, sign) if mean else (sign, 0.0)))
        loss = st.PopulationLoss(teacher, "L2" if mean else alone, **options)
        found.append(evaluate(loss, _network(activation, [setting.w], setting.biases[:1])))
    half = (found[0] - found[1]) / 2
    places = [_positions(1, len(setting.w))[parameter, 0] for parameter in asked]
    return np.squeeze(half[np.ix_(*places)]), float(np.max(np.abs(found)))


def _network(activation: str, rows: Any, biases: Any, output: float = 1.0, shift: float = 0.0) -> st.Network:
    return st.Network(np.array(rows), np.full(len(rows), output), biases, shift, activation)


def _gradient(loss: st.PopulationLoss, student: st.Network) -> np.ndarray:
    return np.asarray(loss.gradient(student))


def _hessian(loss: st.PopulationLoss, student: st.Network) -> np.ndarray:
    return loss.hessian(student).to_dense()


def _gauss_newton(loss: st.PopulationLoss, student: st.Network) -> np.ndarray:
    return loss.gauss_newton(student).to_dense()


_EVALUATE: dict[str, Evaluate] = {"gradient": _gradient, "hessian": _hessian, "gauss_newton": _gauss_newton}


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
