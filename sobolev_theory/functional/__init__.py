r"""Losses, gradients and curvatures as pure functions of arrays of any library: PyTorch, JAX, NumPy.

Results are arrays of the library, the precision and the device of the weights. No step depends on the numbers in the
arrays, and nothing is written in place: functions can be compiled (``jax.jit``), mapped (``jax.vmap``) and
differentiated (``jax.grad``, PyTorch's autograd), a condition number of a curvature in the weights, say. They need
array-api-compat, ``pip install sobolev_theory[arrays]``, which ``import sobolev_theory`` does not load.

Covered are gradients and curvatures in hidden weights: for activations with generated kernels without biases, at
standard inputs and the identity as metric; for erf, tanh, sigmoid, softplus, silu, gelu and gaussian with or without
biases, at any mean, covariance and metric. Gradients in biases and output weights are those of `value` by automatic
differentiation. For anything else there is `PopulationLoss`, which also reaches further near a teacher and at extreme
sizes.

*Accuracy*, relative to the sum of the sizes of what is added up, with ``eps`` of the precision, 2e-16 or 1e-7: values
and gradients a few ``eps``; curvatures of rectifiers a few ``eps/theta^2`` for rows at an angle ``theta``. Angles have
an error of ``eps`` if ``K (K + M) d`` is at most 2^22, else of ``eps/theta``, and are 0 below ``8 sqrt(eps)``. Smooth
activations lose ``p^2/2`` roundings for arguments of variance ``p^2``, and curvatures in H2 ten to a hundred of tanh
and gaussian, whose high derivatives cancel. With means m of arguments, an integral of 12 points stands for Owen's
function, to rounding of 1; the means themselves are rounded, by ``eps m``. Near the teacher the sums cancel, so that
small losses keep the absolute error: of rows in single precision 1e-3 from those of the teacher one or two digits of
the loss are left, at 1e-4 none. Norms of rows are to be between 1e-50 and 1e50, in single precision 1e-6 and 1e6.

*Where a derivative does not exist*: a gradient has the slope 0 at the tip of a cone (parallel rows in the convention
``"exact"``, zero rows of ReLU), so it is finite everywhere; second derivatives are NaN where `PopulationLoss` raises
`NotDifferentiableError` for parallel rows.
"""

try:
    import array_api_compat  # noqa: F401  # before the modules that need it, so that its absence is told once and plainly
except ImportError as error:
    advice = "pip install 'sobolev_theory[arrays]'"
    raise ImportError(f"functions of any array library need array-api-compat: {advice} ({error})") from error

from .functions import gauss_newton, gradient, hessian, hessian_vector_product, value

__all__ = ["gauss_newton", "gradient", "hessian", "hessian_vector_product", "value"]


def __dir__() -> list[str]:
    """What users call."""
    return __all__
