"""A generator of bad input: every public function and method, and the command line, with arguments that are off.

A case takes a call that works and spoils one or two of its arguments. What is accepted must fit its role, and give
finite numbers or say why not; what is refused must be refused by an error of the package that names an argument.
Cases are numbered: ``python -m tests.bad_input 4600`` runs so many, ``python -m tests.bad_input 0 17 205`` single ones.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse

import sobolev_theory as st
from sobolev_theory.__main__ import main
from sobolev_theory.activations.registry import REGISTRY

SECONDS = 20
"""After which a call counts as hanging."""

W = np.array([[0.5, 0.8], [0.3, -0.4]])
V = np.eye(2)


class Tensor:
    """Refuses to become an array, as a tensor that requires grad does."""

    requires_grad = True

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")


class Hostile:
    """Raises whatever it is asked."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __float__(self) -> float:
        raise ZeroDivisionError("no float")

    def __index__(self) -> int:
        raise KeyError("no index")

    def __len__(self) -> int:
        raise OSError("no length")

    def __getitem__(self, key: object) -> Any:
        raise LookupError("no item")


# --- what is put in place of an argument ------------------------------------------------------------------------------

Rng = np.random.Generator
NUMERIC = ("array", "row", "points", "numbers", "number", "size", "norm", "norms")
"""Roles that a random array or number may fit."""


@dataclass(frozen=True)
class Bad:
    """A value, and the roles in which it may be accepted; in all others it has to be refused."""

    name: str
    make: Callable[[Rng], Any]
    fits: tuple[str, ...] = ()


def _random_array(rng: Rng) -> Any:
    """Any shape, from nothing to four axes, entries of any size."""
    shape = tuple(int(n) for n in rng.choice([0, 1, 1, 2, 2, 2, 3, 4], size=rng.integers(0, 5)))
    return rng.standard_normal(shape) * 10.0 ** rng.choice([0, 0, 0, -8, 8, -150, 150, -300, 300])


def _random_weights(rng: Rng) -> Any:
    """Weights of any width in two dimensions; zero, parallel and coincident rows among them."""
    rows = rng.standard_normal((rng.integers(1, 5), 2)) * 10.0 ** rng.choice([0, 0, -8, 8, -150, 150, -300, 300])
    for kind in rng.choice(["zero", "parallel", "same", "teacher", "none"], size=2):
        i, j = rng.integers(len(rows), size=2)
        rows[i] = {"zero": 0 * rows[j], "parallel": -2 * rows[j], "same": rows[j], "teacher": V[0]}.get(kind, rows[i])
    return rows


def _spoiled_word(rng: Rng) -> str:
    """A word of the package with another case, a letter too many or too few, or a strange one."""
    words = ["relu", "relu2", "erf", "L2", "H1", "backprop", "exact", "hessian", "gauss_newton", "eigenvalue", "align"]
    word = str(rng.choice([*words, "DOP853", "loss", "distance", "minimum", "relu/K00", "bold", "singular", "error"]))
    i = int(rng.integers(len(word)))
    spoil = [
        str.swapcase,
        str.upper,
        lambda w: w[:i] + w[i + 1 :],
        lambda w: w[:i] + "\u0661" + w[i:],
        lambda w: w * 99,
    ]
    spoiled = spoil[rng.integers(len(spoil))](word)
    return f"{word} " if spoiled == word or spoiled in words else spoiled


def _frame(rng: Rng) -> Any:
    """A table of pandas with a hole, if there is pandas."""
    try:
        import pandas as pd
    except ImportError:
        return None
    return pd.DataFrame({"a": [1.0, pd.NA], "b": [1.0, 2.0]}, dtype=object)


