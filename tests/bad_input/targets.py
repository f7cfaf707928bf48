"""What is called: every public function and method, with arguments that work, and command lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import sobolev_theory as st
from sobolev_theory.activations.registry import REGISTRY

W = np.array([[0.5, 0.8], [0.3, -0.4]])
V = np.eye(2)
STATE = {"0.weight": W, "0.bias": np.ones(2), "2.weight": np.ones((1, 2))}
"""A network as a state dict of PyTorch."""
SAMPLES = np.array([[0.0, 1.0], [2.0, 0.5], [1.0, -1.0], [-0.5, 0.3]])


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
def empirical() -> st.empirical.EmpiricalLoss:
    return st.empirical.EmpiricalLoss(SAMPLES, st.Network(V))


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
def swept() -> st.Sweep:
    return st.sweep("condition_number", {"width": [1, 2], "dim": 3}, rng=0)


@cache
def accelerations() -> st.Sweep:
    return st.sweep("acceleration", {"angle": [1.0, 2.0], "ratio": [0.5, 2.0], "dim": 2, "t_max": 1.0})


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
    about = {"inputs": ("inputs optional", None), "metric": ("array row number optional", None)}
    about |= {"parameters": ("word", "weights"), "activation": ("activation optional", "relu")}
    return {**about, "derivative": ("word", "backprop"), **others}


PAIR = {"W": ("array", W), "V": ("array teacher", V)}
ALONG = {"towards": ("array optional", V[::-1]), "directions": ("size count", 3), "rng": ("seed optional", 0)}
NORMS, TWO = ("norms", ["L2", "H1"]), ("norms", ("H1", "L2"))
ONE = {"angle": ("numbers", 1.0), "ratio": ("numbers", 1.2), "norm": ("norm", "H1"), "derivative": ("word", "backprop")}
POINT = {"loss": ("loss", loss), "W0": ("array", W)}
SIZES = {"width": ("size", 2), "dim": ("size", 3)}
NOTATION = {"student": ("text", "u"), "vectors": ("word", "bold"), "norm": ("text", "|{}|"), "angle": ("text", r"\phi")}
FUNCTIONAL = {
    **{"W": ("array", W), "V": ("array", V), "norm": ("norm", "H1"), "activation": ("activation optional", "relu")},
    **{"output_weights": ("row optional", [1.0, 2.0]), "teacher_output_weights": ("row optional", None)},
    **{"biases": ("row optional", None), "teacher_biases": ("row optional", None)},
    **{"inputs": ("inputs optional", None), "metric": ("array row number optional", None)},
}
SPECTRA = {"spectra": ("curvatures", lambda: [loss().gauss_newton(W)]), "labels": ("labels", ["L2"])}
PRIOR = {"activation": ("activation", "erf"), "weight_variance": ("number", 1.0), "bias_variance": ("number", 0.5)}
FIGURE = {"ax": ("optional", None), "derivative": ("word", "backprop")}

TARGETS: dict[str, Target] = {
    "Network": Target(
        st.Network,
        {"weights": ("array", W), "output_weights": ("row optional", [1.0, 2.0]), "biases": ("row optional", None)}
        | {"output_bias": ("number", 0.5), "activation": ("activation", "relu")},
    ),
    "Network.from_arrays": Target(
        st.Network.from_arrays,
        {"weights": ("array", W), "output_weights": ("row optional", [1.0, 2.0]), "biases": ("row optional", None)}
        | {"output_bias": ("number", 0.5), "activation": ("activation", "relu"), "layout": ("word", "inputs")},
    ),
    "Network.from_torch": Target(
        lambda module, activation: st.Network.from_torch(STATE | {"0.weight": module}, activation),
        {"module": ("array", W), "activation": ("activation", "tanh")},
    ),
    "Network.from_torch ": Target(st.Network.from_torch, {"module": ("module", STATE), "activation": ("word", "tanh")}),
    "Network.save": Target(lambda path: st.Network(W).save(path), {"path": ("file", os.devnull + "/W.npz")}),
    "Network.load": Target(st.Network.load, {"path": ("file", "W.npz")}),
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
    "Inputs": Target(
        st.Inputs,
        {"mean": ("row optional", [0.0, 1.0]), "covariance": ("array row number optional", [[2.0, 1.0], [1.0, 1.0]])},
    ),
    "Inputs.from_data": Target(st.Inputs.from_data, {"X": ("array", [[0.0, 1.0], [2.0, 0.5], [1.0, 1.0]])}),
    "Inputs.at": Target(lambda dim: st.Inputs(covariance=4.0).at(dim), {"dim": ("size", 2)}),
    "Inputs.sample": Target(
        lambda n, rng=0: st.Inputs(covariance=[1.0, 2.0]).sample(n, rng=rng),
        {"n": ("size work", 3), "rng": ("seed optional", 0)},
    ),
    "PopulationLoss": Target(st.PopulationLoss, options(teacher=("array teacher", V), norm=("norm", "H1"))),
    **{
        f"PopulationLoss.{name}": Target(lambda W, name=name: getattr(loss(), name)(W), {"W": ("array", W)})
        for name in ("at", "student", "value", "gradient", "gauss_newton")
    },
    "PopulationLoss.hessian": Target(
        lambda W, towards: loss().hessian(W, towards=towards), {"W": ("array", W), "towards": ("array", W)}
    ),
    "PopulationLoss.field_limit": Target(lambda W, X: loss().field_limit(W, X), {"W": ("array", W), "X": ("array", W)}),
    "EmpiricalLoss": Target(
        lambda X, targets, gradients, **others: st.empirical.EmpiricalLoss(X, (targets, gradients), **others).value(W),
        {"X": ("array", SAMPLES), "targets": ("row", SAMPLES[:, 0]), "gradients": ("array", SAMPLES)}
        | {"norm": ("norm", "H1"), "metric": ("array row number optional", None), "parameters": ("word", "weights")}
        | {"activation": ("activation optional", "relu"), "workers": ("workers", 1)},
    ),
    "EmpiricalLoss ": Target(
        lambda targets: st.empirical.EmpiricalLoss(SAMPLES, targets, "L2"),
        {"targets": ("teacher array", (SAMPLES[:, 0],))},
    ),
    **{
        f"EmpiricalLoss.{name}": Target(lambda W, name=name: getattr(empirical(), name)(W), {"W": ("array", W)})
        for name in ("at", "student", "value", "gradient", "hessian", "gauss_newton")
    },
    "curvature": Target(
        lambda network, X, **others: st.empirical.curvature(network, X, **others).to_dense(),
        {"network": ("teacher array", lambda: st.Network(W)), "X": ("array", SAMPLES), "norm": ("norm", "H1")}
        | {"curvature": ("word", "hessian"), "targets": ("teacher optional", lambda: st.Network(V))}
        | {"metric": ("array row number optional", None), "parameters": ("word", "weights")},
        weight=2,
    ),
    "Curvature.condition_number": Target(
        lambda kind, quotient: loss().gauss_newton(W).condition_number(kind, quotient=quotient),
        {"kind": ("word", "eigenvalue"), "quotient": ("flag", False)},
    ),
    "Curvature.block": Target(
        lambda rows, columns: loss().gauss_newton(W).block(rows, columns).to_dense(),
        {"rows": ("word", "weights"), "columns": ("word", "weights")},
    ),
    "Curvature.neuron_block": Target(
        lambda i, j: loss().gauss_newton(W).neuron_block(i, j).to_dense(), {"i": ("size", 0), "j": ("size", 1)}
    ),
    "Curvature.eigenpairs": Target(
        lambda k, which: loss().gauss_newton(W).eigenpairs(k, which),
        {"k": ("size", 2), "which": ("word", "smallest")},
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
    "advise": Target(
        lambda network, X, **others: st.advise(network, X, parameters="weights", **others),
        {"network": ("teacher array", lambda: st.Network(W, activation="erf")), "X": ("array inputs", SAMPLES)}
        | {"norms": ("norms", ["L2", "H1"]), "targets": ("row teacher array optional", SAMPLES[:, 0])}
        | {"metric": ("array row number optional", None), "accuracy": ("number", 0.1), "within": ("number", 0.1)}
        | {"rng": ("seed optional", 0)},
        open=True,
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
            "workers": ("workers", 1),
        },
        open=True,
        weight=2,
    ),
    "compare_flows ": Target(
        lambda starts, rng=0: st.compare_flows(W[:1], V[:1], ["L2"], t_max=1.0, rtol=1e-6, starts=starts, rng=rng),
        {"starts": ("size work optional", 2), "rng": ("seed optional", 0)},
        open=True,
        weight=1,
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
    "sweep": Target(
        lambda rng=0, **arguments: st.sweep(rng=rng, **arguments),
        {"quantity": ("word", "condition_number"), "grid": ("grid", {"width": [1, 2], "dim": 3})}
        | {"repeats": ("size work", 2), "rng": ("seed optional", 0), "workers": ("workers", 1)}
        | {"progress": ("flag", False)},
        open=True,
        weight=2,
    ),
    "Search.fraction": Target(lambda kind: search().fraction(kind), {"kind": ("word", "minimum")}),
    "activations.get": Target(st.activations.get, {"activation": ("activation", "relu")}),
    "activations.from_callable": Target(
        st.activations.from_callable,
        {"derivatives": ("functions", [np.sin, np.cos]), "name": ("text", "wave"), "kinks": ("numbers times", [])},
        weight=1,
    ),
    "activations.leaky_relu": Target(st.activations.leaky_relu, {"slope": ("number", 0.1)}),
    **{
        f"activations.{name}": Target(getattr(st.activations, name), {"alpha": ("number", 0.5)}, weight=1)
        for name in ("elu", "celu")
    },
    **{
        f"activations.{name}": Target(getattr(st.activations, name), {"degree": ("size count", 3)}, weight=1)
        for name in ("hermite", "monomial")
    },
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
    "SampledSpectrum.expected_extremes": Target(
        lambda dim: st.finite_sample.spectrum(V[:1], "L2", samples_per_dim=3.0).expected_extremes(dim),
        {"dim": ("size count", 400)},
        weight=1,
    ),
    **{
        f"kernels.{name}": Target(
            getattr(st.kernels, name),
            {"x": ("points", W), "y": ("points", V), **PRIOR, "orders": ("pair", (1, 0))},
        )
        for name in ("nngp", "ntk")
    },
    "kernels.sobolev_gram": Target(
        st.kernels.sobolev_gram, {"x": ("points", W), "y": ("points", V), **PRIOR, "kernel": ("word", "ntk")}
    ),
    "kernels.compare": Target(
        st.kernels.compare,
        {"x": ("points", W), **PRIOR, "norms": ("norms", ["L2", "H1"]), "kernel": ("word", "nngp")},
        open=True,
    ),
    "functional.value": Target(st.functional.value, FUNCTIONAL, open=True, weight=1),
    **{
        f"functional.{name}": Target(
            getattr(st.functional, name), FUNCTIONAL | {"derivative": ("word", "backprop")}, open=True, weight=1
        )
        for name in ("gradient", "hessian")
    },
    "functional.hessian_vector_product": Target(
        st.functional.hessian_vector_product, FUNCTIONAL | {"vector": ("array", V)}, open=True, weight=1
    ),
    "functional.gauss_newton": Target(
        st.functional.gauss_newton,
        {
            name: FUNCTIONAL[name]
            for name in FUNCTIONAL
            if name not in ("V", "teacher_output_weights", "teacher_biases")
        },
        open=True,
        weight=1,
    ),
    "kernels.sphere_spectrum": Target(
        st.kernels.sphere_spectrum,
        {"dim": ("size", 3), "degrees": ("size", 4), "norms": ("norms", ["L2", "H1"]), **PRIOR}
        | {"kernel": ("word", "ntk"), "radius": ("number", 1.0)},
        open=True,
    ),
    "plotting.style": Target(
        lambda **options: st.plotting.style(**options).__enter__(),
        {"name": ("word", "paper"), "width": ("word number", "column")},
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
    "plotting.sweep": Target(
        st.plotting.sweep,
        {"table": ("sweep", swept), "value": ("word optional", "condition_number"), "x": ("word optional", "width")}
        | {"ax": ("optional", None)},
        weight=1,
    ),
    "plotting.acceleration_map": Target(
        st.plotting.acceleration_map, {"table": ("map", accelerations), "ax": ("optional", None)}, weight=1
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
    "compare   ": [
        *(["--width", "2"], ["--dim", "2"], ["--norms", "H1"], ["--parameters", "weights"]),
        *(["--output-weights", "1,2"], ["--biases", "0,1"], ["--teacher-biases", "0,1"]),
        *(["--mean", "0,0"], ["--covariance", "2"], ["--metric", "1,2"]),
    ],
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
    "optimal-weight": [
        *(["--width", "1"], ["--dim", "2"], ["--seed", "1"], ["--curvature", "gauss_newton"]),
        *(["--within", "0.1"], ["--format", "csv"]),
    ],
    "descent": [
        *(["--angle", "1"], ["--activation", "erf"], ["--method", "gd"], ["--accuracy", "0.1"]),
        *(["--limit", "100"], ["--norms", "L2"], ["--format", "latex"]),
    ],
    "search": [
        *(["--width", "1"], ["--dim", "2"], ["--norm", "L2"], ["--runs", "1"], ["--workers", "1"]),
        *(["--scale", "0.5"], ["--format", "markdown"]),
    ],
    "sweep": [
        *(["condition_number"], ["--grid", "width=1,2"], ["--grid", "dim=3"], ["--grid", "norm=L2,1:0.5"]),
        *(["--repeats", "2"], ["--seed", "1"], ["--workers", "1"]),
    ],
    "verify": [["--width", "1"], ["--dim", "2"], ["--samples", "1000"], ["--norm", "L2"], ["--teacher-width", "1"]],
    "verify ": [["--networks", "1"], ["--width", "1"], ["--dim", "2"], ["--samples", "1000"], ["--workers", "1"]],
}
"""Command lines that work, option by option."""
