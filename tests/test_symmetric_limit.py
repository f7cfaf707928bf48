"""The limit of the Hessian along the symmetric family, where parallel rows leave it without one."""

import numpy as np
import pytest
from mpmath import mp

import sobolev_theory as st
from sobolev_theory import symmetric
from sobolev_theory.symmetric.existence import DIRECTIONS
from tests.oracles import symmetric as oracle
from tests.test_symmetric import JUMPS, SPECIAL, WEIGHTS, dense, distance, weights_of_student

SIDES = sorted(DIRECTIONS)
HUGE = 10**9
MEASURED = {
    "inside": {3: 0.9793, 5: 0.9646, 10: 0.9608, 20: 0.9681, 100: 0.9893, 10**4: 0.99987},
    "outside": {3: 0.9175, 5: 0.9263, 10: 0.9425, 20: 0.9602, 100: 0.9884, 10**4: 0.99987},
}
"""Ratios of condition numbers H1/L2 from Hessians of doubles close to the teacher, to the digits that they have."""


def field(*arguments, towards, **options):
    return symmetric.spectrum(*arguments, curvature="field", towards=towards, **options)


def apart(one, other):
    """Largest distance of paired values of two spectra of the same multiplicities, relative to the largest."""
    assert one.multiplicities.sum() == other.multiplicities.sum()
    far = np.abs(one.values[:, None] - other.values) / np.abs(one.values).max()
    return max(far.min(axis=0).max(), far.min(axis=1).max())


@pytest.mark.parametrize("towards", SIDES)
@pytest.mark.parametrize(("activation", "norm"), JUMPS)
def test_is_the_limit_of_dense_hessians(activation, norm, towards):
    """At a distance e the Hessian differs by O(e), 3e-8 of its largest eigenvalue at e = 1e-9 for relu3.

    Where the displaced rows are parallel still, both refuse. Rows that vanish have no sides.
    """
    dx, dy = DIRECTIONS[towards]
    e = 1e-9
    points = [(x, y) for x, y in [*SPECIAL, (0.7, 0.2)] if x or y]
    for width, (x, y) in [(width, point) for width in (1, 2, 3, 5) for point in points]:
        if width == 1 and not x:
            continue
        arguments = width, width + 1, x, y, norm
        try:
            matrix = dense(width, width + 1, x + e * dx, y + e * dy, norm, activation, "hessian", "backprop")
        except st.NotDifferentiableError:
            with pytest.raises(st.NotDifferentiableError, match="stay parallel"):
                field(*arguments, towards=towards, activation=activation)
            continue
        assert distance(matrix, field(*arguments, towards=towards, activation=activation)) < 1e-7


@pytest.mark.parametrize("towards", SIDES)
@pytest.mark.parametrize(("activation", "norm"), [("relu", "H1"), ("relu3", "H3")])
def test_is_the_limit_of_the_family_at_any_width(activation, norm, towards):
    """The teachers' angles are of the size ``e sqrt(K)``: far below one."""
    dx, dy = DIRECTIONS[towards]
    for width, e in ((5, 1e-14), (10**4, 1e-15), (HUGE, 1e-15)):
        near = symmetric.spectrum(width, width + 1, 1 + e * dx, e * dy, norm, activation=activation)
        limit = field(width, width + 1, 1.0, 0.0, norm, towards=towards, activation=activation)
        assert apart(limit, near) < 100 * e * np.sqrt(width)


@pytest.mark.parametrize("towards", SIDES)
@pytest.mark.parametrize(("activation", "norm"), JUMPS)
def test_is_the_limit_of_the_loss_along_the_same_direction(activation, norm, towards):
    """`PopulationLoss.hessian(W, towards=X)`, to rounding; both refuse where rows stay parallel."""
    dx, dy = DIRECTIONS[towards]
    for width, (x, y) in [(width, point) for width in (1, 2, 3, 5) for point in [*SPECIAL, (0.7, 0.2)]]:
        if not x and (width == 1 or not y):
            continue
        teacher, student = weights_of_student(width, width + 2, x, y)
        direction = weights_of_student(width, width + 2, dx, dy)[1]
        loss = st.PopulationLoss(teacher, norm, activation=activation)
        try:
            matrix = loss.hessian(student, towards=direction).to_dense()
        except st.NotDifferentiableError:
            with pytest.raises(st.NotDifferentiableError, match="stay parallel"):
                field(width, width + 2, x, y, norm, towards=towards, activation=activation)
            continue
        limit = field(width, width + 2, x, y, norm, towards=towards, activation=activation)
        assert distance(matrix, limit) < 1e-12