BAD = (
    Bad("None", lambda rng: None, ("optional",)),
    Bad("True", lambda rng: True, ("flag", "truth")),
    Bad("np.True_", lambda rng: np.True_, ("flag", "truth")),
    Bad("text of a number", lambda rng: str(rng.choice(["1", "2.0", "1e3", "-1", "\u0661", "nan", ""])), ("text",)),
    Bad("spoiled word", _spoiled_word, ("text",)),
    Bad("long text", lambda rng: "relu" * 50_000, ("text",)),
    Bad("braces", lambda rng: "{" * 1500, ("text",)),
    Bad("control characters", lambda rng: "re\0lu\n\x1b[2J", ("text",)),
    Bad("bytes", lambda rng: b"1"),
    Bad("complex", lambda rng: complex(1, rng.integers(2))),
    Bad("nan", lambda rng: np.nan, ("any",)),
    Bad("inf", lambda rng: np.inf, ("infinite", "any")),
    Bad("-inf", lambda rng: -np.inf, ("any",)),
    Bad("zero", lambda rng: 0, (*NUMERIC, "flag", "truth", "seed")),
    Bad("minus zero", lambda rng: -0.0, NUMERIC),
    Bad("minus one", lambda rng: -1, (*NUMERIC, "workers")),
    Bad("negative", lambda rng: -float(rng.exponential()), NUMERIC),
    Bad(
        "float", lambda rng: float(rng.integers(1, 4)) + float(rng.choice([0.0, 0.5])), (*NUMERIC[:-3], "norm", "norms")
    ),
    Bad("large integer", lambda rng: 10**12, (*NUMERIC, "seed", "count", "workers")),
    Bad("larger integer", lambda rng: 10**30, (*NUMERIC, "seed", "count", "workers")),
    Bad("huge integer", lambda rng: 10 ** int(rng.choice([400, 5000])), ("seed", "count", "workers")),
    Bad("huge", lambda rng: 10.0 ** float(rng.uniform(20, 308)), NUMERIC),
    Bad("tiny", lambda rng: 10.0 ** -float(rng.uniform(20, 323)), NUMERIC),
    Bad("fraction", lambda rng: Fraction(1, 3), NUMERIC),
    Bad("decimal", lambda rng: Decimal("0.25"), NUMERIC),
    Bad("signalling decimal", lambda rng: Decimal("sNaN")),
    Bad("array of one", lambda rng: np.array([0.5]), NUMERIC),
    Bad("0-d array", lambda rng: np.array(0.5), NUMERIC),
    Bad("empty list", lambda rng: [], ("times",)),
    Bad("list", lambda rng: [0.5, 0.5], NUMERIC),
    Bad("dict", lambda rng: {"loss": rng.choice([1.0, -1.0, np.nan])}, ("levels",)),
    Bad("dict of nothing", lambda rng: {"time": [1]}),
    Bad("set", lambda rng: {1.0, 2.0}),
    Bad("generator", lambda rng: (x for x in (1.0, 2.0))),
    Bad("object", lambda rng: object()),
    Bad("hostile", lambda rng: Hostile()),
    Bad("function", lambda rng: print, ("workers",)),
    Bad("class", lambda rng: st.PopulationLoss),
    Bad("module", lambda rng: np),
    Bad("tensor", lambda rng: Tensor()),
    Bad("frame with a hole", _frame, ("optional",)),
    Bad("sparse", lambda rng: scipy.sparse.csr_array(W)),
    Bad("masked", lambda rng: np.ma.array(W, mask=[[0, 1], [0, 0]])),
    Bad("masked constant", lambda rng: np.ma.masked),
    Bad("dates", lambda rng: np.array([["2020-01-01", "2021-01-01"]], dtype="M8[D]")),
    Bad("time", lambda rng: np.timedelta64(3, "s")),
    Bad("texts", lambda rng: [["1", "2"], ["3", "4"]]),
    Bad("words", lambda rng: ["L2", "h1"]),
    Bad("booleans", lambda rng: np.array([[True, False], [False, True]])),
    Bad("complex array", lambda rng: W + 1j),
    Bad("structured", lambda rng: np.zeros(2, dtype=[("a", float), ("b", float)])),
    Bad("objects", lambda rng: np.array([[1.0, None], ["x", 2.0]], dtype=object)),
    Bad("huge objects", lambda rng: [[1.0, 10**400], [0.0, 1.0]]),
    Bad("ragged", lambda rng: [[1.0], [1.0, 2.0]], ("norms",)),
    Bad("itself", lambda rng: _loop()),
    Bad("nested", lambda rng: _nested(2000)),
    Bad("nan inside", lambda rng: [[1.0, 0.0], [np.nan, 1.0]], ("any",)),
    Bad("inf inside", lambda rng: [[1.0, 0.0], [-np.inf, 1.0]], ("any",)),
    Bad("array", _random_array, NUMERIC),
    Bad("array ", _random_array, NUMERIC),
    Bad("array  ", _random_array, NUMERIC),
    Bad("weights", _random_weights, NUMERIC),
    Bad("weights ", _random_weights, NUMERIC),
    Bad("weights  ", _random_weights, NUMERIC),
    Bad("columns", lambda rng: rng.standard_normal((2, int(rng.integers(1, 6)))), NUMERIC),
    Bad("big-endian", lambda rng: W.astype(">f4"), NUMERIC),
    Bad("strided", lambda rng: np.asfortranarray(np.repeat(W, 2, axis=0))[::-2], NUMERIC),
    Bad("long double", lambda rng: np.full((2, 2), "1e400", dtype=np.longdouble), ("any",)),
    Bad("network", lambda rng: st.Network(_random_weights(rng)), ("array",)),
    Bad("network of another activation", lambda rng: st.Network(W, activation="erf"), ("teacher",)),
    Bad("network with biases", lambda rng: st.Network(W, biases=[0.1, 0.2])),
    Bad("network of three dimensions", lambda rng: st.Network(np.eye(3)), ("array", "teacher")),
    Bad("loss", lambda rng: st.PopulationLoss(np.eye(3)), ("loss",)),
    Bad("curvature", lambda rng: loss().gauss_newton(W), ("curvature",)),
)
"""The pool; a value that can be of use is there more than once."""


