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
    """Count, mean and scatter of samples with E entries: all that a stream of any length leaves behind.

    ``mean = sum_k x_k / n``, shape (E,);  ``scatter = sum_k (x_k - mean)(x_k - mean)'``, shape (E, E).
    """

    count: int
    mean: Array
    scatter: Array

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
        return cls(samples.shape[1], mean, scatter)

    def merge(self, other: "Moments") -> "Moments":
        """Moments of both sets of samples together (Chan, Golub & LeVeque 1983).

        With ``delta = mean_2 - mean_1``:  ``mean = mean_1 + (n_2/n) delta``,
        ``scatter = scatter_1 + scatter_2 + (n_1 n_2/n) delta delta'``.

        Examples
        --------
        >>> Moments.of(np.array([[1.0, 2.0]])).merge(Moments.of(np.array([[6.0]]))).mean
        array([3.])
        """
        count = self.count + other.count
        delta = other.mean - self.mean
        mean = self.mean + delta * (other.count / count)
        scatter = self.scatter + other.scatter + np.outer(delta, delta) * (self.count * other.count / count)
        return Moments(count, mean, scatter)

    @property
    def covariance(self) -> Array:
        """Unbiased covariance of one sample, ``scatter / (n - 1)``, shape (E, E)."""
        return self.scatter / (self.count - 1)

    @property
    def root_mean_square(self) -> Array:
        """``sqrt(E x^2)`` of every entry, shape (E,): the size of one ordinary sample."""
        return np.sqrt(self.mean**2 + np.diagonal(self.scatter) / self.count)


@dataclass(frozen=True, eq=False)
class JointTest:
    """Result of `hotelling_test`: the standard error of every entry (E,), and one p-value for all entries."""

    standard_error: Array
    p_value: float


def hotelling_test(moments: Moments, theory: Array, allowance: Array) -> JointTest:
    """Are the entries of ``theory`` together the mean of the sampled entries?

    Hotelling's statistic, with an independent ``allowance`` added to every entry's error:

        T^2 = delta' S^-1 delta,    delta = mean - theory,    S = C / n + diag(allowance^2),

    C the sample covariance. If delta has covariance C/n then ``E T^2 = r = tr(S^-1 C) / n``, which is E when the
    allowance is negligible in every direction and counts out the directions in which it is not: those in which the
    sampled entries are linearly dependent, where an exact theory has delta = 0 and any other one is found out. The
    p-value is ``P[F(r, n - r) >= T^2 (n - r) / (r (n - 1))]``; it is 0 for a theory that is not finite.

    Parameters
    ----------
    moments
        Of n samples with E entries.
    theory
        (E,), the means to be judged.
    allowance
        (E,), positive: what the entries may be off for reasons other than the spread seen in the samples.

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
    p_value = float(fdtrc(rank, n - rank, statistic * (n - rank) / (rank * (n - 1))))
    return JointTest(error, p_value if np.isfinite(statistic) else 0.0)
