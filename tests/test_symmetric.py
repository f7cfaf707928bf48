"""Spectra along the symmetric family: against dense matrices for small widths, and an oracle of any width."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import sobolev_theory as st
from examples import width_scaling
from sobolev_theory import formulas, symmetric
from sobolev_theory.activations.generated import BUILT_IN
from sobolev_theory.activations.registry import REGISTRY
from sobolev_theory.symmetric import spectra
from sobolev_theory.symmetric.numbers import context
from sobolev_theory.symmetric.roots import merged, roots_of_three, roots_of_two
from tests.oracles import symmetric as oracle
from tests.oracles.committed import committed, computed

NORMS = {
    "relu": ["L2", "H1", (0.3, 2.0)],
    "relu2": ["L2", "H1", "H2"],
    "relu3": ["L2", "H3", (0.0, 1.0, 0.5)],
    "erf": ["L2", "H1", "H3"],
}
JUMPS = [("relu", "H1"), ("relu", (0.3, 2.0)), ("relu2", "H2"), ("relu3", "H3")]
"""Norms whose last order jumps: only their Hessians depend on the convention; other matrices are made alike in both."""

CASES = [
    pytest.param(name, norm, curvature, derivative, marks=pytest.mark.long if repeated else ())
    for name, norms in NORMS.items()
    for norm in norms
    for curvature in ("hessian", "gauss_newton")
    for derivative in ("backprop", "exact")
    for alike in [derivative == "exact" and (curvature == "gauss_newton" or (name, norm) not in JUMPS)]
    for repeated in [alike or (curvature == "gauss_newton" and norm in ("L2", (0.3, 2.0), (0.0, 1.0, 0.5)))]
]
"""Long are those that repeat others: what is made alike in both conventions, and Gauss-Newton matrices whose orders are
among those of another norm."""
LONG_HERE = {name: () if name in ("relu", "erf") else pytest.mark.long for name in NORMS}
"""Of the activations between the one that jumps first and the smooth one all is long."""
SPECIAL = [(1.0, 0.0), (0.5, 0.5), (0.7, -0.7), (0.0, 0.8), (0.8, 0.0), (-1.0, 0.0), (0.0, 0.0)]
HUGE = 10**9
WEIGHTS = {"L2": [1.0], "H1": [1.0, 1.0], "H2": [1.0, 1.0, 1.0]}


def weights_of_student(width, dim, x, y):
    V = np.eye(width, dim)
    return V, x * V + y * (V.sum(axis=0) - V)


def dense(width, dim, x, y, norm, activation, curvature, derivative):
    V, W = weights_of_student(width, dim, x, y)
    loss = st.PopulationLoss(V, norm, activation=activation, derivative=derivative)
    return getattr(loss, curvature)(W).to_dense()


def matrix_or_refusal(*arguments, **options):
    """The dense matrix, or the rows for which it does not exist."""
    try:
        return dense(*arguments, **options), set()
    except st.NotDifferentiableError as error:
        return None, set(error.pairs)


def distance(matrix, spectrum):
    """Largest distance of paired eigenvalues, each as often as its multiplicity says."""
    symmetric_one = np.allclose(matrix, matrix.T, rtol=0, atol=1e-14 * np.abs(matrix).max())
    values = np.linalg.eigvalsh(matrix) if symmetric_one else np.linalg.eigvals(matrix)
    closed = np.repeat(spectrum.values, spectrum.multiplicities)
    assert len(closed) == len(values)
    apart = np.abs(values[:, None] - closed)
    return apart[linear_sum_assignment(apart)].max() / max(np.abs(closed).max(), 1e-300)


@pytest.mark.parametrize(
    ("activation", "norm", "curvature", "derivative"),
    [pytest.param(*case.values, marks=case.marks or LONG_HERE[case.values[0]]) for case in CASES],
)
def test_is_the_dense_spectrum_or_refuses_alike(activation, norm, curvature, derivative):
    """Each point with as many dimensions as neurons, with one more and with four more, by turns over the widths."""
    rng = np.random.default_rng(5)
    options = {"activation": activation, "curvature": curvature, "derivative": derivative}
    for width in range(1, 7):
        for index, (x, y) in enumerate([*rng.normal(size=(2, 2)), *SPECIAL]):
            dim = width + (0, 1, 4)[(width + index) % 3]
            matrix, pairs = matrix_or_refusal(width, dim, x, y, norm, **options)
            if pairs:
                with pytest.raises(st.NotDifferentiableError) as refusal:
                    symmetric.spectrum(width, dim, x, y, norm, **options)
                assert set(refusal.value.pairs) <= pairs
                continue
            spectrum = symmetric.spectrum(width, dim, x, y, norm, **options)
            assert spectrum.multiplicities.sum() == len(matrix) == len(spectrum)
            assert distance(matrix, spectrum) < 1e-12


@pytest.mark.parametrize("width", [2, 3, 4, 10, 20])
def test_published_values_at_the_teacher(width):
    """Arjevani & Field 2020: 1/4 -+ 1/(2 pi) in L2; the Gauss-Newton matrix of H1 adds 1/4."""
    for norm, curvature, shift in (("L2", "hessian", 0.0), ("H1", "gauss_newton", 0.25)):
        spectrum = symmetric.spectrum(width, width, norm=norm, curvature=curvature)
        found = dict(zip(spectrum.values, spectrum.multiplicities, strict=True))
        low, high = 0.25 - 0.5 / np.pi + shift, 0.25 + 0.5 / np.pi + shift
        (at_low,) = (count for value, count in found.items() if abs(value - low) < 1e-15)
        assert at_low == (width - 1) * (width - 2) // 2 + (width - 1)  # one of the standard block coincides
        if width > 3:
            (at_high,) = (count for value, count in found.items() if abs(value - high) < 1e-15)
            assert at_high == width * (width - 3) // 2
        assert distance(dense(width, width, 1.0, 0.0, norm, "relu", curvature, "backprop"), spectrum) < 1e-13


NEAR = [(1.0, 0.0), (1 + 1e-9, 1e-10), (1 - 1e-6, -1e-8), (0.9, 1e-15), (0.3, -0.2)]


@pytest.mark.parametrize(
    "width", [pytest.param(7, marks=pytest.mark.long), pytest.param(1000, marks=pytest.mark.long), HUGE]
)
@pytest.mark.parametrize(("x", "y"), NEAR)
@pytest.mark.parametrize(
    ("activation", "norm", "derivative", "curvature"),
    [
        ("relu", "L2", "backprop", "hessian"),
        ("relu", "H1", "backprop", "hessian"),
        ("relu", "H1", "exact", "hessian"),
        ("relu", "H1", "backprop", "gauss_newton"),
        ("relu2", "H2", "backprop", "gauss_newton"),
        ("erf", "H1", "exact", "hessian"),
    ],
)
def test_every_eigenvalue_against_many_digits(activation, norm, derivative, curvature, width, x, y):
    singular = (activation, norm, curvature) == ("relu", "H1", "hessian") and y == 0
    options = {"activation": activation, "curvature": curvature, "derivative": derivative}
    if singular:
        with pytest.raises(st.NotDifferentiableError, match="gauss_newton"):
            symmetric.spectrum(width, width + 1, x, y, norm, **options)
        return
    problem = (activation, WEIGHTS[norm], derivative, curvature, width, x, y)
    ask = committed if width == HUGE else computed
    true = [*ask(oracle.eigenvalues, *problem), *ask(oracle.outside, *problem)]
    spectrum = symmetric.spectrum(width, width + 1, x, y, norm, **options)
    assert sum(spectrum.multiplicities.tolist()) == width * (width + 1)
    for value in spectrum.values.tolist():
        assert min(abs(complex(other - value)) for other in true) <= 1e-12 * abs(value)
    for other in true:
        assert min(abs(complex(other - value)) for value in spectrum.values.tolist()) <= 1e-12 * abs(other)


@pytest.mark.parametrize("width", [HUGE, 10**15, 10**30])
def test_multiplicities_sum_to_the_size_at_any_width(width):
    for dim in (width, width + 1, 3 * width):
        counts = symmetric.spectrum(width, dim, 0.9, 0.1).multiplicities.tolist()
        assert sum(counts) == width * dim
        assert min(counts) > 0


@pytest.mark.parametrize(("x", "y"), [(1.0, 1e-300), (1e-300, 1.0), (1.0, 1 - 2.0**-53), (1e-80, 1e-80), (1e80, -1e80)])
def test_extreme_weights_give_numbers(x, y):
    spectrum = symmetric.spectrum(5, 6, x, y, curvature="gauss_newton")
    assert np.isfinite(spectrum.values).all()
    assert spectrum.smallest >= 0


def test_small_eigenvalues_of_students_of_another_size_are_no_zeros():
    """Of one erf neuron, radial ``(2/pi)(1 + 2 w^2)^(-3/2)``: far below the digits of the transverse ``w^-1``."""
    spectrum = symmetric.spectrum(1, 3, 1e21, activation="erf", curvature="gauss_newton")
    assert spectrum.smallest == pytest.approx(2 / np.pi * (2e42) ** -1.5, rel=1e-14)
    short, shorter = (symmetric.spectrum(3, 3, 10.0**-n, 2 * 10.0**-n) for n in (45, 60))
    assert short.values[2:] == pytest.approx(shorter.values[2:], rel=1e-14)  # what the student's length leaves alone
    assert shorter.multiplicities.tolist() == short.multiplicities.tolist()


@pytest.mark.parametrize(
    ("x", "y"),
    [(1e21, 3e20), (3e8, 1e8), *(pytest.param(*far, marks=pytest.mark.long) for far in ((1e-60, 2e-60), (1e60, 1e59)))],
)
@pytest.mark.parametrize(
    ("activation", "norm"),
    [
        ("relu", "H1"),
        *(pytest.param(*case, marks=pytest.mark.long) for case in (("relu2", "H2"), ("relu3", "H3"))),
        ("erf", "H3"),
    ],
)
def test_more_digits_change_nothing(activation, norm, x, y, monkeypatch):
    """What students of another size than their teachers cost is allowed for: six times the digits give the same."""
    for options in ({"derivative": "backprop"}, {"derivative": "exact"}, {"curvature": "gauss_newton"}):
        arguments = (4, 5, x, y, norm)
        spectrum = symmetric.spectrum(*arguments, activation=activation, **options)
        with monkeypatch.context() as patch:
            patch.setattr(spectra, "LENGTH_POWERS", 6 * spectra.LENGTH_POWERS)
            other = symmetric.spectrum(*arguments, activation=activation, **options)
        np.testing.assert_allclose(spectrum.values, other.values, rtol=1e-15, atol=0)
        assert spectrum.multiplicities.tolist() == other.multiplicities.tolist()


def test_widths_beyond_doubles_are_not_rounded():
    """At the teacher the symmetric eigenvalue off the mean, with the width left out, is 1/4; the mean has K more."""
    width = 10**20 + 1
    gauss_newton = symmetric.spectrum(width, width + 1, curvature="gauss_newton")
    assert gauss_newton.smallest == pytest.approx(1 / 4 - 1 / (2 * np.pi), rel=1e-15)
    with pytest.raises(ValueError, match="overflow"):
        symmetric.spectrum(10**309, 10**309)


def test_values_that_round_alike_are_one():
    """At y = 1e-32 the teacher's eigenvalues are split below the last digit of a double."""
    values = symmetric.spectrum(4, 4, 1, 1e-32).values
    assert len(set(values.tolist())) == len(values) == 6


