"""Products of operators with vectors of other libraries."""

from typing import Any

import scipy.sparse.linalg

from .._runtime.checks import as_numpy


class Products(scipy.sparse.linalg.LinearOperator):
    """SciPy's linear operator, on tensors of any device and type too: `as_numpy` reads what NumPy would not."""

    def dot(self, x: Any) -> Any:
        """The product with a vector or a matrix, or the composition with an operator; ``A @ x``."""
        return super().dot(as_numpy(x))

    def matvec(self, x: Any) -> Any:
        """The product with a vector."""
        return super().matvec(as_numpy(x))

    def matmat(self, X: Any) -> Any:
        """The product with a matrix."""
        return super().matmat(as_numpy(X))
