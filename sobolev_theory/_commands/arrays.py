"""What makes a problem besides hidden weights: arrays, each from an option, a file or numbers, or all from one file."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import number, read_arrays, read_numbers, read_weights, shown
from ..inputs import Inputs
from ..layout import NAMES
from .options import FILES, checked

FloatArray = NDArray[np.float64]

ROLES = ("student", "teacher")

ARRAYS = {
    "student_weights": "student",
    "student_output_weights": "output_weights",
    "student_biases": "biases",
    "student_output_bias": "output_bias",
    "teacher_weights": "teacher",
    "teacher_output_weights": "teacher_output_weights",
    "teacher_biases": "teacher_biases",
    "teacher_output_bias": "teacher_output_bias",
    "mean": "mean",
    "covariance": "covariance",
    "metric": "metric",
}
"""Names of arrays in a file, and the options that are the same."""

MOVING = f"what moves: all, or some of {', '.join(NAMES)} (default weights)"

EXTRAS = (*(option for option in ARRAYS.values() if option not in ROLES), "parameters", "problem")
"""Options of everything that is not hidden weights."""


def add_arrays(command: argparse.ArgumentParser) -> None:
    """Options for biases, output layers, inputs, the metric and what moves."""
    layers = command.add_argument_group("biases and output layers: a file or numbers (--biases=-1,2 if negative)")
    for whose, of in (("", "student"), ("teacher-", "teacher")):
        layers.add_argument(f"--{whose}biases", type=vector, metavar="FILE|a,b", help=f"biases of the {of}'s neurons")
        help_weights = f"output weights of the {of} (default ones)"
        layers.add_argument(f"--{whose}output-weights", type=vector, metavar="FILE|a,b", help=help_weights)
        layers.add_argument(f"--{whose}output-bias", type=finite, metavar="c", help=f"output bias of the {of}")
    layers.add_argument("--parameters", nargs="+", choices=["all", *NAMES], metavar="NAME", help=MOVING)
    setting = command.add_argument_group("inputs N(mean, covariance) and the metric of input gradients")
    setting.add_argument("--mean", type=vector, metavar="FILE|a,b", help="mean (default zero)")
    for name, what in (("--covariance", "covariance"), ("--metric", "form that measures input gradients")):
        help_form = f"{what}: a number, variances, or a matrix (d, d), {FILES}"
        setting.add_argument(name, type=numbers, metavar="FILE|a|a,b", help=help_form)
    names = ", ".join(ARRAYS)
    setting.add_argument("--problem", type=_problem, metavar="FILE.npz", help=f"all of it by name, or some: {names}")


finite = checked(lambda name, value: number(name, value, "a finite number", -np.inf, np.inf), float)


def numbers(text: str) -> FloatArray:
    """A number, comma-separated numbers, or what a file holds."""
    try:
        if not text.isascii() or "_" in text:
            raise ValueError
        values = [float(part) for part in text.split(",")]
        return np.array(values if "," in text else values[0])
    except ValueError:
        pass
    try:
        return read_numbers("", Path(text))
    except ValueError as error:
        required = f"numbers such as 0.5,-1, or a file, {FILES}, are required, got {shown(text)}"
        raise argparse.ArgumentTypeError(str(error).strip() if Path(text).suffix else required) from None


def vector(text: str) -> FloatArray:
    """Numbers, of which one is a vector too."""
    return np.atleast_1d(numbers(text))


def _problem(text: str) -> dict[str, FloatArray]:
    try:
        return read_arrays("", Path(text), ARRAYS)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).strip()) from None


def has(options: argparse.Namespace, key: str) -> bool:
    """Whether there is an array of a name, in an option or in the file."""
    return getattr(options, ARRAYS[key]) is not None or key in (options.problem or {})


def origin(options: argparse.Namespace, key: str) -> str:
    """What a message calls an array: its option, or its name in the file."""
    given = getattr(options, ARRAYS[key]) is not None
    return f"--{ARRAYS[key].replace('_', '-')}" if given else f"--problem, {key}"


def array(options: argparse.Namespace, key: str) -> Any:
    """The array of a name, or None."""
    given, held = getattr(options, ARRAYS[key]), (options.problem or {}).get(key)
    if given is None:
        return held
    if held is not None:
        raise ValueError(f"{origin(options, key)}: not together with --problem, which holds {key}")
    return read_weights(origin(options, key), given) if isinstance(given, Path) else given


def loss_options(options: argparse.Namespace) -> dict[str, Any]:
    """Of the options of a loss those that are given: inputs, metric and parameters."""
    given: dict[str, Any] = {}
    mean, covariance, metric = (array(options, key) for key in ("mean", "covariance", "metric"))
    if mean is not None or covariance is not None:
        given["inputs"] = Inputs(mean, covariance)
    if metric is not None:
        given["metric"] = metric
    if options.parameters is not None:
        given["parameters"] = "all" if options.parameters == ["all"] else tuple(options.parameters)
    return given
