"""``sobolev-theory plot``: figures in files."""

import argparse
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import monte_carlo
from ..conditioning.comparison import matrix_name
from ..conditioning.directions import Directions
from ..curvature.operator import Curvature
from ..descent.optimisers import RULES
from ..descent.steps_to import steps_to
from ..losses import PopulationLoss, each_loss
from ..networks import Network
from .activation import add_activation
from .arrays import loss_options
from .directions import add_direction, add_directions, along, networks_or_teacher, one_direction
from .figures import add_paper, load_plotting, save
from .flow import add_flows, compared
from .networks import add_networks, add_one_neuron, networks_or_one_neuron, refuse_student, teacher_alone
from .options import (
    add_command,
    add_derivative,
    add_norms,
    fraction,
    parse_norm,
    positive,
    refuse,
    size,
    workers,
)

EXAMPLES = """examples:
  sobolev-theory plot loss --angle 1 --output curves.pdf
  sobolev-theory plot phase --norm H1 --output phase.png
  sobolev-theory plot condition --norms H1 L2 --output map.png
  sobolev-theory plot spectrum --width 3 --dim 20 --towards random --output spectrum.svg
  sobolev-theory plot distribution --width 20 --dim 100 --curvature gauss_newton --output distribution.pdf
  sobolev-theory plot weight --width 5 --dim 100 --curvature gauss_newton --output weight.pdf
  sobolev-theory plot width --norms H1 L2 --activation erf --paper column --output width.pdf
  sobolev-theory plot sgd --angle 1 --batch 50 --steps 400 --output sgd.pdf
  sobolev-theory plot steps --width 2 --dim 6 --seed 2 --norms L2 H1 --output steps.pdf
  sobolev-theory plot samples --width 2 --dim 100 --output samples.pdf
"""


def add(commands: Any) -> None:
    """Declare the command, one figure a subcommand."""
    kinds = "loss, phase, condition, spectrum, distribution, weight, width, sgd, steps, samples"
    plot = add_command(commands, "plot", f"figures: {kinds}", EXAMPLES)
    figures = plot.add_subparsers(title="figures", required=True, metavar="FIGURE")
    add_flows(_figure(figures, "loss", "training curves of several norms, as is and at equal sharpness", _loss))
    phase = _figure(figures, "phase", "phase portrait of the gradient flow of one ReLU neuron", _phase)
    phase.add_argument("--norm", type=parse_norm, default="H1", help="L2, H1, or weights such as 1,0.5 (default H1)")
    add_derivative(phase)
    condition = _figure(
        figures, "condition", "quotient of condition numbers over angle and norm of the student", _condition
    )
    _add_two_norms(condition)
    add_derivative(condition)
    spectra = "eigenvalues with multiplicities, a panel for each norm"
    distribution = "parts of the eigenvalues up to a part of the largest, several norms over each other"
    for name, summary, draw in (("spectrum", spectra, _spectrum), ("distribution", distribution, _distribution)):
        command = _figure(figures, name, summary, draw)
        add_norms(command)
        _add_curvature(command)
        add_direction(command)
    weight = _figure(figures, "weight", "condition number and rate against the weight of the derivatives", _weight)
    _add_curvature(weight)
    add_directions(weight)
    width = _figure(figures, "width", "quotient of condition numbers at an orthonormal teacher over its width", _width)
    _add_two_norms(width)
    add_activation(width)
    sgd = _figure(figures, "sgd", "SGD on sampled inputs over exact gradient flow, for several norms", _sgd)
    add_norms(sgd)
    sgd.add_argument("--step", type=positive, default=0.05, help="step size (default 0.05)")
    sgd.add_argument("--batch", type=size, default=100, help="inputs of one step (default 100)")
    sgd.add_argument("--steps", type=size, default=1000, help="number of steps (default 1000)")
    sgd.add_argument("--runs", type=size, default=8, help="independent runs (default 8)")
    sgd.add_argument("--workers", type=workers, default=1, help="processes; -1 for all cores (default 1)")
    add_networks(sgd)
    add_one_neuron(sgd)
    steps = _figure(figures, "steps", "iterations against accuracy, each norm with its best step", _steps)
    add_norms(steps)
    steps.add_argument("--method", choices=[*RULES], default="gd", help="(default gd)")
    accuracies: dict[str, Any] = {"nargs": "+", "type": fraction, "default": [1e-2, 1e-4, 1e-6, 1e-8]}
    steps.add_argument("--accuracies", **accuracies, help="parts of the L2 loss at the start (default 1e-2 to 1e-8)")
    add_networks(steps)
    add_one_neuron(steps)
    samples = "condition number of the empirical Gauss-Newton matrix at the teacher against the number of samples"
    of_samples = _figure(figures, "samples", samples, _samples)
    add_norms(of_samples)
    add_networks(of_samples)


def _add_two_norms(command: argparse.ArgumentParser) -> None:
    """Which condition numbers are divided."""
    command.add_argument(
        "--norms", type=parse_norm, nargs=2, default=["H1", "L2"], help="two norms, first over second (default H1 L2)"
    )


