"""The doors: what is an array, a number, a name and a file of weights, and what is said of everything else."""

import copy
import io
import os
import zipfile
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse

import sobolev_theory as st
from sobolev_theory._runtime import checks
from sobolev_theory.errors import OverflowingError, SizeError

W = np.array([[0.5, 0.8], [0.3, -0.4]])


class RequiresGrad:
    """A tensor as torch's: it refuses to become an array."""

    requires_grad = True

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")


class OnDevice:
    def __array__(self, dtype=None, copy=None):
        raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() first.")


class Number:
    """Not NumPy's, but with a value."""

    def __init__(self, value):
        self.value = value

    def __float__(self):
        return self.value()


def masked(*mask):
    return np.ma.array(W, mask=np.reshape(mask, (2, 2)))


REFUSED = {
    "masked": (masked(0, 1, 0, 0), r"masked entries; fill them, x\.filled"),
    "masked in a list": ([masked(0, 0, 0, 1)[0], masked(0, 0, 0, 1)[1]], "masked entries"),
    "dates": (np.array([["2020-01-01"]], dtype="M8[D]"), "dates"),
    "times": (np.array([[3]], dtype="m8[s]"), "time differences"),
    "texts": ([["1", "2"]], r"text; np\.asarray\(x, float\) reads it"),
    "a text among numbers": ([[1.0, "2"]], "text"),
    "bytes": ([[b"1", b"2"]], "bytes"),
    "booleans": ([[True, False]], r"booleans; np\.asarray\(x, float\) makes them 0 and 1"),
    "complex": ([[1.0 + 0j]], r"complex numbers; pass x\.real"),
    "structured": (np.zeros((1, 2), dtype=[("a", float)]), "a structured array; .*structured_to_unstructured"),
    "sparse": (scipy.sparse.csr_array(W), r"csr_array, a sparse matrix; pass x\.toarray"),
    "sparse matrix": (scipy.sparse.csr_matrix(W), r"a sparse matrix; pass x\.toarray"),
    "requires grad": (RequiresGrad(), r"RequiresGrad that requires grad; pass x\.detach"),
    "on a device": (OnDevice(), r"OnDevice, whose conversion says: .*Use Tensor\.cpu"),
    "ragged": ([[1.0], [1.0, 2.0]], "list of rows of different lengths"),
    "generator": ((row for row in W), r"generator; pass list\(x\)"),
    "set": ({1.0, 2.0}, "got set"),
    "dict": ({"W": W}, "got dict"),
    "none": (None, "got None"),
    "class": (np.ndarray, r"got <class 'numpy\.ndarray'>"),
    "none inside": ([[1.0, None]], r"got None at entry \(0, 1\)"),
    "object text": (np.array([[1.0, "2"]], dtype=object), r"got '2' at entry \(0, 1\)"),
    "object boolean": (np.array([[1.0, True]], dtype=object), r"got True at entry \(0, 1\)"),
    "huge": ([[1.0, 10**400]], r"got 10000.*\.\.\. at entry \(0, 1\), beyond the range of double precision"),
    "huge decimal": ([[1.0, Decimal("1e400")]], r"finite numbers are required, got inf at entry \(0, 1\)"),
    "long double": (np.full((1, 2), "1e400", dtype=np.longdouble), r"got inf at entry \(0, 0\)"),
    "nan": ([[1.0, 2.0], [np.nan, 1.0]], r"finite numbers are required, got nan at entry \(1, 0\)"),
    "inf": ([[-np.inf, 2.0]], r"got -inf at entry \(0, 0\)"),
    "own error": (np.array([[Number(lambda: 1 / 0)]]), r"Number object .*at entry \(0, 0\)"),
    "one row": (W[0], r"got shape \(2,\); for one row pass x\[None, :\]"),
    "three axes": (W[None], r"got shape \(1, 2, 2\); x\.squeeze\(\) would fit"),
    "empty": (np.ones((0, 2)), r"no empty axis is required, got shape \(0, 2\)"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_array_of_weights(kind):
    value, message = REFUSED[kind]
    with pytest.raises(ValueError, match=rf"^weights: .*{message}"):
        st.Network(value)
    with pytest.raises(ValueError, match=rf"^student: .*{message}"):
        st.PopulationLoss(np.eye(2)).value(value)


ACCEPTED = {
    "list": W.tolist(),
    "tuple": tuple(map(tuple, W.tolist())),
    "rows": list(W),
    "nothing masked": masked(0, 0, 0, 0),
    "big-endian": W.astype(">f8"),
    "columns first": np.asfortranarray(W),
    "strided": np.repeat(W, 2, axis=1)[:, ::2],
    "fractions": [[Fraction(1, 2), Fraction(4, 5)], [Fraction(3, 10), Fraction(-2, 5)]],
    "decimals": [[Decimal("0.5"), Decimal("0.8")], [Decimal("0.3"), Decimal("-0.4")]],
    "objects": W.astype(object),
    "long double": W.astype(np.longdouble),
    "own numbers": [[Number(lambda x=x: x) for x in row] for row in W.tolist()],
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_what_is_an_array_of_weights(kind):
    np.testing.assert_array_equal(st.Network(ACCEPTED[kind]).weights, W)
    assert st.PopulationLoss(np.eye(2)).value(ACCEPTED[kind]) == st.PopulationLoss(np.eye(2)).value(W)


def test_arrays_are_not_copied_without_need():
    assert checks.as_array("x", W, ("n", "d")) is W
    read_only = W.copy()
    read_only.flags.writeable = False
    assert checks.as_array("x", read_only, ("n", "d")) is read_only
    assert st.Network(W.astype(np.float16)).weights.dtype == np.float64


def test_pandas():
    pd = pytest.importorskip("pandas")
    np.testing.assert_array_equal(st.Network(pd.DataFrame(W)).weights, W)
    np.testing.assert_array_equal(st.Network(pd.DataFrame(W).convert_dtypes()).weights, W)
    np.testing.assert_array_equal(st.Network(W, pd.Series([1, 2], index=[7, 8])).output_weights, [1, 2])
    with pytest.raises(ValueError, match=r"got <NA> at entry \(1, 0\)"):
        st.Network(pd.DataFrame({"a": [1.0, pd.NA], "b": [1.0, 2.0]}, dtype=object))
    for frame in (pd.DataFrame({"a": ["x", "y"]}), pd.DataFrame({"a": pd.to_datetime(["2020-01-01"])})):
        with pytest.raises(ValueError, match=r"^weights: .*(got 'x' at entry|text|dates)"):
            st.Network(frame)


def test_transposed_layouts():
    """(d, K) weights and (1, K) or (K, 1) output weights, as other libraries keep them."""
    columns = np.ones((3, 2))
    for output in (np.ones((1, 2)), np.ones((2, 1))):
        with pytest.raises(ValueError, match=r"^output_weights: .*K = 2 is required.*; x\.ravel\(\) would fit"):
            st.Network(W, output)
        with pytest.raises(ValueError, match=r"^output_weights: .*the transpose of the weights.* would fit"):
            st.Network(columns, output)
    with pytest.raises(ValueError, match=r"^student: input dimension 3 .*\(3, 2\); its transpose would fit"):
        st.PopulationLoss(np.ones((4, 3))).value(columns)
    with pytest.raises(ValueError, match=r"^x: shape \(n, d\) with d = 2 .*; its transpose, x\.T, would fit"):
        st.Network(W)(np.ones((2, 5)))


NUMBERS = [
    b"1",
    bytearray(b"1"),
    "1",
    True,
    np.True_,
    1 + 0j,
    np.array([1.0]),
    [1.0],
    None,
    np.timedelta64(1, "s"),
    np.ma.masked,
    {},
    print,
]


@pytest.mark.parametrize("value", [*NUMBERS, 10**400, Fraction(10**400), Decimal("1e400"), np.nan, 0, -1.0])
def test_what_is_no_number(value):
    loss = st.PopulationLoss([[1.0, 0.0]], "L2")
    with pytest.raises(ValueError, match=r"^t_max: a positive time.* is required, got "):
        st.gradient_flow(loss, W[:1], value)
    for flow in (st.reduced.single_neuron_flow, lambda *start: st.reduced.symmetric_flow(4, *start)):
        with pytest.raises(ValueError, match=r"^t_max: a positive finite time is required, got "):
            flow(1.0, 0.5, value)


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.int8(2), Fraction(2), Decimal(2), np.array(2.0)])
def test_what_is_a_number(value):
    assert checks.number("x", value, "a number", 0, 3) == 2.0


@pytest.mark.parametrize("value", [*NUMBERS, 2.0, np.float64(2), Fraction(2), 0, -1, "2", np.ma.array(2, mask=True)])
def test_what_is_no_size(value):
    with pytest.raises(ValueError, match=r"^width: a positive integer is required, got "):
        st.Network.random(value, 2)


@pytest.mark.parametrize("value", [2, np.int64(2), np.uint8(2), np.array(2)])
def test_what_is_a_size(value):
    assert st.Network.random(value, 2).width == 2


ITSELF: list = []
ITSELF.append(ITSELF)


@pytest.mark.parametrize("value", ["abc", "12", -1, 1.5, True, b"1", {}, [], [1.5], [[1]], object(), ITSELF])
def test_what_is_no_seed(value):
    loss = st.PopulationLoss(np.eye(2), "L2")
    for function in (
        lambda: st.Network.random(2, 2, rng=value),
        lambda: st.find_critical_points(loss, 2, 2, rng=value),
        lambda: st.monte_carlo.verify(loss, W, rng=value),
        lambda: st.monte_carlo.verify_many(2, rng=value),
    ):
        with pytest.raises(ValueError, match=r"^rng: None, a seed .* is required, got "):
            function()


def test_what_is_a_seed():
    for value in (3, np.int64(3), [1, 2**40], (1, 2), np.array([1, 2]), np.random.SeedSequence(3), np.random.PCG64(3)):
        expected = np.random.default_rng(copy.deepcopy(value)).standard_normal((2, 2)) / np.sqrt(2)
        np.testing.assert_allclose(st.Network.random(2, 2, rng=copy.deepcopy(value)).weights, expected, rtol=1e-15)
    assert checks.generator(own := np.random.default_rng(0)) is own


@pytest.mark.parametrize("value", ["yes", None, 2, [True], np.ones(2)])
def test_what_is_no_switch(value):
    with pytest.raises(ValueError, match=r"^progress: True or False is required, got "):
        st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], "L2"), W[:1], 1.0, progress=value)