@pytest.mark.long
@pytest.mark.parametrize("towards", SIDES)
@pytest.mark.parametrize("width", [3, HUGE])
@pytest.mark.parametrize(
    ("activation", "norm", "x", "y"),
    [("relu", "H1", 1, 0), ("relu", "H1", 0.5, 0.5), ("relu2", "H2", -0.5, 0)],
)
def test_digits_against_the_definition(activation, norm, x, y, width, towards):
    """Hessians by counting from pair quantities of a hundred digits, at e = 1e-40, where zeros are of the size e."""
    dx, dy = DIRECTIONS[towards]
    if x == y and dx == dy:
        return
    with mp.workdps(oracle.DIGITS):
        point = mp.mpf(x) + dx * mp.mpf(10) ** -40, mp.mpf(y) + dy * mp.mpf(10) ** -40
    problem = activation, WEIGHTS[norm], "backprop", "hessian", width, *point
    true = [*oracle.eigenvalues(*problem), *oracle.outside(*problem)]
    limit = field(width, width + 1, x, y, norm, towards=towards, activation=activation)
    for one, many in ((limit.values.tolist(), true), (true, limit.values.tolist())):
        for value in one:
            assert min(abs(complex(other - value)) for other in many) <= 1e-14 * abs(value) + 1e-38


@pytest.mark.parametrize("towards", SIDES)
def test_measured_ratios(towards):
    """To the digits measured."""
    for width, expected in MEASURED[towards].items():
        ratio = symmetric.condition_number_ratio(width, curvature="field", towards=towards)
        assert ratio == pytest.approx(expected, abs=0.5001 * 10.0 ** -len(str(expected)[2:]))
    assert symmetric.condition_number_ratio(np.inf, curvature="field", towards=towards) == 1


def test_ratio_of_the_widest():
    """From a hundred digits of the definition at e = 1e-40; at e = 1e-15 it is 9e-7 still."""
    ratio = symmetric.condition_number_ratio(HUGE, curvature="field", towards="inside")
    assert 1 - ratio == pytest.approx(1.28498140088e-9, rel=1e-6)


@pytest.mark.parametrize("width", [5, 100, HUGE])
def test_smallest_eigenvalues_are_those_of_the_theorem(width):
    """(pi - 2)/(4 pi) in L2 and twice that in H1, to the last digits."""
    for towards in SIDES:
        for norm, low in (("L2", (np.pi - 2) / (4 * np.pi)), ("H1", (np.pi - 2) / (2 * np.pi))):
            assert field(width, width, norm=norm, towards=towards).smallest == pytest.approx(low, rel=1e-15)


def test_is_the_hessian_where_that_exists():
    for norm, activation, point in (("H1", "relu", (0.7, 0.2)), ("L2", "relu", (1.0, 0.0)), ("H2", "erf", (1.0, 0.0))):
        hessian = symmetric.spectrum(4, 5, *point, norm, activation=activation)
        for towards in (None, *SIDES):
            limit = field(4, 5, *point, norm, towards=towards, activation=activation)
            np.testing.assert_array_equal(limit.values, hessian.values)
            np.testing.assert_array_equal(limit.multiplicities, hessian.multiplicities)
    options = {"derivative": "exact", "curvature": "field", "towards": "inside"}
    exact = symmetric.spectrum(4, 5, 0.7, 0.2, "H1", **options)
    np.testing.assert_array_equal(exact.values, symmetric.spectrum(4, 5, 0.7, 0.2, "H1", derivative="exact").values)


@pytest.mark.parametrize(
    ("arguments", "options", "pairs", "message"),
    [
        ((3, 3), {}, [(0, 3)], r'depends on a direction.*towards="inside" or towards="outside"'),
        ((3, 3, 0.5, 0.5), {"towards": "outside"}, [(0, 1)], "stay parallel.*Take the other direction"),
        ((2, 2, 0.5, -0.5), {"towards": "inside"}, [(0, 1)], "stay parallel"),
        ((1, 2, 0.5), {"towards": "inside"}, [(0, 1)], "stay parallel"),
        ((3, 3), {"towards": "inside", "derivative": "exact"}, [(0, 3)], "exact.*gauss_newton"),
        ((3, 3, 0.0, 0.0), {"towards": "inside"}, [(0, 0), (1, 1), (2, 2)], "kink at a zero weight"),
        ((3, 3), {"curvature": "hessian"}, [(0, 3)], 'curvature="field" with towards=.*gauss_newton'),
    ],
)
def test_what_has_no_limit_is_refused(arguments, options, pairs, message):
    with pytest.raises(st.NotDifferentiableError, match=message) as refusal:
        symmetric.spectrum(*arguments, **({"norm": "H1", "curvature": "field"} | options))
    assert refusal.value.pairs == pairs


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"towards": "inside"}, "towards: curvature=\"field\" is required.*'hessian'"),
        ({"towards": "inside", "curvature": "gauss_newton"}, 'towards: curvature="field" is required'),
        ({"towards": "up", "curvature": "field"}, "towards: one of 'inside', 'outside' is required, got 'up'"),
        ({"towards": [[1.0]], "curvature": "field"}, "towards: one of 'inside', 'outside' is required"),
    ],
)
def test_bad_directions_are_refused(options, message):
    for function in (symmetric.spectrum, symmetric.condition_number_ratio):
        with pytest.raises(ValueError, match=message):
            function(3, 3, **({"curvature": "hessian"} | options))