@pytest.mark.parametrize("activation", ["relu", "relu2", "relu3", "erf"])
@pytest.mark.parametrize("width", [2, 3, 8, HUGE])
def test_gauss_newton_of_equal_rows_is_singular_exactly(activation, width):
    """Differences of equal rows change nothing."""
    for x in (0.1, 0.3, -0.7):
        spectrum = symmetric.spectrum(width, width + 2, x, x, activation=activation, curvature="gauss_newton")
        assert spectrum.smallest == 0
        assert spectrum.multiplicities[0] == (width - 1) * (width + 2)


@pytest.mark.filterwarnings("ignore::sobolev_theory.ConditioningWarning")
def test_ratio_is_the_quotient_of_condition_numbers():
    V, W = weights_of_student(4, 5, 0.8, 0.1)
    for curvature in ("hessian", "gauss_newton"):
        expected = st.condition_number_ratio(W, V, curvature=curvature)
        assert symmetric.condition_number_ratio(4, 5, 0.8, 0.1, curvature=curvature) == pytest.approx(expected, 1e-12)
    assert np.isnan(symmetric.condition_number_ratio(4, x=0.5, y=0.5))  # both singular


def test_limit_of_wide_networks():
    limit = symmetric.condition_number_ratio(np.inf)
    assert limit == pytest.approx((np.pi - 2) / (np.pi - 1), rel=4e-16)
    ratios = [symmetric.condition_number_ratio(10**n) for n in (1, 3, 6, 9, 15)]
    assert ratios == sorted(ratios)
    assert 0 < limit - ratios[-1] < 4 / 10**15
    relu2 = symmetric.condition_number_ratio(np.inf, norms=("H2", "L2"), activation="relu2")
    assert relu2 == pytest.approx(symmetric.condition_number_ratio(10**15, norms=("H2", "L2"), activation="relu2"))


