"""The limit law of empirical Gauss-Newton matrices at a network, for a norm and a number of samples."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from .._runtime.checks import number
from ..activations import Activation
from ..errors import OverflowingError, SizeError
from ..losses import LossOptions, PopulationLoss, Student
from ..networks import Network
from ..norms import NormLike
from .fixed_point import Equation
from .law import SampledSpectrum
from .patterns import Patterns, without_copies
from .single_neuron import FEWEST, MOST
from .support import Support

WIDEST = 10
"""Neurons; one has ``2^K`` patterns, and Newton's method ``K (K + 1)/2`` unknowns."""

STEEPEST = 1e4
"""Weight of the derivative, in units of that of the function, above which samples leave nothing but rounding."""

SINGULAR = 1e-13
"""Smallest eigenvalue, of the largest, below which a matrix is singular."""


def spectrum(
    V: Student, norm: NormLike = "H1", *, samples_per_dim: float, **loss_options: Unpack[LossOptions]
) -> SampledSpectrum:
    r"""The law of the empirical Gauss-Newton matrix of a piecewise linear network, as ``d, n`` grow at fixed ``n/d``.

    .. math:: \frac1n \sum_t s_t s_t^\top \otimes (\lambda_0 x_t x_t^\top + \lambda_1 I), \quad
        s_t = (a_i \sigma'(v_i \cdot x_t))_i

    of ``n`` samples ``x_t`` of a standard Gaussian input, at parameters that do not depend on them and whose number of
    neurons stays fixed. Labels do not matter, nor does their noise. The bulk solves an operator Marchenko-Pastur
    equation; the single eigenvalues that the span of the rows adds outside are found as well. In ``d`` dimensions edges
    lie inside by ``d^(-2/3)`` on average (`SampledSpectrum.expected_extremes`: upper ones by 0.4 to 2.3 percent at
    ``d = 400``); those of one matrix fluctuate by ``n^(-1/2)``, because the frequencies of patterns do.

    Parameters
    ----------
    V
        The network at which the matrix is taken, or its weights (K, d) with output weights one; at most ten neurons.
        Only angles between rows matter, not ``d``.
    norm
        As in `PopulationLoss`, with a positive weight of the function itself: derivatives alone have no such law, as
        their matrix is that of the population.
    samples_per_dim
        ``n/d``, from 1e-4 to 1e6.
    **loss_options
        ``activation``: one that is linear on either side of zero, ``"relu"``, ``"leaky_relu(0.1)"`` or ``"abs"``.

    Returns
    -------
    SampledSpectrum
        Extreme eigenvalues, condition number, mass at zero, intervals, outliers and density.

    Raises
    ------
    ValueError
        For other activations and norms, and rows that are nearly parallel, or opposite; `SizeError` for more than ten
        neurons.
    NotDifferentiableError
        If a row is zero.

    Notes
    -----
    Edges are accurate to 1e-10 of the largest for up to three neurons and for orthogonal rows. For other rows
    probabilities of the patterns of signs are counted at points, which leaves 2e-4 in H1, and up to 3e-3 of the
    smallest eigenvalue in L2. Extreme eigenvalues take milliseconds, of ten neurons a second; intervals, fractions and
    densities follow when they are asked for, and take a second for five neurons, and minutes for ten.

    With L2 the matrix is singular if ``n`` is below ``2 d`` for one ReLU neuron, ``8 d/3`` for two orthogonal ones, and
    about ``K d`` for many; with H1 its smallest eigenvalue is never below that of ``lambda_1 E[s s']``.

    Source: Marchenko & Pastur 1967; Silverstein & Bai 1995; Johnstone 2001 for finitely many dimensions; the operator
    form and the outliers: this derivation.

    Examples
    --------
    >>> print(spectrum([[1.0, 0.0]], "L2", samples_per_dim=8.0))               # (1 -+ 1/2)^2 / 2
    Empirical Gauss-Newton matrix, L2, n/d = 8
    part   from     to  fraction
    bulk  0.125  1.125         1
    kappa = 9
    >>> spectrum([[1.0, 0.0]], "L2", samples_per_dim=1.5).mass_at_zero         # 1 - n/(2 d)
    0.25
    >>> round(spectrum([[1.0, 0.0]], "H1", samples_per_dim=1.5).condition_number, 6)
    5.642734
    """
    loss = PopulationLoss(V, norm, **loss_options)
    _require_piecewise_linear(loss.activation)
    loss.require_standard("the law of sampled matrices")
    required, ends = f"a number from {FEWEST:g} to {MOST:g}", (np.nextafter(FEWEST, 0), np.nextafter(MOST, np.inf))
    given = number("samples_per_dim", samples_per_dim, required, *ends)
    network = _reduced(loss)
    equation, unit = _equation(network, loss, 1 / given)
    support = Support(equation)
    smallest, largest = (unit * value for value in (support.smallest, support.largest))
    if not 0 < largest < np.inf:
        raise OverflowingError("V: output weights are out of the range of double precision; smaller ones are required")
    share = network.width / loss.teacher.width
    smallest = 0.0 if share < 1 or smallest < SINGULAR * largest else smallest
    return SampledSpectrum(loss.norm.name, given, smallest, largest, support, unit, share)


def _reduced(loss: PopulationLoss) -> Network:
    """The neurons that decide, if there is a law of them."""
    weights = (*loss.norm.weights, 0.0)
    if not weights[0] * STEEPEST >= weights[1]:
        raise ValueError(
            f"norm: a weight of order 0 that is not below {1 / STEEPEST:g} of that of order 1 is required, got "
            f"{loss.norm.name}; the matrix of derivatives alone is that of the population"
        )
    if (K := loss.teacher.width) > WIDEST:
        raise SizeError(f"V: at most {WIDEST} neurons, with 2^{WIDEST} patterns, are supported, got {K}")
    loss.gauss_newton(loss.teacher)  # refuses zero rows
    return without_copies(loss.teacher)


def _equation(network: Network, loss: PopulationLoss, gamma: float) -> tuple[Equation, float]:
    """The equation in units of the largest slope and of ``lambda_0``, and that unit."""
    weights, patterns = (*loss.norm.weights, 0.0), Patterns.of(network, loss.activation)
    size = float(np.abs(patterns.slopes).max())
    scaled = Patterns(patterns.slopes / size, patterns.probabilities, patterns.moments)
    return Equation(scaled, gamma, weights[1] / weights[0]), weights[0] * size**2


def _require_piecewise_linear(activation: Activation) -> None:
    if activation.degree != 1:
        raise ValueError(
            f"activation: one that is linear on either side of zero, as relu, leaky_relu and abs are, is required, "
            f"got {activation.name!r}"
        )