def test_moments_and_registrations_say_what_came():
    tanh = st.activations.get("tanh")
    for function, message in (
        (lambda: tanh.moments(0, 0, 1, 2, [1, 5]), "rho: .* is required, got 2 at s = 1, t = 1"),
        (lambda: tanh.moments(0, 0, -1, 0, 1), "s: positive variances are required, got -1"),
        (lambda: tanh.moments(0, 0, 0, 0, 1), "s: positive variances are required, got 0"),
        (lambda: tanh.moments(np.inf, 0, 1, 0, 1), "m1: finite means are required, got inf"),
        (lambda: tanh.moments(np.nan, 0, 1, 0, 1), "m1: finite means are required, got nan"),
        (lambda: st.activations.register("mine", np.cbrt), "kernels: .* an Activation is required, .*from_callable"),
    ):
        with pytest.raises(ValueError, match=f"^{message}"):
            function()
    with pytest.raises(AttributeError, match=r"got by its name, get\('tanh'\)"):
        print(st.activations.tanh)
    with pytest.raises(TypeError, match=r"^leaky_relu.* unexpected keyword argument 'angle'"):
        st.activations.leaky_relu(angle=1)


WORDS = {
    "activation": [
        (lambda: st.Network(W, activation="ReLU"), r"did you mean 'relu'\?"),
        (lambda: st.Network(W, activation="rellu"), "did you mean 'relu'"),
        (lambda: st.Network(W, activation="leaky-relu"), "did you mean 'leaky_relu'"),
        (lambda: st.Network(W, activation="swish"), "did you mean 'silu'"),
        (lambda: st.Network(W, activation="gelu_new"), "did you mean 'gelu_tanh'"),
        (lambda: st.Network(W, activation="hardtanh"), "did you mean 'hard_tanh'"),
        (lambda: st.Network(W, activation="SiLU"), "did you mean 'silu'"),
        (lambda: st.Network(W, activation="logistic"), "did you mean 'sigmoid'"),
        (
            lambda: st.Network(W, activation="quick_gelu"),
            r"derive\('z/\(1 \+ exp\(-1.702\*z\)\)', 'quick_gelu'",
        ),
        (lambda: st.Network(W, activation="Max(z, 0)"), r"derive\('Max\(z, 0\)'\).activation. The known ones are"),
        (lambda: st.Network(W, activation=np.tanh), r"did you mean 'tanh'\? Else a function is given with its deriv"),
        (lambda: st.Network(W, activation=lambda z: z), r"a function is given with .*from_callable\(\[f, df, d2f\]"),
        (lambda: st.Network(W, activation="hermite<n>"), "hermite<n> has degrees from 1 to 20"),
        (lambda: st.Network(W, activation="hermite21"), "hermite<n> has degrees from 1 to 20"),
        (lambda: st.Network(W, activation="leaky_relu(1)"), "slope: a finite number other than 1 is required, got 1"),
        (lambda: st.Network(W, activation="elu(x)"), "alpha: a positive number is required, got 'x'"),
        (lambda: st.Network(W, activation="elu(1, 2)"), "elu: at most 1 parameter is taken, alpha, got 2"),
    ],
    "norm": [
        (lambda: st.PopulationLoss(W, "l2"), "did you mean 'L2'"),
        (lambda: st.PopulationLoss(W, "h1"), "did you mean 'H1'"),
        (lambda: st.PopulationLoss(W, "H\u0661"), "got 'H\u0661'"),  # a digit of another script
        (lambda: st.PopulationLoss(W, b"H1"), "got b'H1'"),
        (lambda: st.compare(W, W, [1.0]), "a list are required|required"),
    ],
    "derivative": [
        (lambda: st.PopulationLoss(W, derivative="Exact"), "did you mean 'exact'"),
        (lambda: st.PopulationLoss(W, derivative=["exact"]), r"got \['exact'\]"),
        (lambda: st.PopulationLoss(W, derivative=np.array(["exact", "backprop"])), "got array"),
    ],
    "curvature": [(lambda: st.compare(W, np.eye(2), curvature="Gauss-Newton"), "did you mean 'gauss_newton'")],
    "kind": [(lambda: st.PopulationLoss(W).gauss_newton(W).condition_number("eigenvalues"), "mean 'eigenvalue'")],
    "method": [(lambda: st.gradient_flow(st.PopulationLoss(W), np.eye(2), 1.0, method="dop85"), "mean 'DOP853'")],
    "until": [(lambda: st.gradient_flow(st.PopulationLoss(W), np.eye(2), 1, until={"Loss": 1}), "mean 'loss'")],
    "style": [
        (lambda: st.formulas.get("relu/K00").latex(style="aligned"), "did you mean 'align'"),
        (lambda: st.formulas.get("relu/K00").latex(style=["align"]), r"got \['align'\]"),
    ],
    "vectors": [(lambda: st.formulas.Notation(vectors="arrows"), "did you mean 'arrow'")],
    "name": [(lambda: st.formulas.get("relu/k00"), "did you mean 'relu/K00'")],
    "loss": [
        (lambda: st.lyapunov_derivative([[1, 0]], W), "a PopulationLoss is required, got list"),
        (lambda: st.gradient_descent(W, W, 3), "a PopulationLoss is required, got ndarray"),
        (lambda: st.gradient_flow(None, W, 3.0), "a PopulationLoss is required, got None"),
        (lambda: st.critical_point(st.PopulationLoss, W), "a PopulationLoss is required, got <class"),
    ],
}


