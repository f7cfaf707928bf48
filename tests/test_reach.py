"""Weights, output weights and norms of any size: the right number, or an error that says that it is no double."""

import mpmath as mp
import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.curvature.operator import Curvature
from sobolev_theory.pairs import numbers
from sobolev_theory.pairs.charts import CHARTS
from sobolev_theory.symbolic import derive
from tests import oracles

LOSS = np.array([[0.3, 0.4], [-0.5, 0.7]]), np.array([[0.6, -0.4], [0.2, 0.9]])
"""Teacher and student, before their rows are stretched."""

SMALLEST = mp.mpf(5e-308)
"""Below it doubles lose digits."""


def stretched(first: float, second: float) -> tuple[np.ndarray, np.ndarray]:
    """Teacher and student with rows of other lengths."""
    lengths = np.array([[first], [second]])
    return LOSS[0] * lengths, LOSS[1] * lengths


LENGTHS = [
    (1e-320, 1e-320), (1e-170, 1.0), (1e-170, 1e-170), (1e-110, 1e100), (1e80, 1e80), (1e150, 1e-150), (1e-105, 1e-105),
    (1e40, 1e-20), (1e16, 1e16), (1e300, 1e-300),
]  # fmt: skip


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize(
    "name", ["relu", *(pytest.param(n, marks=pytest.mark.long) for n in ("relu2", "relu3", "erf"))]
)
def test_value_and_gradient_at_any_length(name, lengths):
    """Against integrals of 60 digits: relative to the number, and to the row of the gradient."""
    if name == "erf" and max(lengths) > 1e3:
        pytest.skip("the oracle's panels grow with the logarithm of the length: signs are compared below")
    order = st.activations.get(name).max_order
    teacher, student = stretched(*lengths)
    for weights in ((1.0,), (1.0,) * (order + 1), (0.0,) * order + (1e-300,)):
        loss, ones = st.PopulationLoss(st.Network(teacher, activation=name), weights), [1, 1]
        with mp.workdps(60):
            value = oracles.loss(name, weights, student, teacher, ones, ones)
            gradient = oracles.gradient(name, weights, "backprop", student, teacher, ones, ones)
        if value > 1e308:
            with pytest.raises(st.OverflowingError, match="value overflows"):
                loss.value(student)
        else:
            assert abs(loss.value(student) - value) <= 3e-15 * max(value, SMALLEST)
        if max(map(abs, gradient)) > 1e308:
            with pytest.raises(st.OverflowingError, match="gradient overflows"):
                loss.gradient(student)
            continue
        for found, row in zip(loss.gradient(student), gradient.tolist(), strict=True):
            size = max(*map(abs, row), SMALLEST)
            assert max(abs(f - g) for f, g in zip(found, row, strict=True)) <= 5e-15 * size


def test_powers_of_norms_within_reach_are_doubles():
    """The highest that kernels hold: ``(p q)^7`` of norms, ``(1 + p^2)^7.5 (1 + q^2)^7.5`` of inner products."""
    polar, gram = CHARTS["polar"], CHARTS["gram"]
    powers = [(p * q) ** 7 for p in polar.reach for q in polar.reach]
    powers += [((1 + p * p) * (1 + q * q)) ** 7.5 for p in gram.reach for q in gram.reach]
    assert 2.0**-1022 <= min(powers) <= max(powers) < np.inf
    for chart in (polar, gram):
        low, high = chart.reach
        assert chart.squares == (low**-2, high**2)


@pytest.mark.parametrize("norm", ["L2", "H1"])
@pytest.mark.parametrize("derivative", ["backprop", "exact"])
@pytest.mark.parametrize("name", ["relu", "relu2"])
def test_hessians_scale(name, derivative, norm):
    """Homogeneous of degree ``2 n - 2``: at rows of 1e-155, and at 1e-105, where squares of coefficients are none."""
    teacher, student = LOSS
    degree = 2 * st.activations.get(name).degree
    for exponent in (-515, -350, -190, 200, 500):
        if abs(exponent * (degree - 2)) > 1000:
            continue
        unit, scaled = (
            st.PopulationLoss(st.Network(s * teacher, activation=name), norm, derivative=derivative)
            for s in (1.0, 2.0**exponent)
        )
        for curvature in ("hessian", "gauss_newton"):
            expected = getattr(unit, curvature)(student).to_dense()
            found = getattr(scaled, curvature)(2.0**exponent * student).to_dense()
            np.testing.assert_allclose(found / 2.0 ** (exponent * (degree - 2)), expected, rtol=0, atol=1e-14)


