"""One ReLU neuron in the plane of its angle to the teacher and its norm, in units of the teacher's."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .. import single_neuron
from ..errors import ConditioningWarning
from ..norms import Norm, NormLike, two_norms
from .styles import PALETTE, panels

FloatArray = NDArray[np.float64]

LARGEST = 2.0
"""Largest norm ``|w|/|w*|`` that portrait and map show."""

LEVELS = (0.2, 0.35, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0)
"""Quotients of condition numbers at which the map has contour lines; its colours end at the first and the last."""

APART = 0.062
"""What the label of a tick needs on the bar of colours, in heights of the bar."""

ROOM = 0.07
"""What the label of a contour needs, in widths of the map: so far from the border, half as far from other lines."""


def phase_portrait(norm: NormLike = "H1", *, derivative: str = "backprop", ax: Axes | None = None) -> Axes:
    """The gradient flow of one ReLU neuron in the plane of its angle and its norm, coloured by speed.

    Dashed: where the norm is at rest, ``d|w|/dt = 0``. Norms in units of ``|w*|``; the speed is ``|dw/dt| / |w*|``.

    Parameters
    ----------
    norm, derivative
        As in `single_neuron.velocity`, which is drawn.
    ax
        Axes to draw into; by default those of a new figure.

    Raises
    ------
    ValueError, InfiniteNormError
        As `single_neuron.velocity`.

    Examples
    --------
    >>> ax = phase_portrait("L2")
    >>> ax.get_title()
    'L2, backprop convention'
    """
    angle, size = np.linspace(0, np.pi, 181), np.linspace(LARGEST / 200, LARGEST, 200)
    grown, turned = np.moveaxis(single_neuron.velocity(angle, 1 / size[:, None], norm, derivative=derivative), -1, 0)
    speed = np.hypot(grown, size[:, None] * turned)
    ax = panels(ax)[0]
    shades = ax.contourf(angle, size, speed, levels=12, cmap="Blues", vmin=0, vmax=1.7 * speed.max())
    ax.figure.colorbar(shades, ax=ax, label="speed $|dw/dt|/|w^*|$", ticks=MaxNLocator(5))
    ax.streamplot(
        angle, size, turned, grown, color="0.2", linewidth=0.7, arrowsize=0.8, broken_streamlines=False, density=0.6
    )
    ax.contour(angle, size, grown, levels=[0.0], colors=PALETTE[1], linestyles="--", linewidths=2, zorder=3)
    ax.plot(0, 1, "*", color=PALETTE[1], markersize=14, markeredgecolor="black", clip_on=False, zorder=5)
    star = Line2D([], [], linestyle="none", marker="*", color=PALETTE[1], markeredgecolor="black", label="teacher")
    rest = Line2D([], [], color=PALETTE[1], linestyle="--", label="$d|w|/dt = 0$")
    plane(ax, Norm.parse(norm).name, derivative, [star, rest])
    return ax


def condition_number_map(
    norms: tuple[NormLike, NormLike] = ("H1", "L2"), *, derivative: str = "backprop", ax: Axes | None = None
) -> Axes:
    """Condition number of the first norm over that of the second, for one ReLU neuron: below 1, the first is better.

    Hatched: where one of the two Hessians is not positive definite, so that no rate follows from its condition number.
    Near norm 0 none is.

    Parameters
    ----------
    norms, derivative
        As in `single_neuron.condition_number_ratio`, which is drawn over angle and ratio ``|w*|/|w|``.
    ax
        Axes to draw into; by default those of a new figure.

    Raises
    ------
    ValueError, InfiniteNormError
        As `single_neuron.condition_number_ratio`.

    Examples
    --------
    >>> ax = condition_number_map(("H1", "L2"))
    >>> ax.get_ylabel()
    'norm $|w|/|w^*|$'
    """
    first, second = two_norms(norms)
    angle, size = np.linspace(0, np.pi, 361), np.linspace(LARGEST / 400, LARGEST, 400)
    quotient, smallest = _quotient(angle, 1 / size[:, None], (first, second), derivative)
    low, high = float(quotient.min()), float(quotient.max())
    bottom, top = max(low, LEVELS[0]), min(high, LEVELS[-1])
    scale = LogNorm(bottom, top)
    ax = panels(ax)[0]
    mesh = ax.pcolormesh(angle, size, quotient, norm=scale, cmap="cividis", rasterized=True)
    extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[low < bottom, high > top]
    ticks: list[float] = []
    for level in LEVELS:
        if bottom <= level <= top and (not ticks or scale(level) - scale(ticks[-1]) > APART):
            ticks.append(level)
    bar = ax.figure.colorbar(mesh, ax=ax, extend=extend, ticks=ticks, format="{x:g}")
    bar.minorticks_off()
    bar.set_label(rf"$\kappa$ of {Norm.parse(first).name} / $\kappa$ of {Norm.parse(second).name}")
    ax.contourf(angle, size, smallest, levels=[smallest.min() - 1, 0], colors="0.9", hatches=["///"])
    borders = ax.contour(angle, size, smallest, levels=[0], colors="black", linewidths=1).get_paths()
    _contours(ax, angle, size, quotient, scale, borders)
    hatched = Patch(facecolor="0.9", hatch="///", edgecolor="black", label="a Hessian is not positive definite")
    plane(ax, f"{Norm.parse(first).name} over {Norm.parse(second).name}", derivative, [hatched])
    return ax


def _quotient(
    angle: FloatArray, ratio: FloatArray, norms: tuple[NormLike, NormLike], derivative: str
) -> tuple[np.ma.MaskedArray[Any, Any], FloatArray]:
    """The quotient of condition numbers, masked where it says nothing, and the smallest eigenvalue of both Hessians.

    Quotients that differ by rounding are made equal: that of exact H1 and L2 is 1 between pi/4 and 3 pi/4.
    """
    with warnings.catch_warnings(action="ignore", category=ConditioningWarning):  # the map hatches what is warned of
        quotient = np.asarray(single_neuron.condition_number_ratio(angle, ratio, norms, derivative=derivative))
    values = [single_neuron.eigenvalues(angle, ratio, norm, derivative=derivative) for norm in norms]
    smallest = np.concatenate(values, axis=-1).min(axis=-1)
    return np.ma.masked_where((smallest <= 0) | np.isnan(quotient), quotient.round(9)), smallest


def _contours(
    ax: Axes, angle: FloatArray, size: FloatArray, quotient: FloatArray, scale: LogNorm, borders: Sequence[Path]
) -> None:
    """Contour lines that stand out from the shades, each with its level where there is most room for it, if any."""
    levels = [level for level in LEVELS if quotient.min() < level < quotient.max()]
    if not levels:
        return
    colors = ["black" if scale(level) > 0.5 else "white" for level in levels]
    lines = ax.contour(angle, size, quotient, levels=levels, colors=colors, linewidths=0.8)
    curves = [np.asarray(path.vertices) / (np.pi, LARGEST) for path in (*lines.get_paths(), *borders)]
    places: list[FloatArray] = []
    for k, curve in enumerate(curves[: len(levels)]):
        room = np.minimum(curve, 1 - curve).min(axis=1)
        for other in curves[:k] + curves[k + 1 :]:
            room = np.minimum(room, 2 * cKDTree(other).query(curve)[0])
        for place in places:
            room = np.minimum(room, np.linalg.norm(curve - place, axis=1) / 2)
        if room.max() > ROOM:
            places.append(curve[room.argmax()])
    ax.clabel(lines, fontsize="small", fmt="%g", manual=np.array(places).reshape(-1, 2) * (np.pi, LARGEST))


def plane(ax: Axes, what: str, derivative: str, handles: Sequence[Artist]) -> None:
    """Axes of the plane of angle and norm, with a legend beneath."""
    ax.set(xlim=(0, np.pi), ylim=(0, LARGEST), ylabel="norm $|w|/|w^*|$")
    ax.set_xlabel(r"angle $\theta$ between $w$ and $w^*$ (radians)")
    ax.set_xticks(np.pi / 4 * np.arange(5), ["0", r"$\pi/4$", r"$\pi/2$", r"$3\pi/4$", r"$\pi$"])
    ax.set_yticks(np.linspace(0, LARGEST, 5))
    ax.set_title(f"{what}, {derivative} convention", fontsize="medium")
    ax.legend(handles=handles, fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, frameon=False)