def _loop() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


def _nested(depth: int) -> list[Any]:
    items: list[Any] = [1.0]
    for _ in range(depth):
        items = [items]
    return items


# --- what is called ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """A call that works: a function, and of each argument the roles and a value; ``weight`` is how often it is drawn.

    The role ``work`` is a number of steps: 10^12 of them are days that were asked for, and can be interrupted. ``open``
    says that results may hold infinity or NaN, as documented: a condition number of a singular matrix.
    """

    function: Callable[..., Any]
    arguments: Mapping[str, tuple[str, Any]]
    open: bool = False
    weight: int = 4


@cache
def loss() -> st.PopulationLoss:
    return st.PopulationLoss(V, "L2")


@cache
def flow() -> st.Flow:
    return st.gradient_flow(loss(), W, 2.0, rtol=1e-6)


@cache
def comparison() -> st.FlowComparison:
    return st.compare_flows(W[:1], V[:1], t_max=30.0, rtol=1e-6)


@cache
def sampled() -> st.monte_carlo.SampledDescent:
    return st.monte_carlo.descent(loss(), W, step=0.1, batch=2, steps=4, runs=2, rng=0)


@cache
def search() -> st.Search:
    return st.find_critical_points(st.PopulationLoss([[1.0, 0.0]], "L2"), 1, 2, rng=0)


@cache
def planar() -> st.reduced.PlanarFlow:
    return st.reduced.single_neuron_flow(1.0, 1.0, 2.0, "L2")


def _registered(**arguments: Any) -> Any:
    """Registers, and forgets."""
    before = dict(REGISTRY)
    try:
        return st.activations.register(**arguments)
    finally:
        REGISTRY.clear()
        REGISTRY.update(before)


def options(**others: tuple[str, Any]) -> dict[str, tuple[str, Any]]:
    """The options of losses, and others."""
    return {"activation": ("activation optional", "relu"), "derivative": ("word", "backprop"), **others}


PAIR = {"W": ("array", W), "V": ("array teacher", V)}
ALONG = {"towards": ("array optional", V[::-1]), "directions": ("size count", 3), "rng": ("seed optional", 0)}
NORMS, TWO = ("norms", ["L2", "H1"]), ("norms", ("H1", "L2"))
ONE = {"angle": ("numbers", 1.0), "ratio": ("numbers", 1.2), "norm": ("norm", "H1"), "derivative": ("word", "backprop")}
POINT = {"loss": ("loss", loss), "W0": ("array", W)}
SIZES = {"width": ("size", 2), "dim": ("size", 3)}
NOTATION = {"student": ("text", "u"), "vectors": ("word", "bold"), "norm": ("text", "|{}|"), "angle": ("text", r"\phi")}
SPECTRA = {"spectra": ("curvatures", lambda: [loss().gauss_newton(W)]), "labels": ("labels", ["L2"])}
FIGURE = {"ax": ("optional", None), "derivative": ("word", "backprop")}

TARGETS: dict[str, Target] = {
    "Network": Target(
        st.Network,
        {"weights": ("array", W), "output_weights": ("row optional", [1.0, 2.0]), "biases": ("row optional", None)}
        | {"activation": ("activation", "relu")},
    ),
    "Network()": Target(lambda x: st.Network(W)(x), {"x": ("points", W)}),
    "Network.input_gradient": Target(lambda x: st.Network(W).input_gradient(x), {"x": ("points", W)}),
    "Network.input_hessian": Target(lambda x: st.Network(W).input_hessian(x), {"x": ("points", W)}),
    "Network.random": Target(
        st.Network.random,
        SIZES
        | {"rng": ("seed optional", 0), "scale": ("number optional", 1.0)}
        | {"activation": ("activation", "relu")},
    ),
    "Network.orthonormal": Target(st.Network.orthonormal, SIZES | {"activation": ("activation", "relu")}),
    "PopulationLoss": Target(
        st.PopulationLoss, options(teacher=("array teacher", V), norm=("norm", "H1"), covariance=("optional", None))
    ),
    **{
        f"PopulationLoss.{name}": Target(lambda W, name=name: getattr(loss(), name)(W), {"W": ("array", W)})
        for name in ("at", "student", "value", "gradient", "gauss_newton")
    },
    "PopulationLoss.hessian": Target(
        lambda W, towards: loss().hessian(W, towards=towards), {"W": ("array", W), "towards": ("array", W)}
    ),
    "PopulationLoss.field_limit": Target(lambda W, X: loss().field_limit(W, X), {"W": ("array", W), "X": ("array", W)}),
    "Curvature.condition_number": Target(
        lambda kind: loss().gauss_newton(W).condition_number(kind), {"kind": ("word", "eigenvalue")}
    ),
    "Flow.first_time": Target(
        lambda level: flow().first_time(lambda state: state.point.value, level), {"level": ("number", 0.1)}, open=True
    ),
    "compare": Target(st.compare, options(**PAIR, **ALONG, norms=NORMS, curvature=("word", "hessian")), open=True),
    "compare ": Target(
        lambda **arguments: st.compare(V, V, towards="random", **arguments),
        {"norms": NORMS, "directions": ("size work", 3), "rng": ("seed optional", 0)},
        open=True,
    ),
    "condition_number_ratio": Target(
        st.condition_number_ratio, options(**PAIR, **ALONG, norms=TWO, curvature=("word", "hessian")), open=True
    ),
    "optimal_weight": Target(
        st.optimal_weight, options(**PAIR, **ALONG, curvature=("word", "hessian")), open=True, weight=2
    ),
    "gradient_flow": Target(
        st.gradient_flow,
        POINT
        | {"t_max": ("number infinite", 1.0), "rtol": ("number", 1e-6), "atol": ("number", 1e-8)}
        | {"method": ("word", "DOP853"), "until": ("levels optional", {"loss": 1e-3}), "progress": ("flag", False)},
        open=True,
    ),
    "Flow()": Target(lambda t: flow()(t), {"t": ("numbers times", [0.5])}),
    "Flow.time_to": Target(
        lambda **levels: flow().time_to(**levels),
        {"loss": ("number optional", 0.1), "gradient_norm": ("number optional", None)},
        open=True,
    ),
    "compare_flows": Target(
        st.compare_flows,
        options(W0=("array", W[:1]), V=("array teacher", V[:1]), norms=("norms", ["L2"]), t_max=("number", 1.0))
        | {
            "accuracy": ("number", 0.1),
            "rtol": ("number", 1e-6),
            "atol": ("number", 1e-8),
            "progress": ("flag", False),
        },
        open=True,
        weight=2,
    ),
    "lyapunov_derivative": Target(st.lyapunov_derivative, {"loss": ("loss", loss), "W": ("array", W)}),
    "best_step": Target(st.best_step, {"curvature": ("curvature", lambda: loss().gauss_newton(W))}),
    "gradient_descent": Target(
        st.gradient_descent,
        POINT
        | {"steps": ("size work", 3), "step": ("number optional", 0.1)}
        | {"until": ("levels optional", {"loss": 1e-3}), "progress": ("flag", False)},
    ),
    "Descent.time_to": Target(
        lambda **levels: st.gradient_descent(loss(), W, 3).time_to(**levels),
        {"loss": ("number optional", 0.1), "gradient_norm": ("number optional", None)},
        open=True,
    ),
    "steps_to": Target(
        st.steps_to,
        options(W0=("array", W), V=("array teacher", V), norms=("norms", ["L2"]), accuracy=("number", 0.1))
        | {"method": ("word", "gd"), "limit": ("size work", 99), "progress": ("flag", False)},
        open=True,
        weight=2,
    ),
    "critical_point": Target(
        st.critical_point, POINT | {"tol": ("number", 1e-9), "max_iterations": ("size work", 9)}, open=True
    ),
    "find_critical_points": Target(
        lambda rng=0, **arguments: st.find_critical_points(rng=rng, **arguments),
        {"loss": ("loss", loss), "width": ("size", 1), "runs": ("size work", 1), "rng": ("seed optional", 0)}
        | {"workers": ("workers", 1), "scale": ("number optional", 1.0), "progress": ("flag", False)},
        open=True,
        weight=1,
    ),
    "Search.fraction": Target(lambda kind: search().fraction(kind), {"kind": ("word", "minimum")}),
    "activations.get": Target(st.activations.get, {"activation": ("activation", "relu")}),
    "activations.register": Target(
        _registered,
        {"name": ("text", "relu"), "kernels": ("kernels", st.activations.get("relu").kernels)},
    ),
    "Activation.derivative": Target(
        lambda z, order: st.activations.get("erf").derivative(z, order),
        {"z": ("numbers any times", 0.5), "order": ("size", 1)},
        open=True,
    ),
    "Activation.jump": Target(lambda order: st.activations.get("relu").jump(order), {"order": ("size count", 1)}),
    "formulas.get": Target(st.formulas.get, {"name": ("word", "relu/K00")}),
    "formulas.names": Target(st.formulas.names, {"prefix": ("text", "relu")}),
    "formulas.search": Target(st.formulas.search, {"words": ("text", "gradient")}),
    "formulas.document": Target(
        st.formulas.document,
        {"names": ("word names optional", ["relu/K00"]), "notation": ("optional", None), **NOTATION},
    ),
    "Formula.latex": Target(
        lambda **changes: st.formulas.get("relu/L2/gradient").latex(**changes),
        {"notation": ("optional", None), "style": ("word", "align"), "macros": ("truth", False), **NOTATION}
        | {"linewidth": ("number", 400.0)},
    ),
    "Theorem.latex": Target(
        lambda **changes: st.formulas.get("theorem/exact_cone").latex(**changes),
        {"notation": ("optional", None), "style": ("word", "inline"), **NOTATION},
    ),
    "Notation": Target(st.formulas.Notation, NOTATION),
    "Notation.expand": Target(lambda latex: st.formulas.Notation().expand(latex), {"latex": ("text", r"\student")}),
    "monte_carlo.descent": Target(
        lambda rng=0, **arguments: st.monte_carlo.descent(rng=rng, **arguments),
        POINT
        | {"step": ("number", 0.1), "batch": ("size work", 2), "steps": ("size work", 3), "runs": ("size work", 2)}
        | {"record": ("row optional", [0, 3]), "rng": ("seed optional", 0), "workers": ("workers", 1)}
        | {"progress": ("flag", False)},
        open=True,
        weight=2,
    ),
    "monte_carlo.verify": Target(
        lambda rng=0, **arguments: st.monte_carlo.verify(rng=rng, **arguments),
        {"loss": ("loss", loss), "W": ("array", W), "samples": ("size work", 1000), "rng": ("seed optional", 0)}
        | {"workers": ("workers", 1), "progress": ("flag", False), "level": ("number", 0.01)},
        weight=2,
    ),
    "monte_carlo.verify_many": Target(
        lambda rng=0, **arguments: st.monte_carlo.verify_many(rng=rng, **arguments),
        options(networks=("size work", 1), student_width=("size", 1), teacher_width=("size", 1), dim=("size", 2))
        | {
            "norm": ("norm", "L2"),
            "samples": ("size work", 1000),
            "rng": ("seed optional", 0),
            "workers": ("workers", 1),
        },
        weight=2,
    ),
    "reduced.single_neuron_flow": Target(
        st.reduced.single_neuron_flow,
        {"angle": ("number", 1.0), "ratio": ("number", 1.2), "t_max": ("number", 1.0), "norm": ("norm", "L2")}
        | {"derivative": ("word", "backprop"), "rtol": ("number", 1e-6)},
        open=True,
    ),
    "PlanarFlow()": Target(lambda t: planar()(t), {"t": ("numbers times", [0.5])}),
    "reduced.symmetric_flow": Target(
        st.reduced.symmetric_flow,
        options(width=("size count", 3), x=("number", 0.5), y=("number", 0.1), t_max=("number", 0.5))
        | {"norm": ("norm", "L2"), "rtol": ("number", 1e-6)},
        open=True,
        weight=2,
    ),
    "reduced.symmetric_velocity": Target(
        st.reduced.symmetric_velocity,
        options(width=("size count", 3), x=("numbers", 0.5), y=("numbers", 0.1), norm=("norm", "L2")),
    ),
    "reduced.symmetric_saddle": Target(
        st.reduced.symmetric_saddle, options(width=("size count", 3), norm=("norm", "L2"))
    ),
    **{
        f"single_neuron.{name}": Target(getattr(st.single_neuron, name), ONE, open="condition" in name)
        for name in ("condition_number", "eigenvalues", "lyapunov_derivative", "velocity")
    },
    "single_neuron.condition_number_ratio": Target(
        st.single_neuron.condition_number_ratio,
        {"angle": ("numbers", 1.0), "ratio": ("numbers", 1.0), "norms": TWO, "derivative": ("word", "backprop")},
        open=True,
    ),
    "symmetric.spectrum": Target(
        st.symmetric.spectrum,
        options(width=("size count", 3), dim=("size count", 4), x=("number", 0.5), y=("number", 0.1))
        | {"norm": ("norm", "L2"), "curvature": ("word", "field"), "towards": ("word", "inside")},
    ),
    "symmetric.condition_number_ratio": Target(
        st.symmetric.condition_number_ratio,
        options(width=("size count infinite", 3), dim=("size count optional infinite", 4), x=("number", 0.5))
        | {"y": ("number", 0.1), "norms": TWO, "curvature": ("word", "field"), "towards": ("word", "inside")},
        open=True,
    ),
    "finite_sample.spectrum": Target(
        st.finite_sample.spectrum,
        options(V=("array teacher", V), norm=("norm", "L2"), samples_per_dim=("number", 3.0)),
        open=True,
        weight=2,
    ),
    **{
        f"finite_sample.single_neuron_{name}": Target(
            getattr(st.finite_sample, f"single_neuron_{name}"),
            {"samples_per_dim": ("numbers times", [3.0]), "norm": ("norm", "H1")},
            open=True,
            weight=1,
        )
        for name in ("edges", "condition_number")
    },
    "SampledSpectrum.density": Target(
        lambda x: st.finite_sample.spectrum(V[:1], "L2", samples_per_dim=3.0).density(x),
        {"x": ("numbers any infinite times", [0.5])},
        weight=1,
    ),
    "plotting.phase_portrait": Target(st.plotting.phase_portrait, {"norm": ("norm", "L2"), **FIGURE}, weight=1),
    "plotting.condition_number_map": Target(st.plotting.condition_number_map, {"norms": TWO, **FIGURE}, weight=1),
    "plotting.width_scaling": Target(
        st.plotting.width_scaling,
        {"norms": TWO, "activation": ("activation", "relu"), "ax": ("optional", None)},
        weight=1,
    ),
    "plotting.loss_curves": Target(
        st.plotting.loss_curves,
        {"comparison": ("flows", comparison), "quantity": ("word", "error"), "axes": ("optional", None)},
        weight=1,
    ),
    "plotting.condition_number_of_samples": Target(
        st.plotting.condition_number_of_samples,
        {"V": ("array teacher", V[:1]), "norms": ("norms", ["L2"]), "samples_per_dim": ("row optional", [3.0])}
        | {"ax": ("optional", None)},
        weight=1,
    ),
    "plotting.sampled_density": Target(
        st.plotting.sampled_density,
        {"law": ("law", lambda: st.finite_sample.spectrum(V[:1], "L2", samples_per_dim=3.0))}
        | {"eigenvalues": ("row optional", None), "ax": ("optional", None)},
        weight=1,
    ),
    "plotting.sampled_curves": Target(
        st.plotting.sampled_curves,
        {"results": ("curvatures", lambda: [sampled()]), "labels": ("labels", ["L2"])}
        | {"quantity": ("word", "error"), "ax": ("optional", None)},
        weight=1,
    ),
    "plotting.tuned_steps": Target(
        st.plotting.tuned_steps,
        {"tables": ("tables", lambda: [st.steps_to(W, V, ["L2"], accuracy=0.3)]), "ax": ("optional", None)},
        weight=1,
    ),
    "plotting.spectrum": Target(st.plotting.spectrum, {**SPECTRA, "axes": ("optional", None)}, weight=1),
    "plotting.spectral_distribution": Target(
        st.plotting.spectral_distribution, {**SPECTRA, "ax": ("optional", None)}, weight=1
    ),
    "plotting.optimal_weight": Target(
        st.plotting.optimal_weight,
        options(**PAIR, **ALONG, curvature=("word", "hessian"), within=("number", 0.1), axes=("optional", None)),
        weight=1,
    ),
}
"""By the name under which the package offers them; with `()` a call of an object."""

COMMANDS: dict[str, list[list[str]]] = {
    "compare": [["--width", "2"], ["--dim", "3"], ["--seed", "1"], ["--norms", "L2"], ["--derivative", "backprop"]],
    "compare ": [["--angle", "1"], ["--ratio", "1"], ["--norms", "L2", "H1"], ["--curvature", "hessian"]],
    "compare  ": [["--width", "2"], ["--dim", "3"], ["--towards", "random"], ["--directions", "2"], ["--norms", "H1"]],
    "flow": [["--angle", "1"], ["--ratio", "1"], ["--t-max", "1"], ["--accuracy", "0.1"], ["--norms", "L2"]],
    "latex": [
        ["relu/L2/gradient"],
        ["--style", "align"],
        ["--linewidth", "300"],
        ["--student", "u"],
        ["--norm-symbol", "|{}|"],
        ["--angle", "x"],
        ["--vectors", "bold"],
    ],
    "verify": [["--width", "1"], ["--dim", "2"], ["--samples", "1000"], ["--norm", "L2"], ["--teacher-width", "1"]],
    "verify ": [["--networks", "1"], ["--width", "1"], ["--dim", "2"], ["--samples", "1000"], ["--workers", "1"]],
}
"""Command lines that work, option by option."""

TEXTS = (
    *("", " ", "-1", "0", "1.5", "nan", "inf", "1e400", "1e-400", "\u0661", "0x10", "1_0", "True", "None", "1,", "1;2"),
    *("relu/k00", "h1", "H99", "L2,H1", "0,0", "-1,1", "1,nan", "{" * 1500, "\\" * 99, "%", "^", "a\nb", "9" * 5000),
    *("missing.npy", "/", "/dev/null", "/dev/zero", "--", "--width", "@file", "$(ls)", "\udce9", "1e5", "10" * 15),
)
"""What is put in place of an option's value."""


