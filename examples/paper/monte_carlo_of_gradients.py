"""Do sampled gradients and Hessians approach the formulas, and as fast as samples can?

Claim: population gradients and Hessians of two-layer ReLU networks have exact formulas, in any dimension, and sampled
ones approach them.

Set-up: student and teacher of three random neurons each in 10, 100 and 1000 dimensions, L2 and H1, ``relu`` and
``erf``. Gradients are sampled by backpropagation written out in NumPy, which knows no formula of the package. The
Hessian is taken along one random direction ``X`` of unit rows, in two ways: as ``(g(W + h X) - g(W - h X))/(2 h)`` of
sampled gradients ``g`` on the same samples, ``h = 0.02`` (its bias, by the formulas themselves, is under the table),
and as automatic differentiation has it, the derivative of each sample's gradient. Errors are Euclidean and relative to
the formula, root mean squares over all disjoint blocks of N samples in a million or more for each seed. Slopes are
fitted to their logarithms for each seed.

Fairness: samples are the same for both norms and activations. For a matter of law, ``E|error|^2 = tr(cov)/N``, the
slope is no discovery: where it is -1/2 up to a million samples, the formula has no error of the size of the last
columns. These are small for gradients, and large for the Hessian of ReLU by differences, to which few samples speak;
tests of the package go further.

Verdict: reproduced. All slopes of gradients, and of Hessians by differences, are -1/2 within 0.015, in all dimensions
and both norms. One reservation: the Hessian that automatic differentiation samples for ReLU does *not* approach the
Hessian, that is, the Jacobian of the mean gradient. It approaches the Gauss-Newton matrix, with slope -1/2 as well, and
is 15 to 64 per cent away from the Hessian with a million samples: what moving kinks add is in no sample. For ``erf``
it approaches the Hessian.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import special

import sobolev_theory as st
from sobolev_theory._runtime.cells import Column
from sobolev_theory._runtime.checks import flag, positive_integer
from sobolev_theory._runtime.sample_mean import SampleMean

from .command_line import main
from .experiment import Result, mean_over_seeds, rounded

Array = np.ndarray[Any, Any]

BLOCK, WIDTH, STEP = 1000, 3, 0.02
MULTIPLES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
STREAMS = {10: 4, 100: 2, 1000: 1}
"""Dimensions, and their samples over the largest N; errors of few components scatter more."""
NORMS = ("L2", "H1")


class Unit(NamedTuple):
    """An activation with its derivatives almost everywhere."""

    value: Callable[[Array], Array]
    first: Callable[[Array], Array]
    second: Callable[[Array], Array]
    third: Callable[[Array], Array]


def _bell(z: Array) -> Array:
    """Derivative of ``erf(z/sqrt 2)``."""
    return np.asarray(np.sqrt(2 / np.pi) * np.exp(-z * z / 2))


UNITS = {
    "relu": Unit(lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0, np.zeros_like, np.zeros_like),
    "erf": Unit(
        lambda z: special.erf(z / np.sqrt(2)), _bell, lambda z: -z * _bell(z), lambda z: (z * z - 1) * _bell(z)
    ),
}


class Sampled(NamedTuple):
    """The mean over samples of ``a_i x + sum_j B_ij u_j``: coefficients (n, K) and the rest, whose mean is known."""

    of_inputs: Array
    rest: Array


def gradient(unit: Unit, norm: str, z: Array, t: Array, W: Array, V: Array) -> Sampled:
    """Of half the squared mismatch at inputs with ``z = X W'`` and ``t = X V'``, by the chain rule."""
    s, q = unit.first(z), unit.first(t)
    mismatch = unit.value(z).sum(axis=1) - unit.value(t).sum(axis=1)
    a = mismatch[:, None] * s
    if norm == "L2":
        return Sampled(a, np.zeros_like(W))
    along = s @ (W @ W.T) - q @ (V @ W.T)  # w_i . (grad f - grad f*)
    return Sampled(a + unit.second(z) * along, (s.T @ s @ W - s.T @ q @ V) / len(z))


def curvature(unit: Unit, norm: str, z: Array, t: Array, y: Array, W: Array, V: Array, X: Array) -> Sampled:
    """The derivative of `gradient` in the direction ``X``, ``y = X X'``, without what kinks add."""
    s, q, ds, u = unit.first(z), unit.first(t), unit.second(z) * y, unit.second(z)
    mismatch = unit.value(z).sum(axis=1) - unit.value(t).sum(axis=1)
    a = (s * y).sum(axis=1)[:, None] * s + mismatch[:, None] * ds
    if norm == "L2":
        return Sampled(a, np.zeros_like(W))
    along, turned = s @ (W @ W.T) - q @ (V @ W.T), s @ (W @ X.T) - q @ (V @ X.T)
    moved = ds @ (W @ W.T) + s @ (X @ W.T)  # how the gradient of f moves, along w_i
    rest = ds.T @ s @ W - ds.T @ q @ V + s.T @ ds @ W + s.T @ s @ X
    return Sampled(a + unit.third(z) * y * along + u * (turned + moved), rest / len(z))