def _add_curvature(command: argparse.ArgumentParser) -> None:
    """Which matrix, and where."""
    command.add_argument("--curvature", choices=("hessian", "gauss_newton"), default="hessian")
    add_networks(command)
    add_one_neuron(command)


def _figure(
    figures: Any, name: str, summary: str, draw: Callable[[ModuleType, argparse.Namespace], Any]
) -> argparse.ArgumentParser:
    """One figure and the function that draws it."""
    (example,) = [line for line in EXAMPLES.splitlines() if f"plot {name} " in line]
    command = add_command(figures, name, summary, f"example:\n{example}")
    command.set_defaults(run=run, draw=draw)
    command.add_argument("--output", type=Path, required=True, metavar="FILE", help="its suffix says which format")
    add_paper(command)
    return command


def run(options: argparse.Namespace) -> int:
    """Draw and save."""
    plotting = load_plotting("--output", options.output)
    with nullcontext() if options.paper is None else plotting.style("paper", width=options.paper):
        save(options.draw(plotting, options), options.output)
    return 0


def _loss(plotting: ModuleType, options: argparse.Namespace) -> Any:
    return plotting.loss_curves(compared(options, *networks_or_one_neuron(options)))[0]


def _phase(plotting: ModuleType, options: argparse.Namespace) -> Any:
    return plotting.phase_portrait(options.norm, derivative=options.derivative)


def _condition(plotting: ModuleType, options: argparse.Namespace) -> Any:
    return plotting.condition_number_map(tuple(options.norms), derivative=options.derivative)


def _spectrum(plotting: ModuleType, options: argparse.Namespace) -> Any:
    curvatures, names, title = _curvatures(options)
    ax = plotting.spectrum(curvatures, names)[0]
    plotting.styles.entitle(ax.figure, *title)
    return ax


def _distribution(plotting: ModuleType, options: argparse.Namespace) -> Any:
    curvatures, names, title = _curvatures(options)
    ax = plotting.spectral_distribution(curvatures, names)
    plotting.styles.entitle(ax, *title)
    return ax


def _curvatures(options: argparse.Namespace) -> tuple[list[Curvature], list[str], tuple[str, str]]:
    """Curvatures of all norms, along one direction if one is asked for, their names, and what matrices they are."""
    student, teacher = _where(options)
    losses = _losses(options, teacher)
    direction = Directions(one_direction(options, losses[0].layout(student.width)))
    found = [direction.curvatures(loss, student, options.curvature) for loss in losses]
    limit = direction.title if any(each.are_limits for each in found) else ""
    title = matrix_name(options.curvature, options.derivative, limit), losses[0].setting
    return [each.each[0] for each in found], [loss.norm.name for loss in losses], title


def _where(options: argparse.Namespace) -> tuple[Network, Network]:
    """Student and teacher of figures that take directions in which the student leaves."""
    if options.angle is not None:
        return networks_or_one_neuron(options)
    refuse(options, ("ratio",), "only together with --angle")
    return networks_or_teacher(options)


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """Options of losses."""
    return {"derivative": options.derivative, **loss_options(options)}


def _losses(options: argparse.Namespace, teacher: Network) -> list[PopulationLoss]:
    """One for each norm, with the activation of the student."""
    return each_loss(teacher, options.norms, {"activation": options.activation, **_settings(options)})


def _weight(plotting: ModuleType, options: argparse.Namespace) -> Any:
    settings = {"curvature": options.curvature, **along(options), **_settings(options)}
    return plotting.optimal_weight(*_where(options), **settings)[0]


def _width(plotting: ModuleType, options: argparse.Namespace) -> Any:
    return plotting.width_scaling(tuple(options.norms), activation=options.activation)


def _sgd(plotting: ModuleType, options: argparse.Namespace) -> Any:
    student, teacher = networks_or_one_neuron(options)
    losses = _losses(options, teacher)
    settings = {name: getattr(options, name) for name in ("step", "batch", "steps", "runs", "workers")}
    show = {"rng": options.seed, "progress": sys.stderr.isatty()}
    results = [monte_carlo.descent(loss, student, **settings, **show) for loss in losses]
    return plotting.sampled_curves(results, [loss.norm.name for loss in losses])


def _steps(plotting: ModuleType, options: argparse.Namespace) -> Any:
    student, teacher = networks_or_one_neuron(options)
    settings = {"method": options.method, "progress": sys.stderr.isatty(), **_settings(options)}
    tables = [steps_to(student, teacher, options.norms, accuracy=a, **settings) for a in options.accuracies]
    return plotting.tuned_steps(tables)


def _samples(plotting: ModuleType, options: argparse.Namespace) -> Any:
    refuse(options, ("teacher_width",), "only the teacher is sampled")
    refuse_student(options, "only the teacher is sampled")
    return plotting.condition_number_of_samples(teacher_alone(options), options.norms, **_settings(options))
