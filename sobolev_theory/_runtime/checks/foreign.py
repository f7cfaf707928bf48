"""Arrays of torch, JAX and pandas that NumPy does not read, or reads slowly; none of these is loaded for it.

An object of a library can only come where the library is loaded already, by which it is known here.
"""

import sys
from typing import Any

import numpy as np

from .numbers import REAL

FUNCTIONAL = "sobolev_theory.functional has what it differentiates, compiles and maps"


def as_numpy(value: Any) -> Any:
    """The numbers of a tensor or of a frame as an array of NumPy; anything else as it came.

    Tensors may be on any device, and of any real type: ``bfloat16`` and shorter ones are read exactly. One that
    requires grad stays what it is, for NumPy to refuse: what is computed of it would have no gradient. Holes of pandas'
    nullable columns are NaN.
    """
    if isinstance(value, np.ndarray):
        return value
    if tensor := _class("torch", "Tensor"):
        if isinstance(value, tensor):
            return _of_tensor(value)
        if isinstance(value, list | tuple) and any(isinstance(item, tensor) for item in value):
            return [as_numpy(item) for item in value]
    if (frame := _class("pandas", "DataFrame")) and isinstance(value, frame):
        return _of_columns(value, list(value.dtypes))
    if (series := _class("pandas", "Series")) and isinstance(value, series):
        return _of_columns(value, [value.dtype])
    return value


def refused(value: object, error: Exception) -> str:
    """What is said of an array of these libraries which is none of numbers that are known; empty for any other."""
    if getattr(value, "requires_grad", False) is True:
        return f" that requires grad; pass x.detach(), or, for gradients by torch, {FUNCTIONAL}"
    if type(error).__module__.startswith("jax") and "Tracer" in type(error).__name__:
        return f" that JAX traces; {FUNCTIONAL}"
    if "Tensor that doesn't have storage" in str(error):
        return f" that torch.func transforms; {FUNCTIONAL}"
    if "Sparse layout" in str(error):
        return ", a sparse one; pass x.to_dense()"
    if getattr(value, "is_quantized", False) is True:
        return " that is quantised; pass x.dequantize()"
    if hasattr(value, "to_dataarray"):
        return ", several arrays; pass the one that is meant, or x.to_dataarray() with its dimensions in order"
    return ""


def _class(library: str, name: str) -> Any:
    """A class of a library if it is loaded."""
    return getattr(sys.modules.get(library), name, None)


def _of_tensor(tensor: Any) -> Any:
    """On the host, where it has numbers, in float64 if it is of floats."""
    if tensor.requires_grad or tensor.is_quantized:
        return tensor
    here = tensor.cpu().resolve_conj().resolve_neg()
    return (here.double() if here.is_floating_point() else here).numpy()


def _of_columns(values: Any, types: list[Any]) -> Any:
    """Nullable columns of real numbers at once: NumPy reads them as objects, one by one."""
    if all(isinstance(each, np.dtype) for each in types) or not all(each.kind in REAL for each in types):
        return values
    return values.to_numpy(dtype=np.float64, na_value=np.nan)