QUANTITIES = ("gradient", "Hessian, by differences", "Hessian, automatic", "automatic, from Gauss-Newton")
"""What is sampled; the last is the automatic Hessian again, against another matrix."""


def cases(norms: tuple[str, ...] = NORMS) -> list[tuple[str, str, str]]:
    """Activation, norm, and what is sampled; for smooth activations the two matrices are not told apart."""
    return [(unit, norm, what) for unit in UNITS for norm in norms for what in QUANTITIES[: 4 if unit == "relu" else 3]]


def formulas(W: Array, V: Array, X: Array) -> list[Array]:
    """What the package says each of the `cases` tends to, (K, d)."""
    found = []
    for unit, norm, what in cases():
        loss = st.PopulationLoss(st.Network(V, activation=unit), norm)
        if what == "gradient":
            found.append(loss.gradient(W))
        else:
            matrix = loss.gauss_newton(W) if "Gauss" in what else loss.hessian(W)
            found.append((matrix @ X.ravel()).reshape(X.shape))
    return found


def bias(W: Array, V: Array, X: Array) -> float:
    """The largest relative error of differences over ``h`` in place of the Hessian, by formulas."""
    found = []
    for (unit, norm, what), exact in zip(cases(), formulas(W, V, X), strict=True):
        if "differences" in what:
            loss = st.PopulationLoss(st.Network(V, activation=unit), norm)
            difference = (loss.gradient(W + STEP * X) - loss.gradient(W - STEP * X)) / (2 * STEP)
            found.append(np.linalg.norm(difference - exact) / np.linalg.norm(exact))
    return float(max(found))


def block_means(inputs: Array, W: Array, V: Array, X: Array) -> Array:
    """Means over inputs (n, d) of what the `cases` sample, (cases, K, d)."""
    z, y, t = np.split(inputs @ np.concatenate([W, X, V]).T, 3, axis=1)
    found: list[Sampled] = []
    for name, norm in dict.fromkeys(case[:2] for case in cases()):
        unit = UNITS[name]
        ahead, behind = (gradient(unit, norm, z + h * y, t, W + h * X, V) for h in (STEP, -STEP))
        difference = Sampled(*((a - b) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)))
        automatic = curvature(unit, norm, z, t, y, W, V, X)
        found += [gradient(unit, norm, z, t, W, V), difference, *[automatic] * (2 if name == "relu" else 1)]
    sums = np.concatenate([part.of_inputs for part in found], axis=1).T @ inputs
    means: Array = sums.reshape(len(found), *W.shape) / len(inputs) + np.stack([part.rest for part in found])
    return means


