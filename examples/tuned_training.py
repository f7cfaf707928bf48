"""Does PyTorch take the steps that theory predicts?
=================================================

And does it pay to train on gradients, too? A teacher of 64 tanh neurons with biases in 8 dimensions, and students at a
twentieth from it, all of whose parameters are trained by full-batch gradient descent on Gaussian samples: with L2 and
with H1, each with the fixed step that needs fewest steps until the L2 loss on the samples is a twentieth of its start.
Predicted is the same count where gradients are linear, the Gauss-Newton matrix at the teacher times the displacement:
with the matrix of theory, which knows no sample, and with that of the samples. These are few, 1000 for 641 parameters:
with more the two agree better.

How many times the steps of H1 does L2 take? From three students,

=======  ======  =======  =======
student  theory  samples  PyTorch
=======  ======  =======  =======
0        4.51    3.63     3.70
1        3.89    3.47     3.54
2        4.76    3.97     3.97
=======  ======  =======  =======

and a step of H1 takes somewhat more than twice the time of one of L2. It needs PyTorch, ``pip install
'sobolev_theory[torch]'``, and a minute, and is not run for this page.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

import sobolev_theory as st

WIDTH, DIM = 64, 8
NORMS = ("L2", "H1")

Array = np.ndarray[Any, Any]
Count = Callable[[float, float], float]  # steps of a size until the error is small, infinite if not before so many


@dataclass(frozen=True)
class Training:
    """Steps from one start with one norm: as theory says, as the matrices of the samples say, and those of PyTorch."""

    theory: float
    samples: float
    counted: float
    milliseconds: float  # of a step of PyTorch


def parameters(rng: np.random.Generator) -> Array:
    """Random output weights, weights, biases and output bias, flat, for neurons and an output of order one."""
    a, W, b, c = (rng.standard_normal(n) for n in (WIDTH, WIDTH * DIM, WIDTH, 1))
    return np.concatenate([a / WIDTH**0.5, W / DIM**0.5, b, c / WIDTH**0.5])


def network(theta: Array) -> st.Network:
    """The network of flat parameters."""
    a, W, b, c = np.split(theta, np.cumsum([WIDTH, WIDTH * DIM, WIDTH]))
    return st.Network(W.reshape(WIDTH, DIM), a, b, c[0], activation="tanh")


def tuned(count: Count, step: float) -> tuple[float, float]:
    """The step of the smallest count, and the count: the best that changes by smaller and smaller factors find."""
    fewest, factor = count(step, np.inf), 1.1
    while factor > 1.02:
        for other in (step * factor, step / factor):
            if (found := count(other, fewest)) < fewest:
                step, fewest = other, found
                break
        else:
            factor **= 0.5
    return step, fewest


def linear(hessian: st.Curvature, gram: st.Curvature, displacement: Array, accuracy: float) -> tuple[float, float]:
    """The best step and its count where the gradient is ``H X`` and the error ``X' G X``."""
    values, vectors = np.linalg.eigh(hessian.to_dense())
    start, form = vectors.T @ displacement, vectors.T @ gram.to_dense() @ vectors

    def count(step: float, most: float) -> float:
        def far(steps: int) -> bool:
            left = (1 - step * values) ** steps * start
            return bool(left @ form @ left > accuracy * (start @ form @ start))

        low, high = 0, 1
        while far(high):
            if high >= most or step * values[-1] >= 2:
                return np.inf
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if far(middle) else (low, middle)
        return high

    return tuned(count, 1.9 / values[-1])


def trained(norm: str, X: Array, teacher: st.Network, student: st.Network, accuracy: float, step: float) -> list[float]:
    """Steps of PyTorch with the best size, searched for from one on, and milliseconds of a step."""
    import torch

    model, start = student.to_torch(), student.to_torch().state_dict()
    x, y, gradient = (torch.from_numpy(part) for part in (X, teacher(X), teacher.input_gradient(X)))
    loss, yardstick = st.torch.SobolevLoss(norm), st.torch.SobolevLoss("L2")
    spent = []

    def error() -> float:
        with torch.no_grad():
            return float(yardstick(model, x, y))

    def count(step: float, most: float) -> float:
        model.load_state_dict(start)
        optimiser = torch.optim.SGD(model.parameters(), lr=step)
        first, steps = error(), 0
        while steps < most:
            began = time.perf_counter()
            optimiser.zero_grad()
            loss(model, x, y, gradient).backward()
            optimiser.step()
            spent.append(time.perf_counter() - began)
            steps += 1
            if steps % (1 + steps // 100) == 0:  # a look at the error for each per cent of the count
                now = error()
                if now <= accuracy * first:
                    return steps
                if not now < first / accuracy:
                    break
        return np.inf

    return [tuned(count, step)[1], 1000 * float(np.median(spent))]


def trainings(seed: int, samples: int = 1000, accuracy: float = 0.05, distance: float = 0.05) -> dict[str, Training]:
    """Both norms, from one student of one teacher."""
    rng = np.random.default_rng(seed)
    theta, displacement, X = parameters(rng), distance * parameters(rng), rng.standard_normal((samples, DIM))
    teacher, student = network(theta), network(theta + displacement)
    theory = {norm: st.PopulationLoss(teacher, norm, parameters="all").gauss_newton(teacher) for norm in NORMS}
    data = {norm: st.empirical.curvature(teacher, X, norm, parameters="all") for norm in NORMS}
    found = {}
    for norm in NORMS:
        step, predicted = linear(theory[norm], theory["L2"], displacement, accuracy)
        _, on_samples = linear(data[norm], data["L2"], displacement, accuracy)
        found[norm] = Training(predicted, on_samples, *trained(norm, X, teacher, student, accuracy, step))
    return found


def main(starts: int = 3) -> None:
    """Print counts and their ratios, from several teachers and students, and what a ratio comes to in time."""
    try:
        import_module("sobolev_theory.torch")
    except ImportError as error:
        print(error)
        return
    import torch

    torch.set_num_threads(1)  # arrays are small: more threads wait for one another
    print(f"steps of tuned gradient descent: tanh, {WIDTH} neurons, {DIM} dimensions")
    print("start         theory  samples  PyTorch  ms a step")
    for seed in range(starts):
        found = trainings(seed)
        for norm, row in found.items():
            print(f"{seed}  {norm:5}  {row.theory:10g}  {row.samples:7g}  {row.counted:7g}  {row.milliseconds:9.2g}")
        columns = ("theory", "samples", "counted", "milliseconds")
        ratios = [getattr(found["L2"], name) / getattr(found["H1"], name) for name in columns]
        print("{}  L2/H1  {:10.3g}  {:7.3g}  {:7.3g}  {:9.2g}".format(seed, *ratios))
        print(f"   L2 takes {ratios[2]:.2g} times the steps of H1, and {ratios[2] * ratios[3]:.2g} times the time")


if __name__ == "__main__":
    main()