# --- one case ---------------------------------------------------------------------------------------------------------


class HangError(BaseException):
    """A call took too long; no ``except Exception`` on the way catches it."""


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Stops what takes longer."""

    def stop(*_: Any) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Outcome:
    """What a case did, and what is wrong with it; empty if nothing is."""

    case: str
    wrong: str
    seconds: float
    accepted: bool


def run(number: int) -> Outcome:
    """The case of a number."""
    rng = np.random.default_rng([10, number])
    begun = time.perf_counter()
    described, wrong, accepted = (_command if rng.random() < 0.15 else _call)(rng)
    return Outcome(f"case {number}: {described}", wrong, time.perf_counter() - begun, accepted)


def _call(rng: Rng) -> tuple[str, str, bool]:
    """A call of a function with one or two arguments spoiled."""
    names = list(TARGETS)
    weights = np.array([TARGETS[name].weight for name in names], dtype=float)
    name = names[rng.choice(len(names), p=weights / weights.sum())]
    target = TARGETS[name]
    arguments = {key: value() if callable(value) else value for key, (_, value) in target.arguments.items()}
    refused, described = False, []
    for key in rng.permutation(list(arguments))[: rng.choice([1, 1, 2])]:
        roles = target.arguments[key][0].split()
        fitting = [bad for bad in BAD if set(bad.fits) & set(roles)]
        pool = fitting if fitting and rng.random() < 0.4 else BAD
        pool = [bad for bad in pool if bad.name != "large integer"] if "work" in roles else pool
        bad = pool[rng.integers(len(pool))]
        arguments[str(key)] = bad.make(rng)
        refused = refused or not set(bad.fits) & set(roles)
        if bad.name == "frame with a hole" and arguments[str(key)] is None:
            refused = "optional" not in roles
        described.append(f"{key}: {bad.name} {_short(arguments[str(key)])}")
    described_call = f"{name}({', '.join(described)})"
    try:
        with (
            bounded(SECONDS),
            warnings.catch_warnings(record=True) as caught,
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("always")
            result = target.function(**arguments)
            meaningless = [] if target.open or caught else list(_meaningless(result))
    except HangError:
        return described_call, f"no end within {SECONDS} s", False
    except Exception as error:
        return described_call, _wrong_error(error, {*arguments}), False
    finally:
        _close_figures()
    if refused:
        return described_call, f"accepted, and gave {_short(result)}", True
    return described_call, f"gave {meaningless[0]}" if meaningless else "", True


def _command(rng: Rng) -> tuple[str, str, bool]:
    """A command line with one or two values spoiled, dropped, or doubled."""
    name = list(COMMANDS)[rng.integers(len(COMMANDS))]
    parts = [list(part) for part in COMMANDS[name]]
    for _ in range(rng.choice([1, 1, 2])):
        i, text = rng.integers(len(parts)), str(TEXTS[rng.integers(len(TEXTS))])
        kind = rng.choice(["value", "value", "value", "drop", "option", "double", "file"])
        if kind == "value":
            parts[i][-1] = text
        elif kind == "drop":
            parts[i] = parts[i][:-1]
        elif kind == "option" and parts[i]:
            parts[i][0] = parts[i][0][:-1] + "q"
        elif kind == "file":
            parts.append([str(rng.choice(["--student", "--teacher"])), text])
        else:
            parts.append(parts[i])
    line = [name.strip(), *(word for part in parts for word in part)]
    described, out, err = f"sobolev-theory {_short(line)}", io.StringIO(), io.StringIO()
    try:
        with bounded(SECONDS), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            warnings.simplefilter("ignore")
            status = main(line)
    except HangError:
        return described, f"no end within {SECONDS} s", False
    except SystemExit as stop:
        told = err.getvalue()
        told_well = re.fullmatch(r"sobolev-theory[a-z ]*: error: [^\n]+\n", told) and len(told) < 2000
        return described, "" if stop.code == 2 and told_well else f"status {stop.code}, {told!r}", False
    except Exception as error:
        return described, _where(error), False
    return described, "" if status in (0, 1) and out.getvalue() else f"status {status}, nothing said", True


def _wrong_error(error: Exception, names: set[str]) -> str:
    """What is wrong with an error: its kind, or that it names no argument."""
    message = str(error)
    if isinstance(error, TypeError) and re.match(r"[\w.<>]+\(\) ", message):  # of the call itself
        return ""
    if not isinstance(error, ValueError | NotImplementedError):
        return _where(error)
    head = message.split(":")[0]
    known = names | {
        "axes",
        "student",
        "teacher",
        "weights",
        "norm",
        "norms",
        "name",
        "notation",
        "rate",
        "time_to",
        "activation",
    }
    words = set(re.findall(r"[A-Za-z_0-9]+", head))
    if not words & known and not re.match(r"the (value|gradient|Hessian|Gauss-Newton)", message):
        return f"names no argument: {_where(error)}"
    return "" if len(message) < 1000 and "\n" not in message else f"a message of {len(message)} characters"


def _where(error: Exception) -> str:
    """An error with the line of the package that raised it."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "sobolev_theory/" in f.filename]
    place = f"{frames[-1].filename.split('sobolev_theory/')[-1]}:{frames[-1].lineno}" if frames else "outside"
    return f"{type(error).__name__} at {place}: {str(error)[:150]}"