@pytest.mark.parametrize(("name", "case"), [(name, i) for name, cases in WORDS.items() for i in range(len(cases))])
def test_words_that_were_meant(name, case):
    function, message = WORDS[name][case]
    with pytest.raises(ValueError, match=rf"^{name}s?: .*({message})"):
        function()


def test_one_norm_is_a_comparison_of_one():
    assert st.compare(W, np.eye(2), "H1").rows[0].norm == "H1"
    with pytest.raises(ValueError, match=r"^norms: .*\[\(1, 0\.5\)\] for one of weights, got \(1, 0\.5\)"):
        st.compare(W, np.eye(2), (1, 0.5))


def test_vectors_that_a_curvature_multiplies():
    H = st.PopulationLoss(np.eye(2), "L2").hessian(W)
    assert (H @ [1, 2, 3, Fraction(4)] == H @ np.arange(1.0, 5.0)).all()
    np.testing.assert_allclose(H @ (1j * np.ones(4)), 1j * (H @ np.ones(4)), rtol=1e-15)
    for x, message in (
        (["1"] * 4, "text"),
        ([True] * 4, "booleans"),
        ([None] * 4, "None"),
    ):
        with pytest.raises(ValueError, match=rf"^x: a vector of numbers is required, got .*{message}"):
            H @ x


