"""What a step costs with derivatives: products of matrices that a gradient of the loss takes.

A unit is a product of shapes ``(n, d)`` and ``(d, K)``, ``2 n d K`` operations; what is elementwise is left out, and so
is what the derivatives of the targets cost. Of the function: ``z = x W'``, and the gradient ``delta' x``. Order ``m``
has tensors ``T = sum_i a_i sigma^(m)(z_i) w_i^(m)``, ``d^(m - 1)`` units; back from its residual ``R`` go the
contractions with ``w_i`` in one slot after another, ``d^(m - 1) + ... + d + 1``, and one for the weights; what goes
through ``z`` shares ``delta' x``.
"""

from ..norms import Norm


def units(norm: Norm, d: int) -> int:
    """Products that a gradient of the loss takes.

    Examples
    --------
    >>> [units(Norm.parse(norm), 8) for norm in ("L2", "H1", "H2")]        # H1: two and a half times L2
    [2, 5, 23]
    """
    powers: list[list[int]] = [[d**j for j in range(m)] for m, _ in norm.orders if m]
    return 2 + sum(each[-1] + sum(each) + 1 for each in powers)
