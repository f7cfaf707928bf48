"""What is put in place of an argument, and of the value of an option."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse

import sobolev_theory as st
from tests.bad_input.targets import V, W, loss


class Tensor:
    """Refuses to become an array, as a tensor that requires grad does."""

    requires_grad = True

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")


class Hostile:
    """Raises whatever it is asked."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __float__(self) -> float:
        raise ZeroDivisionError("no float")

    def __index__(self) -> int:
        raise KeyError("no index")

    def __len__(self) -> int:
        raise OSError("no length")

    def __getitem__(self, key: object) -> Any:
        raise LookupError("no item")


Rng = np.random.Generator
NUMERIC = ("array", "row", "points", "numbers", "number", "size", "norm", "norms")
"""Roles that a random array or number may fit."""


@dataclass(frozen=True)
class Bad:
    """A value, and the roles in which it may be accepted; in all others it has to be refused."""

    name: str
    make: Callable[[Rng], Any]
    fits: tuple[str, ...] = ()


def _random_array(rng: Rng) -> Any:
    """Any shape, from nothing to four axes, entries of any size."""
    shape = tuple(int(n) for n in rng.choice([0, 1, 1, 2, 2, 2, 3, 4], size=rng.integers(0, 5)))
    return rng.standard_normal(shape) * 10.0 ** rng.choice([0, 0, 0, -8, 8, -150, 150, -300, 300])


def _random_weights(rng: Rng) -> Any:
    """Weights of any width in two dimensions; zero, parallel and coincident rows among them."""
    rows = rng.standard_normal((rng.integers(1, 5), 2)) * 10.0 ** rng.choice([0, 0, -8, 8, -150, 150, -300, 300])
    for kind in rng.choice(["zero", "parallel", "same", "teacher", "none"], size=2):
        i, j = rng.integers(len(rows), size=2)
        rows[i] = {"zero": 0 * rows[j], "parallel": -2 * rows[j], "same": rows[j], "teacher": V[0]}.get(kind, rows[i])
    return rows


def _spoiled_word(rng: Rng) -> str:
    """A word of the package with another case, a letter too many or too few, or a strange one."""
    words = ["relu", "relu2", "erf", "L2", "H1", "backprop", "exact", "hessian", "gauss_newton", "eigenvalue", "align"]
    word = str(rng.choice([*words, "DOP853", "loss", "distance", "minimum", "relu/K00", "bold", "singular", "error"]))
    i = int(rng.integers(len(word)))
    spoil = [
        str.swapcase,
        str.upper,
        lambda w: w[:i] + w[i + 1 :],
        lambda w: w[:i] + "\u0661" + w[i:],
        lambda w: w * 99,
    ]
    spoiled = spoil[rng.integers(len(spoil))](word)
    return f"{word} " if spoiled == word or spoiled in words else spoiled


def _frame(rng: Rng) -> Any:
    """A table of pandas with a hole, if there is pandas."""
    try:
        import pandas as pd
    except ImportError:
        return None
    return pd.DataFrame({"a": [1.0, pd.NA], "b": [1.0, 2.0]}, dtype=object)


