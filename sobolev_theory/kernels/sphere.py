"""Which degrees a wide network learns fast: spectra of its kernels on the sphere, in L2 and in Sobolev norms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import counted, integer, number, one_of
from .._runtime.results import Column, Record, Rows, Value
from .._runtime.tables import Table
from ..activations import Activation
from ..norms import Norm, NormLike, several_norms
from .degrees import shares_of
from .harmonics import laplacian, multiplicity
from .prior import KERNELS, LARGEST, SMALLEST, Prior, PriorOptions

FloatArray = NDArray[np.float64]

MOST_DEGREES, MOST_DIMENSIONS, MOST_HARMONICS = 200, 10_000, 10**300


@dataclass(frozen=True, eq=False, repr=False)
class Degree(Record, Value):
    """A degree of spherical harmonics: multiplicity, eigenvalue of the kernel, rates in the norms compared.

    ``share`` is that of the kernel's trace, ``multiplicity eigenvalue/K(x, x)``. Residuals of this degree decay like
    ``exp(-rate t)``. Both are NaN where rounding leaves less than three digits.
    """

    degree: int
    multiplicity: int
    eigenvalue: float
    share: float
    rates: tuple[float, ...]


@dataclass(frozen=True, eq=False, repr=False)
class SphereSpectrum(Rows[Degree], Value):
    """The spectrum of a kernel on a sphere by degree: a row for each, and rates of gradient flow in some norms.

    Attributes
    ----------
    kernel, activation, dim
        Of what it is the spectrum.
    norms
        Names of the norms.
    rows
        The degrees, from 0 on.

    Examples
    --------
    >>> from sobolev_theory.kernels import sphere_spectrum
    >>> spectrum = sphere_spectrum("relu", 3, 4)
    >>> [row.multiplicity for row in spectrum], spectrum[1].rates[1] == 3 * spectrum[1].rates[0]
    ([1, 3, 5, 7, 9], True)
    """

    kernel: str
    activation: str
    dim: int
    norms: tuple[str, ...]
    rows: tuple[Degree, ...]

    def named_rows(self) -> Sequence[tuple[str | None, Degree]]:
        """The degrees, without names."""
        return [(None, row) for row in self.rows]

    @property
    def rates(self) -> FloatArray:
        """Rates, (degrees + 1, norms)."""
        return np.array([row.rates for row in self.rows])

    @property
    def rates_at_equal_sharpness(self) -> FloatArray:
        """Rates after time was rescaled so that the largest rate of every norm is 1, (degrees + 1, norms)."""
        with np.errstate(invalid="ignore"):  # of rates all of which are 0
            rates: FloatArray = self.rates / np.fmax.reduce(self.rates, axis=0)
        return rates

    def table(self) -> Table:
        """A row for each degree, rates as they are and at equal sharpness."""
        columns = [Column("degree"), Column("multiplicity", "", "{:.6g}"), Column("share", "", "{:.4g}")]
        columns += [Column(f"rate_{norm}", norm, "{:.4g}") for norm in self.norms]
        columns += [Column(f"rate_equal_sharpness_{norm}", f"{norm}/largest", "{:.4g}") for norm in self.norms]
        numbers = zip(self.rows, self.rates_at_equal_sharpness, strict=True)
        values = [(row.degree, row.multiplicity, row.share, *row.rates, *equal) for row, equal in numbers]
        left = 1 - float(np.nansum([row.share for row in self.rows]))
        notes = [
            f"rates of gradient flow in each norm, and over the largest; share of higher degrees {max(left, 0.0):.2g}"
        ]
        notes += ["nan: too small for doubles to tell"] * bool(np.isnan(self.rates).any())
        return Table(f"{self.kernel} of {self.activation} on the sphere in R^{self.dim}", columns, values, notes)


def sphere_spectrum(
    activation: str | Activation,
    dim: int,
    degrees: int = 10,
    norms: Sequence[NormLike] = ("L2", "H1"),
    *,
    kernel: str = "ntk",
    radius: float = 1.0,
    **variances: Unpack[PriorOptions],
) -> SphereSpectrum:
    r"""Rates at which a wide network learns spherical harmonics, degree by degree.

    Inputs are uniform on the sphere of a radius R in R^d. There the kernel has harmonics of degree l as eigenfunctions,
    with an eigenvalue ``mu_l`` (Funk & Hecke) of multiplicity ``N(d, l)``. Under gradient flow of ``E[lambda_0 (f -
    f*)^2 + lambda_1 |grad (f - f*)|^2]/2``, with gradients along the sphere, a residual of degree l decays at the rate

    .. math:: \mu_l \left(\lambda_0 + \lambda_1 \frac{l (l + d - 2)}{R^2}\right)

    H1 speeds up high degrees: at equal sharpness, in which the fastest has the rate 1, they gain the most.

    Parameters
    ----------
    activation, weight_variance, bias_variance
        As in `nngp`.
    dim
        ``d``, from 2 to 10000.
    degrees
        The highest degree, up to 200.
    norms
        Norms up to order 1.
    kernel
        ``"ntk"`` or ``"nngp"``.
    radius
        ``R > 0``.

    Returns
    -------
    SphereSpectrum
        Eigenvalues to 1e-15 of ``K(x, x)/sqrt(N(d, l))``, in more than some twenty dimensions to 1e-12 of their own
        size or so; what is zero by parity is 0, and what has less than three digits is NaN.

    Raises
    ------
    ValueError
        For numbers out of range; for norms of higher order.
    InfiniteNormError
        For the tangent kernel of an activation that jumps, and for derivatives of its networks.

    Notes
    -----
    The rate of H1 is that of pointwise derivatives of the function, not of the Gram matrix of a ReLU network's
    backpropagated gradients, `sobolev_gram`, in which kinks rest.

    Source: Bach 2017; Bietti & Mairal 2019; Basri et al. 2019 (kernels by degree); the factor: eigenvalues of the
    Laplacian of the sphere.

    Examples
    --------
    >>> print(sphere_spectrum("relu", 3, 3, kernel="nngp"))
    nngp of relu on the sphere in R^3
    degree  multiplicity   share       L2       H1  L2/largest  H1/largest
         0             1   0.375   0.1875   0.1875           1        0.75
         1             3     0.5  0.08333     0.25      0.4444           1
         2             5  0.1172  0.01172  0.08203      0.0625      0.3281
         3             7       0        0        0           0           0
    rates of gradient flow in each norm, and over the largest; share of higher degrees 0.0078
    """
    one_of("kernel", kernel, KERNELS)
    prior = Prior.parse(activation, **variances)
    d = _within("dim", dim, "a dimension", 2, MOST_DIMENSIONS)
    highest = _within("degrees", degrees, "a degree", 0, MOST_DEGREES)
    if multiplicity(d, highest) > MOST_HARMONICS:
        raise ValueError(f"degrees: at most 10^300 harmonics are supported, degree {highest} has more")
    R = number("radius", radius, f"a number from {SMALLEST:g} to {LARGEST:g}", SMALLEST / 2, LARGEST * 2)
    parsed = [_first_order(Norm.parse(norm, prior.activation)) for norm in several_norms(norms)]
    prior.require_finite(int(kernel == "ntk"))
    shares, total = shares_of(kernel, prior, d, highest, R)
    rows = []
    for degree, share in enumerate(shares.tolist()):
        count, weights = multiplicity(d, degree), [(*norm.weights, 0.0)[:2] for norm in parsed]
        rates = tuple(share / count * (low + high * (laplacian(d, degree) / R**2)) for low, high in weights)
        rows.append(Degree(degree, count, share / count, share / total, rates))
    return SphereSpectrum(kernel, prior.activation.name, d, tuple(norm.name for norm in parsed), tuple(rows))


def _within(name: str, value: int, what: str, least: int, most: int) -> int:
    """A whole number of a range."""
    given = integer(name, value, f"{what} from {least} to {most}", least)
    if given > most:
        raise ValueError(f"{name}: {what} from {least} to {most} is required, got {counted(given)}")
    return given


def _first_order(norm: Norm) -> Norm:
    """A norm without second derivatives."""
    if norm.order > 1:
        raise ValueError(f"norms: norms up to order 1 are required on the sphere, got {norm.name}")
    return norm