def test_the_hessian_of_rows_of_very_different_length():
    """The row of 1e-150 turns by ``1e300/pi`` beside that of 1e150; what is far below is rounding, and said."""
    hessian = st.PopulationLoss(np.eye(2), "L2").hessian([[1e150, 0], [0, 1e-150]])
    spectrum = hessian.spectrum()
    assert spectrum.largest == pytest.approx(1e300 / np.pi, rel=1e-14)
    assert spectrum.definiteness != "definite"
    with pytest.warns(st.ConditioningWarning):
        assert hessian.condition_number() == np.inf
    assert np.isfinite(hessian @ np.ones(4)).all()


def test_a_gradient_keeps_its_part_along_the_teacher():
    """relu2 in L2: ``g = w |w|^2 3/2 - ...``, linear in ``w`` where that is small."""
    loss = st.PopulationLoss(st.Network([[1.0, 0.0]], activation="relu2"), "L2")
    small, tiny = loss.gradient([[0.0, 1e-150]]), loss.gradient([[0.0, 1e-170]])
    np.testing.assert_allclose(tiny * 1e170, small * 1e150, rtol=1e-14)
    assert (tiny[0] != 0).all()


@pytest.mark.parametrize("length", [1e76, 1e80, 1e150, 1e300])
def test_erf_of_long_rows_is_a_sign(length):
    """``E sign sign = 1 - 2 theta/pi``: for orthogonal rows the loss is 1, at the angle arccos(0.6) ``2 theta/pi``."""
    loss = st.PopulationLoss(st.Network([[length, 0.0]], activation="erf"), "L2")
    assert loss.value([[0.0, length]]) == pytest.approx(1.0, rel=1e-15)
    assert loss.value([[0.6 * length, 0.8 * length]]) == pytest.approx(2 * np.arccos(0.6) / np.pi, rel=1e-15)
    assert np.isfinite(loss.hessian([[0.6 * length, 0.8 * length]]).to_dense()).all()


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        pytest.param("sin(z)", (1e-160, 1.0), marks=pytest.mark.long),
        ("z**2", (1e-70, 1e60)),
        ("Max(z, z/10)", (1e-170, 1e100)),
        pytest.param("z*exp(-z**2)", (1e90,), marks=pytest.mark.long),
    ],
)
def test_derived_activations_of_any_length(text, lengths):
    """The loss of a silent student: sums of ``K_00`` by one-dimensional integrals."""
    activation = derive(text, "any", max_order=0).activation
    for length in lengths:
        loss = st.PopulationLoss(st.Network([[length]], activation=activation), "L2")
        with mp.workdps(40):
            s = mp.mpf(length)
            expected = {
                "sin(z)": -mp.expm1(-2 * s**2) / 4,
                "z**2": 3 * s**4 / 2,
                "Max(z, z/10)": s**2 * mp.mpf(101) / 400,
                "z*exp(-z**2)": s**2 / (1 + 4 * s**2) ** mp.mpf(1.5) / 2,
            }[text]
        value = loss.value(st.Network([[1.0]], [0.0], activation=activation))
        assert abs(value - expected) <= 1e-14 * max(expected, SMALLEST)


@pytest.mark.parametrize("size", [1e-300, 1e308])
def test_weights_of_norms_and_output_weights_of_any_size(size):
    teacher, student = LOSS
    one, large = st.PopulationLoss(teacher, [1, 1]), st.PopulationLoss(teacher, [size, size])
    unit = size / 2 if size > 1 else size
    np.testing.assert_allclose(large.gradient(student) / unit, one.gradient(student) * (size / unit), rtol=1e-14)
    hessian = large.hessian(4 * student).to_dense()
    np.testing.assert_allclose(hessian / size, one.hessian(4 * student).to_dense(), rtol=1e-13, atol=1e-15)
    root = 1e-160 if size < 1 else 1e130
    loss = st.PopulationLoss(st.Network(teacher * 1e20, [root, root]), "L2")
    silent = loss.value(st.Network(student, [0.0, 0.0]))
    expected = st.PopulationLoss(teacher, "L2").value(st.Network(student, [0.0, 0.0]))
    assert silent == pytest.approx(expected * root * 1e40 * root, rel=1e-14)