def test_activations_at_points():
    relu = st.activations.get("relu")
    for order in (-1, 1.0, "1", None):
        with pytest.raises(ValueError, match=r"^order: an order from 0 on is required"):
            relu.derivative([1.0], order)
    with pytest.raises(ValueError, match=r"^order: at most 3 is derived for 'relu', got 4"):
        relu.derivative([1.0], 4)
    with pytest.raises(ValueError, match=r"^z: numbers are required"):
        relu.derivative("x")
    with pytest.raises(OverflowingError, match=r"^x: the network overflows"):
        st.Network([[1e200]])([[1e200]])


def test_what_came_is_shown_on_a_short_line():
    class Broken:
        def __repr__(self):
            raise RuntimeError

    for value in ("a\nb", "x" * 1000, 10**5000, np.zeros((9, 9)), Broken(), [[[]] * 100] * 100):
        text = checks.shown(value)
        assert len(text) <= 80
        assert "\n" not in text


def as_npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def as_npy(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def with_header(shape, descr="'<f8'"):
    """A .npy file of four numbers whose header says something of its own."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(32)


ARRAY = as_npy(np.zeros((2, 2)))

READ = {
    "w.npy": as_npy(W),
    "columns first.npy": as_npy(np.asfortranarray(W)),
    "big-endian.NPY": as_npy(W.astype(">f4").astype(">f8")),
    "one.npz": as_npz(W=W),
    "several.npz:W": as_npz(W=W, a=np.ones(2)),
    "w.csv": b"0.5,0.8\n0.3,-0.4\n",
    "w.CSV": b"0.5, 0.8\r\n0.3, -0.4",
    "mark.csv": b"\xef\xbb\xbf0.5,0.8\n0.3,-0.4\n",
    "wide mark.csv": "\ufeff0.5,0.8\n0.3,-0.4\n".encode("utf-16-le"),
    "semicolons.csv": b"0.5;0.8\n0.3;-0.4\n",
    "w.tsv": b"0.5\t0.8\n0.3\t-0.4\n",
    "w.txt": b"# by numpy\n5e-1 .8\n\n0.3 -0.4 # the second\n",
    "names.csv": b"w_1,w_2\n0.5,0.8\n0.3,-0.4\n",
    "marked names.csv": b"\xef\xbb\xbfw[1],w(2)\n0.5,0.8\n0.3,-0.4\n",
    "quotes.csv": b'"w,1","w,2"\n"0.5","0.8"\n0.3,-0.4\n',
}


@pytest.mark.parametrize("name", READ)
def test_files_of_weights(tmp_path, name):
    (tmp_path / name.partition(":")[0]).write_bytes(READ[name])
    expected = W if "endian" not in name else W.astype(np.float32)
    np.testing.assert_array_equal(checks.read_weights("--student", tmp_path / name), expected)


def test_integers_are_weights(tmp_path):
    (tmp_path / "w.csv").write_text("1,2\n3,4\n")
    np.testing.assert_array_equal(checks.read_weights("--student", tmp_path / "w.csv"), [[1.0, 2.0], [3.0, 4.0]])


def test_one_line_is_one_neuron(tmp_path):
    (tmp_path / "w.csv").write_text("0,1")
    np.testing.assert_array_equal(checks.read_weights("--student", tmp_path / "w.csv"), [[0.0, 1.0]])


def bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("W.npy", ARRAY + bytes(2**20))
    return stream.getvalue()


UNREADABLE = {
    "empty.npy": (b"", "an empty file"),
    "empty.csv": (b"", "an empty file"),
    "blank.csv": (b"\n# only words\n", "a file without numbers"),
    "damaged.csv": (b"x.5\n0.8\n", "got 'x.5' in line 1, column 1"),
    "header.csv": (b"w_1,w_2\n", "names of columns without numbers"),
    "columns.csv": (b"0,1\n0.5,0.8\n", "a first line 0, 1, ..., as pandas numbers columns; leave it out, header=False"),
    "rows.csv": (b"0,0.5\n1,0.8\n", "a first column 0, 1, ..., as pandas numbers rows; leave it out, index=False"),
    "columns from 1.csv": (b"1,2\n0.5,0.8\n", "a first line 1, 2, ..., as pandas numbers columns"),
    "rows from 1.csv": (b"1,0.5\n2,0.8\n", "a first column 1, 2, ..., as pandas numbers rows"),
    "one column.csv": (b"0\n0.5\n", "a first line 0, 1, ..., as pandas numbers columns"),
    "frame.csv": (b",0,1\n0,0.5,0.8\n1,0.3,-0.4\n", "an unnamed first column, as pandas numbers rows"),
    "commas.csv": (b"0,5;0,8\n0,3;-0,4\n", "got '0,5' in line 1, column 1; write decimal points"),
    "comma.tsv": (b"0.5\t0,8\n", "got '0,8' in line 1, column 2; write decimal points"),
    "ragged.csv": (b"1,2\n\n3\n", "1 comma-separated numbers in line 3, and 2 in line 1"),
    "hole.csv": (b"1,2\n3,\n", "nothing in line 2, column 2"),
    "word.csv": (b"1,2\n3,x\n", "got 'x' in line 2, column 2"),
    "script.csv": ("1,2\n3,\u0661\n".encode(), "got '\u0661' in line 2, column 2"),
    "infinite.csv": (b"1.0,2\n3,inf\n", r"finite numbers are required, got inf at entry \(1, 1\)"),
    "latin.csv": (b"\xe9,1\n", "no text of encoding utf-8"),
    "binary.csv": (b"1,2\x00\n", "a binary file"),
    "array.csv": (ARRAY, r"\.npy by its first bytes"),
    "text.npy": (b"1,2\n", "no NumPy file by its first bytes"),
    "archive.npy": (as_npz(W=W), r"\.npz by its first bytes"),
    "cut.npy": (ARRAY[:100], "a .npy file whose header is damaged"),
    "magic.npy": (ARRAY[:6], "a .npy file whose header is damaged"),
    "short.npy": (ARRAY[:-1], "31 bytes of numbers, while its header says shape"),
    "long.npy": (ARRAY + b"\0", "33 bytes of numbers, while its header says shape"),
    "tokens.npy": (with_header("(2, 2("), "header is damaged"),
    "deep.npy": (with_header("(" * 3000), "header is damaged"),
    "escape.npy": (with_header("'\\\\d'"), "header is damaged"),
    "type.npy": (with_header("(2, 2)", "'<q9'"), "header is damaged"),
    "huge.npy": (with_header((10**9, 10**30)), "32 bytes of numbers, while its header says shape"),
    "negative.npy": (with_header("(-2, -2)"), "while its header says shape"),
    "nothing.npy": (with_header("(0, 5)"), "while its header says shape"),
    "void.npy": (with_header("(2, 2)", "'|V0'"), "while its header says shape"),
    "objects.npy": (as_npy(np.array([[print]], dtype=object), allow_pickle=True), "pickled objects, which are never"),
    "dates.npy": (as_npy(np.array([["2020"]], dtype="M8[D]")), "got dates"),
    "flat.npy": (as_npy(W[0]), r"for one row pass x\[None, :\]"),
    "several.npz": (as_npz(W=W, a=W), r"an archive of W, a; name one, W\.npz:W"),
    "several.npz:w": (as_npz(W=W, a=W), "none named w; did you mean 'W'"),
    "nothing.npz": (as_npz(), "no NumPy file|an archive of no arrays"),
    "cut.npz": (as_npz(W=W)[:-30], "a damaged archive"),
    "bit.npz": (as_npz(W=W)[:170] + b"\xff" + as_npz(W=W)[171:], "a damaged archive"),
    "book.xlsx": (as_npz(W=W), r"another kind of file, \.xlsx"),
    "w.csv.gz": (b"\x1f\x8b", r"another kind of file, \.gz"),
    "nosuffix": (b"1,2\n", "another kind of file, without a suffix"),
    "missing.npy": (None, "No such file or directory"),
    "a\0b.npy": (None, "a name that no file has"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_files_without_weights(tmp_path, name):
    """One line that names the option and the file."""
    data, message = UNREADABLE[name]
    if data is not None:
        (tmp_path / name.partition(":")[0]).write_bytes(data)
    with pytest.raises(ValueError, match=message) as error:
        checks.read_weights("--student", tmp_path / name)
    shown = str(tmp_path / name.partition(":")[0])
    assert str(error.value).startswith(f"--student {shown if shown.isprintable() else repr(shown)}: ")
    assert "\n" not in str(error.value)


def test_what_is_no_file(tmp_path):
    (tmp_path / "w.csv").mkdir()
    os.mkfifo(tmp_path / "w.npy")
    (tmp_path / "w.npz").symlink_to("/dev/zero")
    for name, message in (("w.csv", "a folder"), ("w.npy", "a pipe or a device"), ("w.npz", "a pipe or a device")):
        with pytest.raises(ValueError, match=rf"^--student .*{name}: .* got {message}"):
            checks.read_weights("--student", tmp_path / name)


def test_sizes_of_files_are_judged_before_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(checks.files, "LARGEST", 2**19)
    (tmp_path / "bomb.npz").write_bytes(bomb())
    for name, size in (("w.npy", 2**40), ("w.csv", 2**40)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    for name in ("bomb.npz", "w.npy", "w.csv"):
        with pytest.raises(SizeError, match=rf"^--student .*{name}: .*at most .* bytes"):
            checks.read_weights("--student", tmp_path / name)


def test_numbers_of_files_are_a_number_a_row_or_a_table(tmp_path):
    shapes = [(as_npy(W), (2, 2)), (as_npy(W[0]), (2,)), (as_npy(W[:1]), (2,)), (as_npy(W[:, :1]), (2,))]
    for data, shape in [*shapes, (as_npy(np.array(3)), ())]:
        (tmp_path / "x.npy").write_bytes(data)
        assert checks.read_numbers("--mean", tmp_path / "x.npy").shape == shape
    (tmp_path / "x.csv").write_text("0.5\n1.5\n")
    assert checks.read_numbers("--mean", tmp_path / "x.csv").tolist() == [0.5, 1.5]
    (tmp_path / "x.csv").write_text("0.5,x\n")
    with pytest.raises(ValueError, match=r"^--mean .*x\.csv: numbers, in a .* got 'x' in line 1, column 2"):
        checks.read_numbers("--mean", tmp_path / "x.csv")


def test_arrays_of_a_file_have_known_names(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    path.write_bytes(as_npz(W=W.astype(np.float32), c=np.array(2)))
    arrays = checks.read_arrays("--problem", path, ["W", "b", "c"])
    assert {key: (array.shape, array.dtype.kind) for key, array in arrays.items()} == {
        "W": ((2, 2), "f"),
        "c": ((), "f"),
    }
    for data, message in [
        (as_npz(w=W), "got one named 'w'; did you mean 'W'"),
        *(UNREADABLE[name] for name in ("cut.npz", "bit.npz")),
        (as_npz(W=W + np.inf), "W: finite numbers are required"),
        (ARRAY, r"\.npy by its first bytes"),
    ]:
        path.write_bytes(data)
        with pytest.raises(ValueError, match=rf"^--problem .*x\.npz: .*{message}"):
            checks.read_arrays("--problem", path, ["W"])
    monkeypatch.setattr(checks.files, "LARGEST", 2**19)
    path.write_bytes(bomb())
    with pytest.raises(SizeError, match=r"^--problem .*x\.npz: an array of at most .* bytes"):
        checks.read_arrays("--problem", path, ["W"])
