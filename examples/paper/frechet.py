"""Frechet distance of sets of images: that of Gaussians with the means and covariances of their features."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def frechet_distance(one: tuple[Array, Array], other: tuple[Array, Array]) -> float:
    """``|m - n|^2 + tr(A + B - 2 (A^(1/2) B A^(1/2))^(1/2))`` of Gaussians with means m, n and covariances A, B."""
    (m, A), (n, B) = one, other
    values, vectors = np.linalg.eigh(A)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    overlap = np.sqrt(np.linalg.eigvalsh(root @ B @ root).clip(0)).sum()
    return float(np.sum((m - n) ** 2) + np.trace(A) + np.trace(B) - 2 * overlap)


class Features:
    """A number of principal components of images, (N, n, n)."""

    def __init__(self, images: Array, number: int) -> None:
        flat = images.reshape(len(images), -1).astype(float)
        self.mean = flat.mean(axis=0)
        self.axes = np.linalg.svd(flat - self.mean, full_matrices=False)[2][:number].T

    def moments(self, images: Array) -> tuple[Array, Array]:
        """Mean and covariance of components of images (N, n, n)."""
        found = (images.reshape(len(images), -1) - self.mean) @ self.axes
        return found.mean(axis=0), np.cov(found.T)

    def distance(self, images: Array, others: Array) -> float:
        """Frechet distance of two sets of images; NaN if the first are not finite."""
        if not np.isfinite(images).all():
            return float("nan")
        return frechet_distance(self.moments(images), self.moments(others))