def errors(dim: int, multiples: tuple[int, ...], rng: np.random.Generator) -> tuple[Array, float]:
    """Root mean squares of relative errors over blocks of each size, (cases, sizes), and the bias of differences."""
    W, V, X = (rng.standard_normal((WIDTH, dim)) / np.sqrt(dim) for _ in range(3))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    exact = np.stack(formulas(W, V, X))
    sums, squares = np.zeros((len(multiples), *exact.shape)), np.zeros((len(multiples), len(exact)))
    blocks = multiples[-1] * STREAMS[dim]
    for block in range(1, blocks + 1):
        sums += block_means(rng.standard_normal((BLOCK, dim)), W, V, X) - exact
        for k, multiple in enumerate(multiples):
            if block % multiple == 0:
                squares[k] += np.sum((sums[k] / multiple) ** 2, axis=(1, 2))
                sums[k] = 0
    means = squares * (np.array(multiples) / blocks)[:, None]
    return np.sqrt(means / np.sum(exact**2, axis=(1, 2))).T, bias(W, V, X)


def run(*, quick: bool = False, seeds: int = 5) -> Result:
    """The experiment; the quick size has a hundredth of the samples."""
    dims, multiples = tuple(STREAMS), MULTIPLES[: 4 if flag("quick", quick) else len(MULTIPLES)]
    seeds, sizes = positive_integer("seeds", seeds), BLOCK * np.array(multiples)
    found = [[errors(dim, multiples, np.random.default_rng([dim, seed])) for seed in range(seeds)] for dim in dims]
    curves = np.array([[curve for curve, _ in of_dim] for of_dim in found])  # dims, seeds, cases, sizes
    mean = np.sqrt(np.mean(curves**2, axis=1))
    settings = {"seeds": range(seeds), "dims": dims, "streams": STREAMS, "norms": NORMS, "width": WIDTH, "step": STEP}
    return Result(
        name="monte_carlo_of_gradients",
        settings={"quick": quick, **settings},
        data={"sizes": sizes, "cases": cases(), "errors": rounded(mean, 6)},
        table=table(dims, sizes, curves, mean[..., -1], max(away for of_dim in found for _, away in of_dim)),
    )


def table(dims: tuple[int, ...], sizes: Array, curves: Array, last: Array, largest_bias: float) -> st.Table:
    """A row for each case: slopes of each dimension with their errors, and root mean squares at the largest N."""
    slopes = np.polynomial.polynomial.polyfit(np.log(sizes), np.log(curves.reshape(-1, len(sizes)).T), 1)[1]
    means = [
        [SampleMean(of_seeds) for of_seeds in of_case] for of_case in slopes.reshape(curves.shape[:-1]).T.swapaxes(1, 2)
    ]
    seeds = curves.shape[1]
    columns: list[Column | str] = ["activation", "norm", "sampled"]
    columns += [mean_over_seeds((f"slope_{d}", f"slope_error_{d}"), f"slope, d = {d}", ".3f", seeds) for d in dims]
    columns += [Column(f"error_{d}", f"error, d = {d}", "{:.1e}") for d in dims]
    return st.Table(
        f"Relative errors of samples: slopes from N = {sizes[0]} to {sizes[-1]}, and errors at the latter",
        columns,
        [
            (*case, *((slope, slope.standard_error) for slope in of_case), *errors)
            for case, of_case, errors in zip(cases(), means, last.T, strict=True)
        ],
        [f"slopes: mean and standard error over seeds; bias of differences: at most {largest_bias:.1e} of the Hessian"],
        keys=3,
    )


def draw(result: Result) -> Any:
    """Errors over samples, H1: lines of slope -1/2; that of the automatic Hessian of relu alone bends off."""
    from matplotlib import pyplot as plt

    from sobolev_theory.plotting.styles import DASHES, color

    sizes, dims, found = result.data["sizes"], result.settings["dims"], np.array(result.data["errors"])
    figure, panels = plt.subplots(1, 2, sharey=True)
    for ax, unit in zip(panels, UNITS, strict=True):
        for k, (dim, curves) in enumerate(zip(dims, found, strict=True)):
            for what, dashes in zip(QUANTITIES[:3], DASHES, strict=False):
                curve = curves[result.data["cases"].index([unit, "H1", what])]
                label = f"{what}, d = {dim}" if ax is panels[0] else None
                ax.loglog(sizes, curve, color=color(k), linestyle=dashes, label=label)
        ax.set(title=f"{unit}, H1", xlabel="samples $N$")
    panels[0].set_ylabel("relative error")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


if __name__ == "__main__":
    raise SystemExit(main(run))