def _meaningless(result: Any, path: str = "result") -> Iterator[str]:
    """Where a result holds NaN or infinity."""
    if isinstance(result, float | complex | np.ndarray | np.number):
        values = np.asarray(result)
        if values.dtype.kind in "fc" and not np.isfinite(values).all():
            yield f"{path} = {_short(result)}"
    elif isinstance(result, st.Curvature):
        yield from _meaningless(result.to_dense(), path)
    elif dataclasses.is_dataclass(result) and not isinstance(result, type):
        for field in dataclasses.fields(result):
            yield from _meaningless(getattr(result, field.name), f"{path}.{field.name}")
    elif isinstance(result, list | tuple):
        for item in result:
            yield from _meaningless(item, path)


def _short(value: Any) -> str:
    """A value on a short line."""
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = type(value).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."


def _close_figures() -> None:
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def sweep(numbers: range | list[int], report: Callable[[str], None] = lambda line: None) -> list[Outcome]:
    """The cases of some numbers; those that went wrong are reported at once."""
    outcomes = []
    for number in numbers:
        outcomes.append(run(number))
        if outcomes[-1].wrong:
            report(f"{outcomes[-1].case}\n    -> {outcomes[-1].wrong}")
    return outcomes


if __name__ == "__main__":
    count, *chosen = map(int, sys.argv[1:] or ["4600"])
    found = sweep(chosen or range(count), lambda line: print(line, flush=True))
    slowest = max(found, key=lambda outcome: outcome.seconds)
    print(f"{len(found)} cases, {sum(o.accepted for o in found)} accepted, {sum(bool(o.wrong) for o in found)} wrong")
    print(f"{sum(o.seconds for o in found):.0f} s, the slowest {slowest.seconds:.1f} s: {slowest.case}")