def test_activations_of_a_user(user_activation):
    name = user_activation
    for norm in ("L2", "H1"):
        matrix = dense(4, 6, 0.7, 0.2, norm, name, "hessian", "backprop")
        assert distance(matrix, symmetric.spectrum(4, 6, 0.7, 0.2, norm, activation=name)) < 1e-12
        at_teacher = symmetric.spectrum(4, 6, norm=norm, activation=name)
        assert distance(dense(4, 6, 1.0, 0.0, norm, name, "hessian", "backprop"), at_teacher) < 1e-12


@pytest.mark.parametrize(
    ("name", "norm"),
    [
        ("tanh", "H1"),
        ("mish", "H1"),
        ("hermite3", "L2"),
        pytest.param("silu", "H3", marks=pytest.mark.long),
        pytest.param("gelu", "H2", marks=pytest.mark.long),
        pytest.param("exp", "L2", marks=pytest.mark.long),
    ],
)
def test_smooth_activations_without_kernels(name, norm):
    """Their moments are doubles; so is the dense matrix, to 1e-13 of its largest entry (1e-14 here)."""
    for x, y in ((1.0, 0.0), (0.7, 0.2)):
        for curvature in ("hessian", "gauss_newton"):
            found = symmetric.spectrum(4, 6, x, y, norm, activation=name, curvature=curvature)
            assert distance(dense(4, 6, x, y, norm, name, curvature, "backprop"), found) < 1e-13


