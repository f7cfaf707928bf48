"""Student and teacher: of files, drawn at random, or one neuron."""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ..networks import Network
from .activation import add_activation
from .arrays import ARRAYS, ROLES, add_arrays, array, has, origin
from .options import FILES, add_derivative, angle, ratio, refuse, seed, size

LAYERS = ("output_weights", "biases", "output_bias")
"""Arguments of a network that are not hidden weights."""

DIM = 3
"""Input dimension of one neuron given by its angle, unless told: the smallest with a transverse direction."""


def add_networks(command: argparse.ArgumentParser) -> None:
    """Options that say which student and teacher, on which inputs."""
    networks = command.add_argument_group("student and teacher: weight files, or random networks")
    whole = ", or a network that Network.save wrote"
    networks.add_argument("--student", type=Path, metavar="FILE", help=f"weights (K, d), {FILES}{whole}")
    networks.add_argument("--teacher", type=Path, metavar="FILE", help=f"weights (M, d), {FILES}{whole}")
    networks.add_argument("--width", type=size, help="width K of a random student")
    networks.add_argument("--teacher-width", type=size, help="width M of a random teacher (default: --width)")
    networks.add_argument("--dim", type=size, help="input dimension d")
    networks.add_argument("--seed", type=seed, default=0, help="seed of everything random (default 0)")
    add_activation(command)
    add_derivative(command)
    add_arrays(command)


def add_one_neuron(command: argparse.ArgumentParser) -> None:
    """Options for one neuron, instead of networks."""
    neuron = command.add_argument_group("or one neuron")
    neuron.add_argument("--angle", type=angle, help="angle of the student to the teacher, radians")
    neuron.add_argument("--ratio", type=ratio, help=f"norm ratio |w*|/|w| (default 1); --dim is {DIM} unless given")


def networks(options: argparse.Namespace) -> tuple[Network, Network]:
    """Student and teacher from files or drawn at random."""
    given = [has(options, f"{role}_weights") for role in ROLES]
    if all(given):
        refuse(options, ("width", "teacher_width", "dim"), "not together with --student and --teacher")
        return of_file(options, "student"), of_file(options, "teacher")
    if options.width is None or options.dim is None or any(given):
        raise ValueError("name the networks by both --student and --teacher, or by --width and --dim")
    rng = np.random.default_rng(options.seed)
    student, teacher = (Network.random(k, options.dim, rng=rng, activation=options.activation) for k in widths(options))
    return network(options, "student", student.weights), network(options, "teacher", teacher.weights)


def of_file(options: argparse.Namespace, role: str) -> Network:
    """The student or the teacher whose weights are in a file."""
    return network(options, role, array(options, f"{role}_weights"))


def network(options: argparse.Namespace, role: str, weights: ArrayLike) -> Network:
    """The student or the teacher of hidden weights, with the biases and the output layer of the options."""
    output_weights, biases, bias = (array(options, f"{role}_{key}") for key in LAYERS)
    try:
        return Network(weights, output_weights, biases, 0.0 if bias is None else bias, options.activations[role])
    except ValueError as error:
        argument, _, rest = str(error).partition(":")
        key = f"{role}_{argument}"
        raise ValueError(f"{origin(options, key)}:{rest}" if key in ARRAYS else str(error)) from None


def teacher_alone(options: argparse.Namespace) -> Network:
    """The teacher from a file, or that of random networks."""
    if not has(options, "teacher_weights"):
        return networks(options)[1]
    refuse(options, ("width", "dim"), "not together with --teacher")
    return of_file(options, "teacher")


def refuse_student(options: argparse.Namespace, reason: str) -> None:
    """Refuse what says something of a student, in options or in a file of arrays, where it would be ignored."""
    given = [origin(options, key) for key in ARRAYS if key.startswith("student_") and has(options, key)]
    if given:
        raise ValueError(f"{', '.join(given)}: {reason}")


def widths(options: argparse.Namespace) -> tuple[int, int]:
    """Of a random student and teacher."""
    return options.width, options.width if options.teacher_width is None else options.teacher_width


def networks_or_one_neuron(options: argparse.Namespace) -> tuple[Network, Network]:
    """Student and teacher, or one neuron ``w`` at an angle to ``w* = e_1``."""
    if options.angle is None:
        refuse(options, ("ratio",), "only together with --angle")
        return networks(options)
    refuse(options, ("student", "teacher", "width", "teacher_width", "problem"), "not together with --angle")
    ratio = 1.0 if options.ratio is None else options.ratio
    dim = DIM if options.dim is None else options.dim
    if dim < 2:
        raise ValueError(f"--dim: at least 2 is required, since an angle needs a plane, got {dim}")
    e1, e2 = np.eye(2, dim)
    w = (np.cos(options.angle) * e1 + np.sin(options.angle) * e2) / ratio
    return network(options, "student", [w]), network(options, "teacher", [e1])


def describe(student: Network, teacher: Network) -> str:
    """Activations and sizes in words."""
    other = "" if teacher.activation == student.activation else f"{teacher.activation} "
    return (
        f"{student.activation} student {student.width} x {student.dim}, {other}teacher {teacher.width} x {teacher.dim}"
    )
