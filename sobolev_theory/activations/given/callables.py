"""Activations from a user's functions: moments by series, and kinks, where there are declared ones, in closed form."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._runtime.checks import as_array, shown
from ..activation import Activation, require_name
from ..definition import Definition
from ..piecewise.polynomial import HIGHEST
from ..registry import require_free
from .consistency import require_agreement, require_functions, require_jumps, require_smooth, values_of
from .ramps_and_rest import RampsAndRest, Rest

FloatArray = NDArray[np.float64]

NEGLIGIBLE = 1e-13
"""Of the values around, a difference that is no jump."""


def from_callable(
    derivatives: Sequence[Callable[[FloatArray], FloatArray]], *, name: str, kinks: Sequence[float] = ()
) -> Activation:
    """An activation of functions: itself, its derivative, its second derivative, and so on.

    Its moments are Mehler's series with a bound that is computed, or an error. No derivative is guessed: m + 2
    functions give norms up to Hm. The gradient is made of m + 3 and the Hessian of m + 5; for those that are not given
    moments are integrated by parts, which costs digits for short weights, and is refused where it costs too many.

    Parameters
    ----------
    derivatives
        Functions of an array, elementwise, two at least; pointwise derivatives where there are kinks.
    name
        A word of letters, digits and ``_ . -``. Activations of the same name, functions and kinks are equal.
    kinks
        Places where the function or a derivative jumps. Heights are differences of the limits of the functions; what is
        left of the function without the jumps must be smooth.

    Returns
    -------
    The activation. It is pickled by reference to its functions: those that a module has by their names go to other
    processes, and no others. It cannot be saved to a file.

    Raises
    ------
    ValueError
        For functions that do not return finite numbers in the shape of their argument, grow faster than a Gaussian
        falls, are no derivatives of one another, or have a kink that was not declared.

    Examples
    --------
    >>> import sobolev_theory as st
    >>> wave = st.activations.from_callable([np.sin, np.cos, lambda z: -np.sin(z)], name="wave")
    >>> float(round(wave.moments(0, 0, 1, 1, 1) * np.e / np.sinh(1), 12))                    # E sin(z)^2
    1.0
    >>> bent = st.activations.from_callable([np.abs, np.sign, np.zeros_like], name="bent", kinks=[0.0])
    >>> float(round(bent.moments(0, 0, 1, 0, 1) * np.pi, 12))                                # (E|z|)^2 = 2/pi
    2.0
    """
    if not isinstance(derivatives, list | tuple) or len(derivatives) < 2 or not all(map(callable, derivatives)):
        raise ValueError(
            "derivatives: a list of functions of an array is required, the activation, its derivative and so on, two "
            f"at least, got {shown(derivatives)}"
        )
    require_free(require_name(name))
    none = isinstance(kinks, list | tuple) and not kinks
    places = [] if none else np.unique(as_array("kinks", kinks, ("n",))).tolist()
    whole = UserFunction(tuple(derivatives))
    require_functions(whole.derivative, whole.highest)
    jumps = {place: whole.jumps_at(place) for place in places}
    require_jumps(jumps, HIGHEST)
    rest = Rest(whole, jumps, f"{name}(z)")
    require_smooth(rest.derivative, whole.highest, jumps)
    require_agreement(whole.derivative, whole.highest, jumps)
    definition: Definition = RampsAndRest(rest) if jumps else rest
    return Activation(name, definition)


class UserFunction:
    """A user's functions, checked wherever they are called."""

    def __init__(self, functions: tuple[Callable[[FloatArray], FloatArray], ...]) -> None:
        self.functions, self.highest = functions, len(functions) - 1

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """``sigma^(order)(z)``, pointwise."""
        return values_of(self.functions[order], z, order)

    def jumps_at(self, place: float) -> tuple[float, ...]:
        """Limits from the right less those from the left, by order."""
        around = np.array([np.nextafter(place, -np.inf), np.nextafter(place, np.inf), place - 1, place + 1])
        values = [self.derivative(around, order) for order in range(self.highest + 1)]
        heights = [
            (float(right - left), NEGLIGIBLE * np.abs([left, right, *far]).max()) for left, right, *far in values
        ]
        return tuple(height if abs(height) > rounding else 0.0 for height, rounding in heights)

    def __getstate__(self) -> dict[str, Any]:
        for order, function in enumerate(self.functions):
            try:
                pickle.dumps(function)
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                raise TypeError(
                    f"activation: its function of order {order} cannot be pickled ({error}); define it by name in a "
                    "module"
                ) from None
        return self.__dict__
