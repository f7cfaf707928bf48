"""Streaming mean and covariance of many entries, and the joint test of a mean against a theory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

Array = NDArray[np.float64]

UNTHREADED = 2**18
"""Multiplications up to which OpenBLAS does a product in one thread.

Larger products of this kind gain nothing from threads, and lose a factor of ten when another process holds a core.
"""


@dataclass(frozen=True, eq=False)
class Moments:
    """Count, mean, scatter and tails of samples with E entries: all that a stream of any length leaves behind.

    ``mean = sum_k x_k / n``, shape (E,);  ``scatter = sum_k (x_k - mean)(x_k - mean)'``, shape (E, E);
    ``third = sum_k y_k^3`` and ``fourth = sum_k y_k^4``, shape (E,), of every entry in its own standard deviations,
    ``y = (x - mean)/s``, so that no power leaves the range of double precision before the scatter does.
    """

    count: int
    mean: Array
    scatter: Array
    third: Array
    fourth: Array

    @classmethod
    def of(cls, samples: Array) -> "Moments":
        """Moments of ``samples`` (E, n), samples along the last axis; two passes, so nothing cancels."""
        mean = samples.mean(axis=1)
        centred = samples - mean[:, None]
        scatter = np.zeros((len(mean), len(mean)))
        step = max(8, UNTHREADED // scatter.size)
        for start in range(0, samples.shape[1], step):
            part = centred[:, start : start + step]
            scatter += part @ part.T
        centred *= _inverse(np.sqrt(np.diagonal(scatter) / samples.shape[1]))[:, None]
        squares = centred**2
        third, fourth = np.einsum("en,en->e", squares, centred), np.einsum("en,en->e", squares, squares)
        return cls(samples.shape[1], mean, scatter, third, fourth)

    def merge(self, other: "Moments") -> "Moments":
        """Moments of both sets of samples together (Chan, Golub & LeVeque 1983; Pebay 2008).

        With ``delta = mean_2 - mean_1``:  ``mean = mean_1 + (n_2/n) delta``,
        ``scatter = scatter_1 + scatter_2 + (n_1 n_2/n) delta delta'``; the third and fourth powers of both parts are
        expanded about the common mean.

        Examples
        --------
        >>> Moments.of(np.array([[1.0, 2.0]])).merge(Moments.of(np.array([[6.0]]))).mean
        array([3.])
        """
        count = self.count + other.count
        delta = other.mean - self.mean
        mean = self.mean + delta * (other.count / count)
        scatter = self.scatter + other.scatter + np.outer(delta, delta) * (self.count * other.count / count)
        unit = _inverse(np.sqrt(np.diagonal(scatter) / count))
        tails = zip(self._powers(mean, unit), other._powers(mean, unit), strict=True)
        return Moments(count, mean, scatter, *(first + second for first, second in tails))

    def _powers(self, centre: Array, unit: Array) -> tuple[Array, Array]:
        """Sums of third and fourth powers of ``(x_k - centre) unit``, entry by entry."""
        n, shift, ratio = self.count, (self.mean - centre) * unit, self.deviation * unit
        third = ratio**3 * self.third + 3 * n * shift * ratio**2 + n * shift**3
        fourth = (
            ratio**4 * self.fourth + 4 * shift * ratio**3 * self.third + 6 * n * (shift * ratio) ** 2 + n * shift**4
        )
        return third, fourth

    @property
    def covariance(self) -> Array:
        """Unbiased covariance of one sample, ``scatter / (n - 1)``, shape (E, E)."""
        return self.scatter / (self.count - 1)

    @property
    def deviation(self) -> Array:
        """Standard deviation ``s`` of one sample, entry by entry, shape (E,)."""
        return np.sqrt(np.diagonal(self.scatter) / self.count)

    @property
    def root_mean_square(self) -> Array:
        """``sqrt(E x^2)`` of every entry, shape (E,): the size of one ordinary sample."""
        return np.hypot(self.mean, self.deviation)


def _inverse(deviation: Array) -> Array:
    """``1/s``, and 0 for an entry that does not vary."""
    return np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)


@dataclass(frozen=True, eq=False)
class JointTest:
    """Result of `hotelling_test`: the standard error of every entry (E,), how many samples count, and one p-value."""

    standard_error: Array
    effective_samples: float
    p_value: float


def hotelling_test(moments: Moments, theory: Array, allowance: Array, granted: float = 0.0) -> JointTest:
    """Are the entries of ``theory`` together the mean of the sampled entries?

    Hotelling's statistic, with an independent ``allowance`` added to every entry's error:

        T^2 = delta' S^-1 delta,    delta = mean - theory,    S = C / n + diag(allowance^2),

    C the sample covariance. If delta has covariance C/n then ``E T^2 = r = tr(S^-1 C) / n``, which is E when the
    allowance is negligible in every direction and counts out the directions in which it is not: those in which the
    sampled entries are linearly dependent, where an exact theory has delta = 0 and any other one is found out. The
    p-value is ``P[F(r, n - r) >= T^2 (n - r) / (r (n - 1))]``; it is 0 for a theory that is not finite.

    Tails make ``T^2`` larger than normal samples do, by terms of the size of ``1/h``, where ``h = n / kurtosis`` is the
    number of *effective samples*: h equal events among n samples have that kurtosis, normal samples ``h = n/3``. They
    are counted with the errors S, for the entry that has fewest. ``granted`` of them divide ``T^2`` by
    ``1 + granted/h``.

    Parameters
    ----------
    moments
        Of n samples with E entries.
    theory
        (E,), the means to be judged.
    allowance
        (E,), positive: what the entries may be off for reasons other than the spread seen in the samples.
    granted
        Number of effective samples whose error is granted.

    Examples
    --------
    >>> heads = Moments.of(np.repeat([[0.0, 1.0]], [480, 520], axis=1))
    >>> hotelling_test(heads, np.array([0.5]), np.array([1e-12])).p_value  # doctest: +ELLIPSIS
    0.206...
    """
    n = moments.count
    spread = moments.covariance / n
    # Rounding of C must not decide what is dependent; of an entry's own error this takes a part in 10^13.
    allowance = np.maximum(allowance, np.sqrt(1e3 * np.finfo(float).eps * np.diagonal(spread)))
    error = np.sqrt(np.diagonal(spread) + allowance**2)
    # Unit diagonal first, so that entries of every scale are treated alike: S = D R D, D = diag(error).
    eigenvalues, axes = np.linalg.eigh(spread / np.outer(error, error) + np.diag((allowance / error) ** 2))
    with np.errstate(over="ignore"):
        statistic = float(np.sum((axes.T @ ((moments.mean - theory) / error)) ** 2 / eigenvalues))
    allowed = np.einsum("ek,e,ek->k", axes, (allowance / error) ** 2, axes)
    rank = max(1.0, float(np.sum(1 - allowed / eigenvalues)))
    kurtosis = moments.fourth / n * (moments.deviation / (np.sqrt(n) * error)) ** 4
    effective = n / max(1.0, float(kurtosis.max()))
    scaled = statistic / (1 + granted / effective) * (n - rank) / (rank * (n - 1))
    p_value = float(fdtrc(rank, n - rank, scaled))
    return JointTest(error, effective, p_value if np.isfinite(statistic) else 0.0)
