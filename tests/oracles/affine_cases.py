"""The cases of which `affine.json` holds the numbers: generic ones, and each extreme alone."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .affine import Case, Net
from .pair import Derivative

NORMS = {"relu": (1.0, 0.7), "relu2": (0.5, 1.0, 0.3), "relu3": (1.0, 0.5, 0.2, 0.1), "erf": (1.0, 0.5, 0.25, 0.1)}
"""The highest norm of each activation, no weight of it one."""

COVARIANCES: dict[str, Any] = {
    "scalar": 0.6,
    "diagonal": (1.5, 0.3, 0.8),
    "dense": ((1.0, 0.3, -0.2), (0.3, 0.5, 0.1), (-0.2, 0.1, 2.0)),
    "singular": ((5.0, 4.0, 2.0), (4.0, 5.0, 1.0), (2.0, 1.0, 1.0)),  # of rank 2: (2, 1, 1) and (1, 2, 0)
}

METRICS: dict[str, Any] = {
    "diagonal": (2.0, 0.5, 1.2),
    "dense": ((0.8, -0.2, 0.1), (-0.2, 1.5, 0.3), (0.1, 0.3, 0.6)),
    "rank one": ((0.25, -0.5, 1.0), (-0.5, 1.0, -2.0), (1.0, -2.0, 4.0)),
}


def cases() -> dict[str, Case]:
    """All, by name."""
    named = [*_generic(), *_ambient(), *_shapes(), *_offsets(), *_norm_ratios(), *_angles(), *_parallel()]
    result = dict(named)
    if len(result) != len(named):
        raise ValueError("two cases have one name")
    return result


def conventions(activation: str, norm: tuple[float, ...]) -> list[Derivative]:
    """Both, where they differ."""
    return ["backprop", "exact"] if activation != "erf" and len(norm) > int(activation[4:] or 1) else ["backprop"]


def _draw(rng: np.random.Generator, *shape: int) -> Any:
    """Normal numbers of three decimals, nested tuples."""
    return _tuple(np.round(rng.normal(size=shape), 3))


def _tuple(values: Any) -> Any:
    return tuple(_tuple(x) for x in values) if isinstance(values, (tuple, list, np.ndarray)) else float(values)


def _nets(seed: int, d: int, K: int, M: int) -> tuple[Net, Net]:
    rng = np.random.default_rng(seed)
    student, teacher = (Net(_draw(rng, n, d), _draw(rng, n), _draw(rng, n), float(_draw(rng, 1)[0])) for n in (K, M))
    return student, teacher


def _generic() -> Iterator[tuple[str, Case]]:
    """Everything at once: dense covariance and metric, a mean, every activation, norm and convention."""
    mean = (0.4, -0.3, 0.2)
    for seed, (activation, full) in enumerate(NORMS.items()):
        for norm in (full[:1], full[:2], full) if len(full) > 2 else (full[:1], full, (0.0, 1.0)):
            student, teacher = _nets(seed, 3, 2, 1)
            for derivative in conventions(activation, norm):
                ambient = (mean, COVARIANCES["dense"], METRICS["dense"])
                case = Case(student, teacher, norm, *ambient, activation, derivative)
                yield f"generic {activation} {norm} {derivative}", case


def _ambient() -> Iterator[tuple[str, Case]]:
    """Each kind of covariance and of metric."""
    mean = (-0.5, 0.1, 0.3)
    for activation in ("relu", "erf"):
        student, teacher = _nets(11, 3, 2, 1)
        norm = NORMS[activation][:2]
        for name, covariance in COVARIANCES.items():
            yield f"covariance {name} {activation}", Case(student, teacher, norm, mean, covariance, 1.0, activation)
        for name, metric in METRICS.items():
            yield f"metric {name} {activation}", Case(student, teacher, norm, mean, 1.0, metric, activation)
    for name, covariance, metric in (("diagonal", "diagonal", "rank one"), ("singular", "singular", "dense")):
        student, teacher = _nets(12, 3, 2, 1)
        ambient = (mean, COVARIANCES[covariance], METRICS[metric])
        yield f"{name} relu2 exact", Case(student, teacher, NORMS["relu2"], *ambient, "relu2", "exact")
    yield "small and large variances", Case(student, teacher, (1.0, 0.7), mean, (1e-8, 1.0, 1e8), (1e4, 1.0, 1e-4))


def _shapes() -> Iterator[tuple[str, Case]]:
    """Widths and dimensions, standard inputs, and what is zero or absent."""
    for d, K, M in ((1, 1, 1), (1, 2, 2), (2, 3, 1), (4, 1, 2), (2, 1, 1)):
        student, teacher = _nets(20 + d + K, d, K, M)
        yield f"standard inputs d={d} K={K} M={M}", Case(student, teacher, (1.0, 1.0), (0.0,) * d)
    student, teacher = _nets(31, 2, 2, 1)
    zero = [Net(net.weights, net.output_weights, (0.0,) * len(net.weights)) for net in (student, teacher)]
    for activation in ("relu", "relu2", "erf"):
        yield f"no bias {activation}", Case(*zero, NORMS[activation][:2], (0.0, 0.0), activation=activation)
    yield "no bias relu exact", Case(*zero, (1.0, 0.7), (0.0, 0.0), derivative="exact")
    yield "no bias, a mean", Case(*zero, (1.0, 0.7), (0.8, -0.6))
    dead = Net(student.weights, (0.0, student.output_weights[1]), student.biases, student.output_bias)
    yield "an output weight is zero", Case(dead, teacher, (1.0, 0.7), (0.0, 0.0))


def _offsets() -> Iterator[tuple[str, Case]]:
    """Means of z up to 8 standard deviations on either side: rows of norm one, by biases and by the mean of x."""
    weights, teacher_weights = ((0.6, 0.8), (-0.8, 0.6)), ((0.28, 0.96),)
    for activation in ("relu", "relu2", "relu3", "erf"):
        norm = NORMS[activation][:3]
        for low, high in ((-8.0, 8.0), (-4.0, -7.0), (2.0, 6.0)):
            student, teacher = Net(weights, (0.7, -1.2), (low, high), 0.1), Net(teacher_weights, (1.5,), (3.0,), 0.2)
            name, derivative = f"offsets {low} {high} {activation}", conventions(activation, norm)[-1]
            yield name, Case(student, teacher, norm, (0.0, 0.0), activation=activation, derivative=derivative)
    student, teacher = Net(weights, (0.7, -1.2), (0.0, 0.0)), Net(teacher_weights, (1.5,), (0.0,))
    yield "offsets by the mean", Case(student, teacher, (1.0, 0.7), (6.0, 4.0))
    yield (
        "offset of one kink",
        Case(Net(((1.0, 0.0),), (1.0,), (0.5,)), Net(((1.0, 0.5),), (1.0,), (1e-9,)), (1.0, 0.7), (0.0, 0.0)),
    )


def _norm_ratios() -> Iterator[tuple[str, Case]]:
    """One row 1e6 times, or 1e-6 times, the others, its bias with it."""
    for activation in ("relu", "relu3", "erf"):
        for ratio in (1e6, 1e-6):
            weights = ((0.613 * ratio, 0.821 * ratio), (-0.811, 0.574))
            student = Net(weights, (0.7, -1.2), (0.4 * ratio, 0.3), 0.1)
            teacher = Net(((0.281, 0.954),), (1.5,), (-0.6,), 0.2)
            case = Case(student, teacher, NORMS[activation][:2], (0.3, -0.2), (1.5, 0.4), 1.0, activation)
            yield f"norm ratio {ratio} {activation}", case


def _angles() -> Iterator[tuple[str, Case]]:
    """A row beside the teacher's, and beside its negative: the difference is exact in doubles, kinks meet or do not;
    and at other norms and offsets."""
    row, bias = (0.75, -1.1), 0.4
    across = (1.1, 0.75)
    for activation, norm in (("relu", (1.0, 0.7)), ("relu2", (1.0, 0.5, 0.2)), ("erf", (1.0, 0.5))):
        for sign in (1.0, -1.0):
            for theta in (1e-12, 1e-6, 1e-2) if activation == "relu" else (1e-12, 1e-5):
                for name, shift in (("meet", 0.7 * theta), ("do not", 0.5))[: 2 if activation == "relu" else 1]:
                    moved = tuple(sign * x + theta * y for x, y in zip(row, across, strict=True))
                    student = Net((moved, (0.3, 0.9)), (0.8, -0.5), (sign * bias + shift, 0.2), 0.3)
                    teacher = Net((row,), (1.5,), (bias,), 0.2)
                    for derivative in conventions(activation, norm):
                        ambient = ((0.3, -0.2), ((1.0, 0.25), (0.25, 0.5)), 1.0)
                        case = Case(student, teacher, norm, *ambient, activation, derivative)
                        yield f"angle {sign * theta} kinks {name} {activation} {derivative}", case
    scale = 2.0**20
    moved = tuple(scale * (x + 1e-9 * y) for x, y in zip(row, across, strict=True))
    student, teacher = Net((moved,), (0.8,), (scale * (bias + 1e-9),), 0.3), Net((row,), (1.5,), (bias,), 0.2)
    yield "angle 1e-9 norm ratio 2^20", Case(student, teacher, (1.0, 0.7), (0.3, -0.2))
    for activation, norm in (("relu", (1.0, 0.7)), ("relu2", (1.0, 0.5, 0.2)), ("erf", (1.0, 0.5))):
        for scale, theta, offset in ((3e5, 1e-6, 0.3), (1.0, 1e-6, 8.0), (1.0, 1e-12, -8.0)):
            moved = tuple(scale * (x + theta * y) for x, y in zip(row, across, strict=True))
            level = 1.3314 * offset  # |row| = 1.3314
            student = Net((moved,), (0.8,), (scale * (level + theta),), 0.3)
            teacher = Net((row,), (1.5,), (level,), 0.2)
            derivative = conventions(activation, norm)[-1]
            case = Case(student, teacher, norm, (0.0, 0.0), activation=activation, derivative=derivative)
            yield f"angle {theta} norm ratio {scale} offset {offset} {activation} {derivative}", case


def _parallel() -> Iterator[tuple[str, Case]]:
    """Rows exactly parallel: one kink, two kinks, of opposite sides; and the teacher itself."""
    row = (0.75, -1.25)
    ambient = ((0.5, -0.25), ((1.0, 0.25), (0.25, 0.5)), 1.0)
    for activation, norm in (("relu", (1.0,)), ("relu", (1.0, 0.7)), ("relu2", (1.0, 0.5)), ("erf", (1.0, 0.5))):
        for name, scale, shift in (("one kink", 2.0, 0.0), ("two kinks", 2.0, 0.75), ("opposite", -1.0, 0.0)):
            moved = tuple(scale * x for x in row)
            student = Net((moved, (0.25, 0.9)), (0.8, -0.5), (scale * 0.5 + shift, 0.2), 0.3)
            case = Case(student, Net((row,), (1.5,), (0.5,), 0.2), norm, *ambient, activation)
            yield f"parallel {name} {activation} {norm}", case
    student = Net(((1.5, -2.5), (0.25, 0.9)), (0.8, -0.5), (1.75, 0.2), 0.3)
    yield (
        "parallel two kinks relu exact",
        Case(student, Net((row,), (1.5,), (0.5,)), (1.0, 0.7), *ambient, "relu", "exact"),
    )
    for derivative in ("backprop", "exact"):
        student = Net((row, (0.25, 0.9)), (0.0, -0.5), (0.5, 0.2), 0.3)
        case = Case(student, Net((row,), (1.5,), (0.5,)), (1.0, 0.7), *ambient, "relu", derivative)
        yield f"one kink, the student's output weight is zero {derivative}", case
        student, absent = Net((row, (0.25, 0.9)), (0.8, -0.5), (0.5, 0.2), 0.3), Net((row,), (0.0,), (0.5,))
        case = Case(student, absent, (1.0, 0.7), *ambient, "relu", derivative)
        yield f"one kink, the teacher's output weight is zero {derivative}", case
    mean, variances = (0.5, -0.25, 0.25), (1.0, 0.0, 2.0)
    student = Net(((0.75, -1.25, 0.5), (0.3, 0.9, -0.4)), (0.8, -0.5), (0.5, 0.2), 0.3)
    for name, bias in (("one kink", 1.0), ("two kinks", 0.5)):
        teacher = Net(((0.75, 0.75, 0.5),), (1.5,), (bias,), 0.2)
        for activation in ("relu", "erf"):
            case = Case(student, teacher, NORMS[activation][:2], mean, variances, 1.0, activation)
            yield f"parallel but for what the inputs do not see, {name} {activation}", case
    _, teacher = _nets(41, 2, 1, 2)
    for activation in NORMS:
        yield f"at the teacher {activation}", Case(teacher, teacher, NORMS[activation][:2], *ambient, activation)