@pytest.mark.long
def test_doubles_are_enough_for_wide_networks():
    """The sine of the package, against kernels in numbers of many digits: equal eigenvalues are recognised as such."""
    from sobolev_theory.symbolic import derive

    exact = derive("sin(z)", "wave", max_order=1).activation
    for width in (3, 10**6):
        rounded, known = (
            symmetric.spectrum(width, width, 0.7, 0.2 / width, "H1", activation=sine) for sine in ("sin", exact)
        )
        assert list(rounded.multiplicities) == list(known.multiplicities)
        np.testing.assert_allclose(rounded.values, known.values, rtol=1e-13)


@pytest.fixture
def user_activation():
    import sympy as sp

    from sobolev_theory.symbolic import derive
    from sobolev_theory.symbolic.symbols import z

    name = "symmetric_test"
    derive(sp.sin(z), name=name).register()
    yield name
    del REGISTRY[name]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((3, 2), {}, "width: at most dim"),
        ((0, 2), {}, "width: a positive integer"),
        ((2.0, 2), {}, "width: a positive integer"),
        ((2, 2.5), {}, "dim: a positive integer"),
        ((2, -1), {}, "dim: a positive integer"),
        ((2, 2, np.nan), {}, "x: a finite number"),
        ((2, 2, 1.0, np.inf), {}, "y: a finite number"),
        ((2, 2, "1"), {}, "x: a finite number"),
        ((2, 2), {"norm": "H2"}, "norm: the term of order 2 is infinite"),
        ((2, 2), {"norm": "G"}, "norm: "),
        ((2, 2), {"activation": "gelo"}, "activation: 'gelo' is not known"),
        ((2, 2), {"activation": "hard_tanh"}, "activation: one that is smooth, or a z_"),
        ((10**7, 10**7), {"activation": "tanh"}, "width: at most 1000000 is required for 'tanh', of which moments are"),
        ((2, 2), {"curvature": "fisher"}, "curvature: one of"),
        ((2, 2), {"derivative": "weak"}, "derivative: one of"),
        ((2, 2, 1e200), {"activation": "relu3"}, "overflow"),
    ],
)
def test_bad_input_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        symmetric.spectrum(*arguments, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": 0.5}, "width: a finite one is required"),
        ({"dim": 7}, "dim: none, or inf"),
        ({"norms": "L2"}, "norms: two norms"),
        ({"curvature": "hessian"}, "does not exist"),
    ],
)
def test_bad_limits_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        symmetric.condition_number_ratio(np.inf, **options)