def test_overflow_is_explained_by_what_overflows():
    far = [[1e200, 0.0]]
    with pytest.raises(st.OverflowingError, match="losses of relu are homogeneous of degree 2"):
        st.PopulationLoss(far, "L2").value([[0.0, 1e200]])
    for what, weights in (("value", 1e200), ("gradient", 1e308), ("hessian", 1e308)):
        loss = st.PopulationLoss(st.Network([[weights, 0.0]], activation="erf"), (0, 0, 0, 1))
        with pytest.raises(st.OverflowingError, match="take smaller weights") as raised:
            getattr(loss, what)([[weights, weights]])
        assert "ReLU" not in str(raised.value)


def test_an_infinite_denominator_makes_no_zero():
    """What overflows on the way, even of wide numbers, is refused, whatever becomes of it."""
    point = st.PopulationLoss([[1e300, 0.0]], "L2").at([[0.0, 1e300]])
    with pytest.raises(st.OverflowingError, match="the value overflows"):
        point._in_reach("value", lambda geometry: 1 / geometry.norms[:1] ** 20, point.geometry)


def test_a_platform_without_wide_numbers_refuses(monkeypatch):
    monkeypatch.setattr(numbers, "WIDE", np.float64)
    with pytest.raises(st.OverflowingError, match="which NumPy does not have on this platform"):
        st.PopulationLoss([[1e-170, 0.0]], "L2").value([[0.0, 1.0]])


def test_numpy_set_to_raise_changes_nothing():
    teacher, student = st.Network([[1.0, 0.0], [0.0, 1e-170]]), [[1e-161, 1e-160], [1e-9, 1.0]]
    with np.errstate(all="raise"):
        for name, derivative in (("relu", "exact"), ("erf", "backprop")):
            loss = st.PopulationLoss(st.Network(teacher.weights, activation=name), "H1", derivative=derivative)
            assert np.isfinite(loss.value(student))
            assert np.isfinite(loss.gradient(student)).all()
            assert np.isfinite(loss.value(teacher.weights + 1e-9 * np.ones((2, 2))))
            for curvature in (loss.hessian(student), loss.gauss_newton(student)):
                assert isinstance(curvature, Curvature)
                assert np.isfinite(curvature.spectrum().values).all()
                assert curvature.spectrum().modulus_ratio >= 1


@pytest.mark.parametrize("inputs", [None, st.Inputs(covariance=1.5)])
def test_warnings_name_the_line_that_asked(inputs):
    loss = st.PopulationLoss([[1.0, 2.0]], "L2", activation="erf", inputs=inputs)
    W = np.array([[1e8, 1.0], [1e8, 2.0]])
    for ask in (
        lambda: loss.gradient(W),
        lambda: loss.hessian(W),
        lambda: loss.hessian(W, towards=W),
        lambda: loss.field_limit(W, W),
    ):
        with pytest.warns(st.AccuracyWarning) as caught:
            ask()
        assert [one.filename for one in caught] == [__file__]


@pytest.mark.parametrize("what", ["gradient", "hessian"])
def test_long_nearly_parallel_rows_of_a_smooth_activation_warn(what):
    """The gradient is 0.675 there, and comes out as 524288; one row or the other, shorter or turned, is harmless."""
    loss = st.PopulationLoss(st.Network([[3.7895e12]], activation="erf"), (0, 1))
    with pytest.warns(st.AccuracyWarning, match="(gradient|Hessian) has fewer than three digits: rows 0 and 1"):
        getattr(loss, what)([[3.789e12]])
    for teacher, student in (
        ([[3e3, 0.0]], [[3e3, 1.0]]),
        ([[1e12, 1e11]], [[1e12, 0.0]]),
        ([[1.0, 0.0]], [[1e12, 1]]),
    ):
        getattr(st.PopulationLoss(st.Network(teacher, activation="erf"), (0, 1)), what)(student)