BAD = (
    Bad("None", lambda rng: None, ("optional",)),
    Bad("True", lambda rng: True, ("flag", "truth")),
    Bad("np.True_", lambda rng: np.True_, ("flag", "truth")),
    Bad("text of a number", lambda rng: str(rng.choice(["1", "2.0", "1e3", "-1", "\u0661", "nan", ""])), ("text",)),
    Bad("spoiled word", _spoiled_word, ("text",)),
    Bad("long text", lambda rng: "relu" * 50_000, ("text",)),
    Bad("braces", lambda rng: "{" * 1500, ("text",)),
    Bad("control characters", lambda rng: "re\0lu\n\x1b[2J", ("text",)),
    Bad("bytes", lambda rng: b"1"),
    Bad("complex", lambda rng: complex(1, rng.integers(2))),
    Bad("nan", lambda rng: np.nan, ("any",)),
    Bad("inf", lambda rng: np.inf, ("infinite", "any")),
    Bad("-inf", lambda rng: -np.inf, ("any",)),
    Bad("zero", lambda rng: 0, (*NUMERIC, "flag", "truth", "seed")),
    Bad("minus zero", lambda rng: -0.0, NUMERIC),
    Bad("minus one", lambda rng: -1, (*NUMERIC, "workers")),
    Bad("negative", lambda rng: -float(rng.exponential()), NUMERIC),
    Bad(
        "float", lambda rng: float(rng.integers(1, 4)) + float(rng.choice([0.0, 0.5])), (*NUMERIC[:-3], "norm", "norms")
    ),
    Bad("large integer", lambda rng: 10**12, (*NUMERIC, "seed", "count", "workers")),
    Bad("larger integer", lambda rng: 10**30, (*NUMERIC, "seed", "count", "workers")),
    Bad("huge integer", lambda rng: 10 ** int(rng.choice([400, 5000])), ("seed", "count", "workers")),
    Bad("huge", lambda rng: 10.0 ** float(rng.uniform(20, 308)), NUMERIC),
    Bad("tiny", lambda rng: 10.0 ** -float(rng.uniform(20, 323)), NUMERIC),
    Bad("fraction", lambda rng: Fraction(1, 3), NUMERIC),
    Bad("decimal", lambda rng: Decimal("0.25"), NUMERIC),
    Bad("signalling decimal", lambda rng: Decimal("sNaN")),
    Bad("array of one", lambda rng: np.array([0.5]), NUMERIC),
    Bad("0-d array", lambda rng: np.array(0.5), NUMERIC),
    Bad("empty list", lambda rng: [], ("times",)),
    Bad("list", lambda rng: [0.5, 0.5], NUMERIC),
    Bad("dict", lambda rng: {"loss": rng.choice([1.0, -1.0, np.nan])}, ("levels",)),
    Bad("dict of nothing", lambda rng: {"time": [1]}),
    Bad("set", lambda rng: {1.0, 2.0}),
    Bad("generator", lambda rng: (x for x in (1.0, 2.0))),
    Bad("object", lambda rng: object()),
    Bad("hostile", lambda rng: Hostile()),
    Bad("function", lambda rng: print, ("workers",)),
    Bad("class", lambda rng: st.PopulationLoss),
    Bad("module", lambda rng: np),
    Bad("tensor", lambda rng: Tensor()),
    Bad("frame with a hole", _frame, ("optional",)),
    Bad("sparse", lambda rng: scipy.sparse.csr_array(W)),
    Bad("masked", lambda rng: np.ma.array(W, mask=[[0, 1], [0, 0]])),
    Bad("masked constant", lambda rng: np.ma.masked),
    Bad("dates", lambda rng: np.array([["2020-01-01", "2021-01-01"]], dtype="M8[D]")),
    Bad("time", lambda rng: np.timedelta64(3, "s")),
    Bad("texts", lambda rng: [["1", "2"], ["3", "4"]]),
    Bad("words", lambda rng: ["L2", "h1"]),
    Bad("booleans", lambda rng: np.array([[True, False], [False, True]])),
    Bad("complex array", lambda rng: W + 1j),
    Bad("structured", lambda rng: np.zeros(2, dtype=[("a", float), ("b", float)])),
    Bad("objects", lambda rng: np.array([[1.0, None], ["x", 2.0]], dtype=object)),
    Bad("huge objects", lambda rng: [[1.0, 10**400], [0.0, 1.0]]),
    Bad("ragged", lambda rng: [[1.0], [1.0, 2.0]], ("norms",)),
    Bad("itself", lambda rng: _loop()),
    Bad("nested", lambda rng: _nested(2000)),
    Bad("nan inside", lambda rng: [[1.0, 0.0], [np.nan, 1.0]], ("any",)),
    Bad("inf inside", lambda rng: [[1.0, 0.0], [-np.inf, 1.0]], ("any",)),
    Bad("array", _random_array, NUMERIC),
    Bad("array ", _random_array, NUMERIC),
    Bad("array  ", _random_array, NUMERIC),
    Bad("weights", _random_weights, NUMERIC),
    Bad("weights ", _random_weights, NUMERIC),
    Bad("weights  ", _random_weights, NUMERIC),
    Bad("columns", lambda rng: rng.standard_normal((2, int(rng.integers(1, 6)))), NUMERIC),
    Bad("big-endian", lambda rng: W.astype(">f4"), NUMERIC),
    Bad("strided", lambda rng: np.asfortranarray(np.repeat(W, 2, axis=0))[::-2], NUMERIC),
    Bad("long double", lambda rng: np.full((2, 2), "1e400", dtype=np.longdouble), ("any",)),
    Bad("network", lambda rng: st.Network(_random_weights(rng)), ("array",)),
    Bad("network of another activation", lambda rng: st.Network(W, activation="erf"), ("teacher",)),
    Bad("network with biases", lambda rng: st.Network(W, biases=[0.1, 0.2]), ("array", "teacher")),
    Bad("inputs", lambda rng: st.Inputs([0.5, 0.0], 10.0 ** rng.choice([0, -8, 8])), ("inputs",)),
    Bad("network of three dimensions", lambda rng: st.Network(np.eye(3)), ("array", "teacher")),
    Bad("loss", lambda rng: st.PopulationLoss(np.eye(3)), ("loss",)),
    Bad("curvature", lambda rng: loss().gauss_newton(W), ("curvature",)),
)
"""The pool; a value that can be of use is there more than once."""


def _loop() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


def _nested(depth: int) -> list[Any]:
    items: list[Any] = [1.0]
    for _ in range(depth):
        items = [items]
    return items


TEXTS = (
    *("", " ", "-1", "0", "1.5", "nan", "inf", "1e400", "1e-400", "\u0661", "0x10", "1_0", "True", "None", "1,", "1;2"),
    *("relu/k00", "h1", "H99", "L2,H1", "0,0", "-1,1", "1,nan", "{" * 1500, "\\" * 99, "%", "^", "a\nb", "9" * 5000),
    *("missing.npy", "/", "/dev/null", "/dev/zero", "--", "--width", "@file", "$(ls)", "\udce9", "1e5", "10" * 15),
)
"""What is put in place of an option's value."""