def test_roots_in_many_digits():
    mp = context(80)
    third = mp.mpf(1) / 3
    assert roots_of_two(mp, third, mp.mpf(0), mp.mpf(0), third) == (third, third)
    assert [mp.nstr(root, 5) for root in roots_of_two(mp, mp.mpf(0), mp.mpf(-1), mp.mpf(1), mp.mpf(0))] == [
        "(0.0 - 1.0j)",
        "(0.0 + 1.0j)",
    ]
    for roots in ([1, 2, 3], [1, 1, 3], [1, 1 + mp.mpf(10) ** -20, 3], [2, 2, 2], [1, mp.mpc(0, 1), mp.mpc(0, -1)]):
        a, b, c = roots
        companion = (a + b + c, -(a * b + b * c + c * a), a * b * c, 1, 0, 0, 0, 1, 0)
        found = roots_of_three(mp, tuple(mp.mpf(mp.re(entry)) for entry in companion))
        for root in roots:
            assert min(abs(root - other) for other in found) < mp.mpf(10) ** -35
    assert merged(mp, [(third, 2), (third + mp.mpf(10) ** -50, 3), (mp.mpf(10) ** -60, 1)], 30) == [(third, 5), (0, 1)]


RECORDS = [name for name in formulas.names() if "/symmetric/" in name]
AT_TEACHER = sorted({name.rpartition("/")[0] for name in RECORDS if "/teacher/" in name})
WIDTH, DIM = 7, 9


def printed(record, letters):
    """Eigenvalues that a record gives: its values, or those of its matrix."""
    value = record.sympy().subs(letters)
    numbers = [complex(entry.evalf(30)) for entry in (value if record.form != "scalar" else [value])]
    return np.linalg.eigvals(np.reshape(numbers, value.shape)) if record.form == "matrix" else np.array(numbers)


def moments_of(activation):
    """The moments of `derivations.symmetric_records`, by quadrature in one dimension on both half-lines."""
    z, weights = np.polynomial.legendre.leggauss(200)
    z, weights = np.concatenate([7.5 * z - 7.5, 7.5 * z + 7.5]), np.concatenate([weights, weights]) * 7.5
    weights = weights * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    chosen = st.activations.get(activation)
    once, twice = chosen.derivative(z, 1), chosen.derivative(z, 2)
    forms = {"a_0": once, "a_1": z * once, "a_2": z * z * once, "b_0": once**2, "b_2": (z * once) ** 2, "c_0": twice,
             "c_1": z * twice, "f_0": twice**2, "f_2": (z * twice) ** 2, "f_1": z * once * twice}  # fmt: skip
    return {name: float(weights @ form) for name, form in forms.items()}


@pytest.mark.parametrize("prefix", AT_TEACHER)
def test_records_at_the_teacher_give_the_whole_spectrum(prefix):
    """Parts of the Gauss-Newton matrix; blocks in moments hold for every activation."""
    name, norm, *_ = prefix.split("/")
    order = int(norm[1]) if norm != "L2" else 0
    for activation in sorted(BUILT_IN) if name == "moments" else [name]:
        if order > st.activations.get(activation).max_order:
            continue
        letters = {"K": WIDTH} | (moments_of(activation) if name == "moments" else {})
        parts = [formulas.get(record) for record in RECORDS if record.startswith(f"{prefix}/")]
        values = np.concatenate([printed(part, letters) for part in parts])
        spectrum = symmetric.spectrum(WIDTH, DIM, norm=norm, activation=activation, curvature="gauss_newton")
        apart = np.abs(values[:, None] - spectrum.values)
        assert apart.min(axis=1).max() < 1e-12 * spectrum.largest
        assert apart.min(axis=0).max() < 1e-12 * spectrum.largest
        evaluated = eval(parts[0].numeric, {"symmetric": symmetric, "K": WIDTH, "d": DIM})
        assert name == "moments" or np.array_equal(evaluated, spectrum.values)


def test_records_of_the_split_give_the_spectrum_from_entries():
    """``h_12_13``: the entry of neuron 1, direction 2 with neuron 1, direction 3."""
    x, y = 0.7, -0.2
    matrix = dense(WIDTH, WIDTH, x, y, "L2", "relu", "hessian", "backprop").reshape((WIDTH,) * 4)
    spectrum = symmetric.spectrum(WIDTH, WIDTH, x, y)
    values = []
    for name in ("trivial", "standard", "scalars"):
        record = formulas.get(f"curvature/symmetric/{name}")
        entries = {letter: matrix[tuple(int(k) - 1 for k in letter if k.isdigit())]
                   for letter in record.arguments if letter[0] == "h"}  # fmt: skip
        values.append(printed(record, {"K": WIDTH} | entries))
    apart = np.abs(np.concatenate(values)[:, None] - spectrum.values)
    assert apart.min(axis=1).max() < 1e-12
    assert apart.min(axis=0).max() < 1e-12


def test_record_of_the_limit():
    (value,) = printed(formulas.get("relu/symmetric/condition_number_ratio/limit"), {})
    assert symmetric.condition_number_ratio(np.inf) == pytest.approx(value.real, rel=4e-16)


def test_example_of_widths():
    """Gauss-Newton keeps the gain of ReLU, training loses it, and keeps that of erf."""
    table = width_scaling.gains()
    assert list(table)[-1] == np.inf
    inside, outside, gauss_newton, erf = np.transpose([table[width] for width in (2, HUGE, np.inf)])
    assert gauss_newton[0] < gauss_newton[1] < gauss_newton[2] == pytest.approx(0.53306, abs=1e-5)
    assert inside[0] < inside[1] < inside[2] == 1
    assert outside[0] < outside[1] < outside[2] == 1
    assert 1 - outside[1] < 2 / HUGE
    assert erf[0] > erf[1] > erf[2] == pytest.approx(0.41210, abs=1e-5)
