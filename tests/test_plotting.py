"""Figures show the numbers that they say they show, and can be read."""

import io
import itertools
import pickle
import re
import subprocess
import sys
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text

import sobolev_theory as st
from sobolev_theory import plotting
from sobolev_theory.plotting.sweeps import GAIN
from sobolev_theory.sweeps.results import SweepRow
from tests import figures

matplotlib.use("agg")

OKABE_ITO = {"#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"}
START, TEACHER = [[0.5, 0.8]], [[1.0, 0.0]]


@pytest.fixture(scope="module")
def comparison():
    return st.compare_flows(START, TEACHER, ("L2", "H1", (1.0, 0.25)), t_max=40.0)


def curves(ax):
    """Lines that are curves, not levels."""
    return [line for line in ax.lines if len(line.get_xdata()) > 2]


def words(ax):
    """The title, in one line; its lines are short."""
    assert max(map(len, ax.get_title().splitlines())) <= 36
    return ax.get_title().replace("\n", " ")


def spectra_of(student, teacher, norms=("L2", "H1")):
    return plotting.spectrum([st.PopulationLoss(teacher, norm).hessian(student) for norm in norms], list(norms))


def prediction_error(weights):
    """``|w|^2/4 + |v|^2/4 - |w||v| (sin t + (pi - t) cos t)/(2 pi)``, the L2 loss of one ReLU neuron, ``|v| = 1``."""
    size, angle = np.linalg.norm(weights, axis=-1), np.arctan2(np.abs(weights[..., 1]), weights[..., 0])
    return (size**2 + 1) / 4 - size * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)


def test_loss_curves_show_the_prediction_error_against_time(comparison):
    """The formula subtracts numbers below 1/2: 1e-15 absolute covers its few roundings."""
    left, right = plotting.loss_curves(comparison)
    for ax in (left, right):
        assert [line.get_label() for line in curves(ax)] == ["L2", "H1", "(1, 0.25)"]
        for line, flow in zip(curves(ax), comparison.flows, strict=True):
            np.testing.assert_allclose(line.get_ydata(), prediction_error(flow.weights[:, 0]), rtol=0, atol=1e-15)
    for line, flow in zip(curves(left), comparison.flows, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), flow.t)


def test_equal_sharpness_stretches_time(comparison):
    """At the teacher the sharpness of L2 is 1/2, and the derivative part adds as much as its weight.

    It is taken at a distance of 1e-6 of the teacher, and differs from that by as much.
    """
    _, right = plotting.loss_curves(comparison)
    for line, flow, factor in zip(curves(right), comparison.flows, (1, 2, 1.25), strict=True):
        np.testing.assert_allclose(line.get_xdata(), factor * flow.t, rtol=1e-5)


def test_the_accuracy_line_meets_the_curves_at_the_times_of_the_table(comparison):
    """The error is nearly exponential between steps of the solver: 1e-2 covers its bend."""
    for ax, name in zip(plotting.loss_curves(comparison), ("time", "time_equal_sharpness"), strict=True):
        level = ax.lines[-1].get_ydata()[0]
        assert level == pytest.approx(1e-6 * prediction_error(np.array(START[0])), rel=1e-13)
        for line, row in zip(curves(ax), comparison.rows, strict=True):
            logarithm = -np.log(line.get_ydata())
            assert np.interp(-np.log(level), logarithm, line.get_xdata()) == pytest.approx(getattr(row, name), rel=1e-2)


def test_distance_curves(comparison):
    left, _ = plotting.loss_curves(comparison, quantity="distance")
    for line, flow in zip(curves(left), comparison.flows, strict=True):
        expected = np.linalg.norm(flow.weights[:, 0] - TEACHER[0], axis=-1)
        np.testing.assert_allclose(line.get_ydata(), expected, rtol=0, atol=1e-15)
    assert "distance" in left.get_ylabel()


@pytest.mark.parametrize(
    ("options", "drawn", "words"),
    [
        pytest.param(
            {"norms": ("L2", "H1"), "t_max": 40.0, "derivative": "exact"},
            ["L2"],
            "H1: sharpness infinite",
            marks=pytest.mark.long,
        ),
        ({"norms": ("L2", "H1"), "t_max": 8.0}, [], "L2: sharpness unknown, ended by t_max"),
        ({"norms": ("H1", "L2"), "t_max": 8.0}, ["H1"], "L2: sharpness unknown, ended by t_max"),
    ],
)
def test_flows_without_a_sharpness_are_left_out_and_named(options, drawn, words):
    left, right = plotting.loss_curves(st.compare_flows(START, TEACHER, **options))
    assert len(curves(left)) == 2
    assert [line.get_label() for line in curves(right)] == drawn
    (note,) = right.texts
    assert words in note.get_text()


def test_bad_input_is_named(comparison):
    wide = st.compare_flows([[0.5, 0.8], [0.1, -0.3]], TEACHER, ("L2",), t_max=1.0)
    with pytest.raises(ValueError, match="distance"):
        plotting.loss_curves(wide, quantity="distance")
    with pytest.raises(ValueError, match="quantity"):
        plotting.loss_curves(comparison, quantity="accuracy")
    with pytest.raises(ValueError, match="away from zero"):
        plotting.loss_curves(st.compare_flows(TEACHER, TEACHER, ("L2",), t_max=1.0))
    with pytest.raises(ValueError, match="axes"):
        plotting.loss_curves(comparison, axes=[plt.figure().subplots()])
    with pytest.raises(ValueError, match="labels"):
        plotting.spectrum([st.Spectrum(np.ones(1), np.ones(1, int))], [])
    with pytest.raises(ValueError, match="norms"):
        plotting.condition_number_map(("L2",))
    with pytest.raises(st.InfiniteNormError):
        plotting.phase_portrait("H2")


@pytest.mark.parametrize(("norm", "derivative"), [("L2", "backprop"), ("H1", "backprop"), ("H1", "exact")])
def test_streamlines_follow_the_gradient(norm, derivative):
    """In polar coordinates ``dw/dt = -gradient``: each piece of a streamline has its direction at the middle.

    Pieces are up to L = 0.17 long. The middle of a chord is L^2/8 = 0.004 times the curvature off its arc, where the
    direction differs by that times its own rate of change; both are below 4 radians per unit away from the teacher and
    from norm 0. So directions agree to 0.06 radians, and cosines to 2e-3.
    """
    ax = plotting.phase_portrait(norm, derivative=derivative)
    (streams,) = [c.get_segments() for c in ax.collections if isinstance(c, LineCollection)]
    middle = np.concatenate([(line[1:] + line[:-1]) / 2 for line in streams])
    along = np.concatenate([np.diff(line, axis=0) for line in streams])
    clear = (middle[:, 1] > 0.3) & (np.hypot(middle[:, 0], middle[:, 1] - 1) > 0.2) & np.any(along, axis=1)
    chosen = np.flatnonzero(clear & (middle[:, 0] > 0.05) & (middle[:, 0] < 3.1))
    assert len(chosen) > 300
    loss = st.PopulationLoss(TEACHER, norm, derivative=derivative)
    for (angle, size), step in zip(middle[chosen], along[chosen], strict=True):
        radial, around = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        field = -loss.gradient([size * radial])[0]
        slope = np.array([field @ around / size, field @ radial])
        assert step @ slope / np.linalg.norm(step) / np.linalg.norm(slope) > 1 - 2e-3


@pytest.mark.parametrize(("norm", "weight"), [("L2", 0), ("H1", 1)])
def test_the_norm_is_at_rest_on_the_dashed_line(norm, weight):
    """``(pi - t) cos t + sin t/(1 + k) = pi s``; linear interpolation over h = 0.02 errs by h^2/8, a bend of 4."""
    ax = plotting.phase_portrait(norm)
    (path,) = ax.collections[-1].get_paths()
    angle, size = path.vertices.T
    expected = (np.pi - angle) * np.cos(angle) / np.pi + np.sin(angle) / (np.pi * (1 + weight))
    np.testing.assert_allclose(size, expected, atol=2e-4)
    assert ax.lines[0].get_xydata().tolist() == [[0, 1]]  # the teacher


def test_the_map_shows_the_closed_form_and_masks_the_indefinite_region():
    """``(1 - 2x)/(1 - 3x/2)`` with ``x = sin(theta)/(pi s)``, where ``x < 1/2``, at the norm ``s = |w|/|w*|``.

    Grid points are means of the cells' corners, right to a few roundings; quotients are drawn to nine digits.
    """
    ax = plotting.condition_number_map(("H1", "L2"))
    (mesh,) = [c for c in ax.collections if isinstance(c, QuadMesh)]
    corners, values = mesh.get_coordinates(), mesh.get_array()
    angle, size = np.moveaxis(corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:], -1, 0) / 4
    x = np.sin(angle) / (np.pi * size)
    np.testing.assert_array_equal(np.ma.getmaskarray(values), x >= 0.5)
    np.testing.assert_allclose(values[x < 0.5], ((1 - 2 * x) / (1 - 1.5 * x))[x < 0.5], atol=1e-9)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a Hessian is not positive definite"]
    assert "of H1" in ax.figure.axes[-1].get_ylabel()  # the colour bar


@pytest.mark.parametrize("norms", [("H1", (0.0, 1.0)), ("H1", "H1")])
def test_maps_with_few_contours_or_none(norms):
    """A quotient of 1 everywhere has no contour; near norm 0 no Hessian is definite, whatever the norm."""
    ax = plotting.condition_number_map(norms)
    ax.figure.canvas.draw()
    (mesh,) = [c for c in ax.collections if isinstance(c, QuadMesh)]
    assert np.ma.getmaskarray(mesh.get_array())[0, 100:-100].all()


def test_equal_condition_numbers_are_drawn_equal():
    """Exact H1 and L2 between pi/4 and 3 pi/4, where the transverse eigenvalue of H1 is not above the radial one."""
    ax = plotting.condition_number_map(("H1", "L2"), derivative="exact")
    values = ax.collections[0].get_array()
    middle = values[:, 91:270]
    assert (middle.compressed() == 1).all()


def test_spectrum_shows_eigenvalues_with_multiplicities():
    """One neuron at a right angle, d = 5: ``x = 1/pi``; accuracy 1e-15 of the largest eigenvalue, a few roundings."""
    x = 1 / np.pi
    upper, lower = spectra_of([[0.0, 1.0, 0.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(upper.lines[0].get_xdata(), [0.5 - x, 0.5 - x / 2, 0.5], atol=1e-14)
    np.testing.assert_allclose(lower.lines[0].get_xdata(), [1 - 1.5 * x, 1 - x / 2, 1], atol=1e-14)
    for ax, kappa in ((upper, 1 / (1 - 2 * x)), (lower, 1 / (1 - 1.5 * x))):
        assert ax.lines[0].get_ydata().tolist() == [1, 3, 1]
        assert f"{kappa:.4g}" in ax.get_title()
        assert len(ax.lines) == 1
    assert [ax.get_title()[:2] for ax in (upper, lower)] == ["L2", "H1"]


def test_equal_eigenvalues_are_merged():
    """To the six digits that are printed."""
    (ax,) = plotting.spectrum([st.Spectrum(np.array([1, 1 + 1e-9, 2]), np.array([1, 2, 4]))], ["a"])
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[1, 3], [2, 4]], rtol=2e-9)


def test_many_eigenvalues_are_counted_in_bins():
    """Stems of a thousand eigenvalues are a solid block; each is in one bin, with its multiplicity."""
    values, counts = np.random.default_rng(0).standard_normal(1000), np.arange(1, 1001)
    panels = plotting.spectrum([st.Spectrum(values, counts), st.Spectrum(np.ones(1), np.ones(1, int))], ["a", "b"])
    for ax, number in zip(panels, (counts.sum(), 1), strict=True):
        (bars,) = ax.patches
        assert bars.get_data().values.sum() == number
        assert ax.get_ylabel() == "number in a bin"


@pytest.mark.parametrize("top", [1, 20, 21, 10**6, 10**18])
def test_multiplicities_have_ticks_at_integers_from_zero(top):
    (ax,) = plotting.spectrum([st.Spectrum(np.array([1.0, 2.0]), np.array([1, top]))], ["a"])
    ax.figure.canvas.draw()
    low, high = ax.get_ylim()
    ticks = [tick for tick in ax.get_yticks() if low <= tick <= high]
    assert low == 0 == ticks[0]
    assert high > top
    assert 2 <= len(ticks) <= 8
    assert all(tick == int(tick) for tick in ticks)
    boxes = [label.get_window_extent() for label in ax.get_yticklabels() if label.get_text()]
    assert all(lower.y1 <= upper.y0 + 1 for lower, upper in itertools.pairwise(boxes[: len(ticks)]))


@pytest.mark.parametrize(
    ("norms", "derivative"),
    [
        (("H1", "L2"), "backprop"),
        pytest.param(("H1", "L2"), "exact", marks=pytest.mark.long),
        pytest.param(("L2", "H1"), "backprop", marks=pytest.mark.long),
        pytest.param(("L2", "H1"), "exact", marks=pytest.mark.long),
        pytest.param(((1.0, 0.25), "L2"), "backprop", marks=pytest.mark.long),
        (((1.0, 0.25), "L2"), "exact"),
    ],
)
def test_labels_of_contours_are_whole(norms, derivative):
    """Within the map, one beside another, and not across the border of the hatched region."""
    ax = plotting.condition_number_map(norms, derivative=derivative)
    ax.figure.canvas.draw()
    labels = [text.get_window_extent() for text in ax.texts]
    frame = ax.get_window_extent()
    assert labels
    for k, box in enumerate(labels):
        assert frame.x0 <= box.x0 <= box.x1 <= frame.x1
        assert frame.y0 <= box.y0 <= box.y1 <= frame.y1
        assert not any(box.overlaps(other) for other in labels[:k])


def test_all_planes_have_one_norm(comparison):
    """The norm of the student in units of the teacher's, upwards; times are said on the axes, not "as is"."""
    planes = [plotting.phase_portrait("L2"), plotting.condition_number_map()]
    assert {ax.get_ylabel() for ax in planes} == {"norm $|w|/|w^*|$"}
    left, right = plotting.loss_curves(comparison)
    assert (left.get_title(), left.get_xlabel()) == ("in original time", "time $t$ of each gradient flow")
    assert "sharpness of L2" in right.get_xlabel()


@pytest.mark.parametrize(
    ("suffix", "there"),
    [
        ("pdf", b"/CIDFontType2"),
        pytest.param("ps", b"/FontType 42", marks=pytest.mark.long),
        pytest.param("svg", b">eigenvalue</text>", marks=pytest.mark.long),
    ],
)
def test_fonts_of_files_can_be_searched_and_edited(tmp_path, suffix, there):
    """No Type 3 fonts, which journals refuse; settings of matplotlib stay as they are."""
    before = dict(matplotlib.rcParams)
    figure = one_eigenvalue()
    path = tmp_path / f"figure.{suffix}"
    figure.savefig(path)
    assert dict(matplotlib.rcParams) == before
    assert there in path.read_bytes()
    assert b"/Type3" not in path.read_bytes()
    assert b"/FontType 3" not in path.read_bytes()


def one_eigenvalue():
    return plotting.spectrum([st.Spectrum(np.ones(1), np.ones(1, int))], ["one"])[0].figure


def test_a_style_holds_for_our_figures_and_others(tmp_path, comparison):
    """All are as wide; panels stand beside one another where there is room; saved outside, fonts are still embedded."""
    before = dict(matplotlib.rcParams)
    for width, inches in (("column", 3.4), ("page", 6.8), (5, 5.0)):
        with plotting.style("paper", width=width):
            pair, mine = plotting.loss_curves(comparison), plt.figure()
            mine.subplots().plot([0, 1], [[0, 1], [1, 0]])
        assert dict(matplotlib.rcParams) == before
        pair[0].figure.draw_without_rendering()
        left, right = (ax.get_position() for ax in pair)
        assert (left.y0 == right.y0) == (inches >= 4.8)
        assert {figure.get_figwidth() for figure in (pair[0].figure, mine)} == {inches}
        sizes = [text.get_fontsize() for text in pair[0].figure.findobj(Text) if text.get_text()]
        assert {round(size, 1) for size in sizes} == {9.0, 7.5}
        first, second = mine.axes[0].lines
        assert {to_hex(line.get_color()) for line in (first, second)} < OKABE_ITO
        assert first.get_linestyle() != second.get_linestyle()
    mine.savefig(tmp_path / "figure.pdf")
    assert b"/CIDFontType2" in (tmp_path / "figure.pdf").read_bytes()
    assert b"/Type3" not in (tmp_path / "figure.pdf").read_bytes()


def test_settings_of_ones_own_hold(comparison):
    """Within a style, and without: the size of figures, which is that of each panel, and hooks."""
    with plotting.style(), plt.rc_context({"figure.figsize": (4, 2), "figure.hooks": ["builtins:repr"]}):
        assert one_eigenvalue().get_size_inches() == pytest.approx((4, 2 * 0.66))
    with plt.rc_context({"figure.figsize": (5, 4)}):
        assert plotting.phase_portrait().figure.get_size_inches().tolist() == [5, 4]
        assert plotting.loss_curves(comparison)[0].figure.get_size_inches().tolist() == [5, 4]
    again = pickle.loads(pickle.dumps(one_eigenvalue()))
    again.savefig(io.BytesIO())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "papr"}, "name: one of 'paper' is required, got 'papr'; did you mean 'paper'?"),
        ({"width": "colum"}, "width: one of 'column', 'page' is required, got 'colum'; did you mean 'column'?"),
        ({"width": -1}, "width: 'column', 'page', or a number of inches between 1 and 100 is required, got -1"),
    ],
)
def test_unknown_styles_are_named(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"), plotting.style(**arguments):
        pass


@pytest.mark.parametrize("low", [0.1, -1.0])
def test_bins_are_logarithmic_where_all_eigenvalues_are_positive(low):
    """So that the small ones, on which the rate depends, do not share one bin."""
    (ax,) = plotting.spectrum([st.Spectrum(np.geomspace(0.1, 10.0, 61)[:-1] + low - 0.1, np.ones(60, int))], ["a"])
    assert ax.get_xscale() == ("log" if low > 0 else "linear")
    heights = ax.patches[0].get_data().values
    assert heights.sum() == 60
    assert heights.max() <= (2 if low > 0 else 30)


def test_distributions_count_eigenvalues_up_to_a_part_of_the_largest():
    """One neuron at a right angle, d = 5: 1, 3 and 1 of 5; half an eigenvalue is left at either end."""
    x = 1 / np.pi
    hessians = [st.PopulationLoss([[1.0, 0, 0, 0, 0]], norm).hessian([[0.0, 1, 0, 0, 0]]) for norm in ("L2", "H1")]
    ax = plotting.spectral_distribution(hessians, ["L2", "H1"])
    for line, values in zip(ax.lines, ([1 - 2 * x, 1 - x], [1 - 1.5 * x, 1 - x / 2]), strict=True):
        np.testing.assert_allclose(line.get_xdata(), [values[0], *values, 1], atol=1e-14)
        np.testing.assert_allclose(line.get_ydata(), [0.1, 0.2, 0.8, 0.9], rtol=1e-14)
        assert f"{1 / values[0]:.4g}" in line.get_label()
        assert line.get_drawstyle() == "steps-post"


def test_distributions_begin_with_what_is_not_positive():
    both = [st.Spectrum(np.array(v), np.array([1, 3, 4])) for v in ([-1.0, 1.0, 2.0], [1.0, 1 + 1j, 2.0])]
    ax = plotting.spectral_distribution(both, ["a", "b"])
    assert ax.lines[0].get_xdata().tolist() == [0.5, 0.5, 1.0]
    assert ax.lines[0].get_ydata().tolist() == [1 / 8, 4 / 8, 15 / 16]
    assert [line.get_label() for line in ax.lines] == ["a, 1 not positive", r"b, $\kappa$ = 2"]
    assert ax.get_xlabel() == "real part of the eigenvalue / largest"
    with pytest.raises(ValueError, match="a positive eigenvalue"):
        plotting.spectral_distribution([st.Spectrum(-np.ones(1), np.ones(1, int))], ["a"])


def test_distributions_of_a_quintillion_eigenvalues_can_be_drawn():
    ax = plotting.spectral_distribution([st.symmetric.spectrum(10**9, 10**9)], ["L2"])
    ax.figure.canvas.draw()
    assert ax.lines[0].get_ydata()[[0, -1]].tolist() == [1e-10, 1 - 1e-10]


def eigenvalues_of_one_neuron(angle, size, weight):
    """``1/2 - x, (1 - x)/2, 1/2`` of the function, ``(1 - x)/2, 1/2, 1/2`` of derivatives: docs/which_hessian.md."""
    x = np.sin(angle) / (np.pi * size)
    return np.stack([0.5 - x + weight * (1 - x) / 2, (1 - x + weight) / 2, (1 + weight) / 2])


def test_curves_over_the_weight_show_the_closed_form_of_one_neuron():
    """Every point, to a few roundings times the condition number, and the weight that the search recommends."""
    student = [[np.cos(1.0), np.sin(1.0), 0.0]]
    above, below = plotting.optimal_weight(student, [[1.0, 0.0, 0.0]])
    weights = above.lines[0].get_xdata()
    values = eigenvalues_of_one_neuron(1.0, 1.0, weights)
    np.testing.assert_allclose(above.lines[0].get_ydata(), values.max(axis=0) / values.min(axis=0), rtol=1e-13)
    np.testing.assert_allclose(below.lines[0].get_ydata(), values.min(axis=0) / values.max(axis=0), rtol=1e-13)
    marks = {line.get_marker(): line.get_xydata()[0] for line in above.lines[1:]}
    for marker, x, weight in (("s", weights[0], 0.0), ("o", 1.0, 1.0), ("^", weights[-1], 1e15)):
        ends = eigenvalues_of_one_neuron(1.0, 1.0, weight)
        np.testing.assert_allclose(marks[marker], [x, ends.max() / ends.min()], rtol=1e-13)
    best = st.optimal_weight(student, [[1.0, 0.0, 0.0]])
    assert marks["*"].tolist() == pytest.approx([best.recommended, best.recommended_condition_number])
    assert above.get_title() == "Hessian, backprop convention"


def test_curves_over_the_weight_at_a_teacher_are_those_of_a_limit():
    """Or of the means of its ``1/kappa``, which the search drew once; ``1/kappa`` is right to 1e-14 times kappa."""
    teacher, away = np.eye(3), np.random.default_rng(0).standard_normal((3, 3))
    above, _ = plotting.optimal_weight(teacher, teacher, towards=away)
    for weight, kappa in above.lines[0].get_xydata()[::30]:
        limit = st.PopulationLoss(teacher, (1, weight)).hessian(teacher, towards=away)
        assert kappa == pytest.approx(limit.condition_number(), rel=1e-12)
    assert above.get_title().replace("\n", " ") == "Hessian, backprop convention, limit along a direction (training)"
    settings = {"towards": "random", "directions": 2, "rng": 1}
    above, _ = plotting.optimal_weight(teacher, teacher, **settings)
    best = st.optimal_weight(teacher, teacher, **settings)
    assert [above.lines[k].get_ydata()[0] for k in (1, 2, 3, 4)] == pytest.approx(
        [best.at_zero, best.at_one, best.at_infinity, best.recommended_condition_number], rel=1e-12
    )
    assert "2 random directions" in above.get_title().replace("\n", " ")


def test_weights_without_a_rate_are_hatched_and_have_no_curve():
    """``1/2 - x + weight (1 - x)/2 > 0``, from a weight on that is met to the distance of two weights."""
    above, below = plotting.optimal_weight([[0.0, 0.5, 0.0]], [[1.0, 0.0, 0.0]])
    x = 2 / np.pi
    for ax in (above, below):
        weights, curve = ax.lines[0].get_data()
        np.testing.assert_array_equal(np.isnan(curve), weights <= (2 * x - 1) / (1 - x))
        names = [text.get_label() for text in (*ax.lines, *ax.collections)]
        assert "not positive definite" in names
        assert not any(name.startswith("L2") for name in names)


def test_where_no_weight_has_a_rate_nothing_is_marked():
    """For x >= 1 every weight is hatched: there is no best one, nor a number on the empty axes."""
    with pytest.warns(st.ConditioningWarning):
        pair = plotting.optimal_weight([[0.0, 0.3, 0.0]], [[1.0, 0.0, 0.0]])
    assert [text.get_text() for text in pair[0].figure.legends[0].get_texts()] == ["not positive definite"]
    assert all(np.isnan(ax.lines[0].get_ydata()).all() and not len(ax.get_yticks()) for ax in pair)


def test_curves_over_the_width_keep_training_and_gauss_newton_apart():
    """At K = 4 the Hessian at a distance of 1e-7, which tells the limit to as much; at 1e9 limits, approached like 1/K.

    Training loses the gain, and Gauss-Newton keeps it: that is (pi - 2)/(pi - 1).
    """
    ax = plotting.width_scaling()
    inside, outside, gauss_newton = (dict(zip(*line.get_data(), strict=True)) for line in ax.lines[:3])
    teacher, others = np.eye(4), 1 - np.eye(4)
    for curve, away in ((inside, -teacher + others), (outside, -teacher - others)):
        pair = [st.PopulationLoss(teacher, norm).hessian(teacher + 1e-7 * away) for norm in ("H1", "L2")]
        near = pair[0].condition_number() / pair[1].condition_number()
        assert curve[4] == pytest.approx(near, rel=2e-6)
        assert curve[10**9] == pytest.approx(1, rel=1e-8)
    at_teacher = [st.PopulationLoss(teacher, norm).gauss_newton(teacher).condition_number() for norm in ("H1", "L2")]
    assert gauss_newton[4] == pytest.approx(at_teacher[0] / at_teacher[1], rel=1e-13)
    assert gauss_newton[10**9] == pytest.approx((np.pi - 2) / (np.pi - 1), rel=1e-8)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width $K$", r"$\kappa$ of H1 / $\kappa$ of L2")


@pytest.mark.long
def test_training_and_gauss_newton_that_agree_are_one_curve():
    ax = plotting.width_scaling(("H2", "L2"), activation="erf")
    assert [line.get_label() for line in ax.lines] == ["training and Gauss-Newton matrix", "no gain"]
    assert ax.get_title() == "orthonormal teacher, erf"
    of_doubles = plotting.width_scaling(activation=st.activations.get("gelu"))
    assert of_doubles.lines[0].get_xdata()[-1] == 10**6
    assert of_doubles.get_title() == "orthonormal teacher, gelu"


def test_wide_spectra_have_a_logarithmic_axis():
    one = np.ones(2, int)
    narrow, wide, wider = (st.Spectrum(np.array(v), one) for v in ([0.1, 9.0], [0.1, 11.0], [-0.1, 11.0]))
    assert [plotting.spectrum([s], ["a"])[0].get_xscale() for s in (narrow, wide, wider)] == ["linear", "log", "linear"]


def test_indefinite_and_complex_spectra_say_so():
    both = [st.Spectrum(np.array(v), np.array([2, 3])) for v in ([-1.0, 2.0], [1 + 1j, 1 - 1j])]
    upper, lower = plotting.spectrum(both, ["a", "b"])
    assert "not positive definite" in upper.get_title()
    assert set(upper.lines[1].get_xdata()) == {0}
    assert lower.get_xlabel() == "real part of the eigenvalue"
    assert lower.lines[0].get_xdata().tolist() == [1, 1]


@pytest.fixture(scope="module")
def sampled():
    """A loss that falls steadily, and one whose only two runs differ widely."""
    steady = st.monte_carlo.descent(st.PopulationLoss(TEACHER), START, step=0.1, batch=50, steps=30, runs=4, rng=0)
    wild = st.monte_carlo.descent(st.PopulationLoss(TEACHER), START, step=2.2, batch=1, steps=10, runs=2, rng=0)
    return [steady, wild]


@pytest.mark.parametrize("quantity", ["error", "loss"])
def test_sampled_curves_show_flow_means_and_two_standard_errors(sampled, quantity):
    ax = plotting.sampled_curves(sampled, ["steady", "wild"], quantity=quantity)
    names = [f"{name}, {what}" for name in ("steady", "wild") for what in ("exact flow", "SGD")]
    assert [line.get_label() for line in ax.lines] == names
    for k, result in enumerate(sampled):
        shown = getattr(result, quantity)
        flow, mean = ax.lines[2 * k : 2 * k + 2]
        np.testing.assert_array_equal(flow.get_xdata(), result.times)
        np.testing.assert_array_equal(flow.get_ydata(), shown.flow)
        np.testing.assert_array_equal(mean.get_ydata(), shown.mean)
        corners = ax.collections[k].get_paths()[0].vertices
        last = corners[corners[:, 0] == result.times[-1], 1]
        assert last.max() == pytest.approx(shown.mean[-1] + 2 * shown.standard_error[-1])
        assert last.min() == pytest.approx(max(shown.mean[-1] - 2 * shown.standard_error[-1], 0))
    assert ax.get_ylim()[0] > 0
    assert {to_hex(line.get_color()) for line in ax.lines} <= OKABE_ITO


def test_a_title_names_what_is_not_standard(sampled):
    """Of tuned steps, flows and SGD; of SGD what all results share, in lines as short as the axes."""
    inputs, W = st.Inputs(covariance=[1.0, 2.0]), [[0.9, 0.2]]
    steps = st.steps_to(W, TEACHER, ("L2",), accuracy=0.1, inputs=inputs)
    assert words(plotting.tuned_steps([steps])) == "Gradient descent, backprop convention; Inputs(covariance=[1, 2])"
    flows = st.compare_flows(W, TEACHER, ("L2",), t_max=1.0, inputs=inputs)
    title = plotting.loss_curves(flows)[0].figure.get_suptitle()
    assert title.replace("\n", " ") == "Gradient flow, backprop convention; Inputs(covariance=[1, 2])"
    with pytest.raises(ValueError, match="tables: one method and the same norms and setting are required"):
        plotting.tuned_steps([steps, st.steps_to(W, TEACHER, ("L2",), accuracy=0.1)])
    loss = st.PopulationLoss(TEACHER, "L2", inputs=inputs)
    other = st.monte_carlo.descent(loss, START, step=0.1, batch=50, steps=2, runs=4, rng=0)
    shared = "SGD, 4 runs, step 0.1, batch 50"
    assert words(plotting.sampled_curves([other], ["L2"])) == f"{shared}, Inputs(covariance=[1, 2])"
    assert words(plotting.sampled_curves([sampled[0], other], ["a", "b"])) == shared
    assert words(plotting.sampled_curves(sampled, ["a", "b"])) == "SGD"


def test_legends_say_what_is_not_drawn(sampled):
    """Runs that diverged, here made up, and norms that no step takes to the accuracy within the limit."""
    away = sampled[0].weights.copy()
    away[1:, -1] = np.nan
    ax = plotting.sampled_curves([replace(sampled[0], weights=away), sampled[1]], ["L2", "H1"])
    names = [line.get_label() for line in ax.lines]
    assert names == ["L2, exact flow", "L2, SGD (3 of 4 runs diverged)", "H1, exact flow", "H1, SGD"]
    tables = [st.steps_to(START, TEACHER, ("L2",), accuracy=accuracy, limit=1) for accuracy in (0.5, 1e-9)]
    ax = plotting.tuned_steps(tables)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["L2, not all arrived", "predicted"]
    np.testing.assert_array_equal(np.isnan(ax.containers[0][0].get_ydata(orig=False)), [False, True])


def test_sampled_curves_name_bad_input(sampled):
    with pytest.raises(ValueError, match="labels: one for each of the results is required, got 1 for 2"):
        plotting.sampled_curves(sampled, ["L2"])
    with pytest.raises(ValueError, match="results: a list of SampledDescent"):
        plotting.sampled_curves(sampled[0], ["L2"])
    with pytest.raises(ValueError, match="quantity"):
        plotting.sampled_curves(sampled, ["a", "b"], quantity="distance")


def test_condition_numbers_of_samples_are_those_of_the_law():
    """One neuron, closed form; L2 begins with more than two samples for each dimension."""
    x = np.array([1.0, 4.0, 8.0])
    ax = plotting.condition_number_of_samples([[1.0, 2.0]], samples_per_dim=x)
    l2, h1 = ax.lines
    assert [line.get_label() for line in ax.lines] == ["L2", "H1"]
    np.testing.assert_array_equal(l2.get_xdata(), x[1:])
    np.testing.assert_array_equal(h1.get_xdata(), x)
    for line in (l2, h1):
        law = st.finite_sample.single_neuron_condition_number(line.get_xdata(), line.get_label())
        np.testing.assert_allclose(line.get_ydata(), law, rtol=1e-9)
    with pytest.raises(ValueError, match="samples_per_dim"):
        plotting.condition_number_of_samples([[1.0, 2.0]], samples_per_dim=[1.0, 0.0])


def test_a_density_is_drawn_over_a_histogram():
    """Their areas are the fractions of eigenvalues; single ones are marked, an atom is named."""
    law = st.finite_sample.spectrum([[1.0, 0.0], [0.5, 1.0]], "H1", samples_per_dim=10.0)
    values = np.concatenate([np.linspace(*ends, 50) for ends in law.intervals])
    ax = plotting.sampled_density(law, values)
    *densities, marks = ax.lines
    for line, part in zip(densities, (part for part in law if part.kind == "bulk"), strict=True):
        assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(part.mass, abs=1e-3)
    np.testing.assert_array_equal(marks.get_xdata(), law.outliers)
    (bars,) = ax.patches
    heights, edges, _ = bars.get_data()
    assert heights @ np.diff(edges) == pytest.approx(1)
    atom = plotting.sampled_density(st.finite_sample.spectrum([[1.0, 0.0]], "L2", samples_per_dim=1.5))
    assert atom.get_legend().get_texts()[-1].get_text() == "0.25 of all at 0"
    with pytest.raises(ValueError, match="law"):
        plotting.sampled_density(values)


QUICK = ("spectrum", "sweep")
"""Figures that the default run draws."""

TOLERANCE = {"condition_number_map": 12, "optimal_weight": 8}
"""Root mean squares of differences of pixels, of 255; of others 5. Between matplotlib 3.9 and 3.11 thirteen of the
seventeen images are the same to 0.3. Contours of the maps are broken where labels stand, which are as wide as the font
(11), and ticks fall elsewhere on a shorter axis (6; marks of ``width_scaling``, 4)."""


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.long) for n in figures.DRAWN])
def test_figures_can_be_read_and_look_as_they_did(tmp_path, name):
    """At the size of a column: axes have names, text at least 7 points, nothing is cut off, no label is on another.

    And what is no text is, dot by dot, what it was; ``python -m tests.figures`` draws the references anew.
    """
    figure = figures.draw(name)
    assert figure.get_size_inches()[0] == 3.4
    assert all(one.get_xlabel() or one.get_ylabel() for one in figure.axes)
    written = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    assert min(text.get_fontsize() for text in written) >= 7
    box, size = figure.get_tightbbox(), figure.get_size_inches()
    assert min(*box.min) >= 0
    assert (box.max <= size).all()
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        ticks = [tick for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()) if low <= tick.get_loc() <= high]
        labels = [label for tick in ticks for label in (tick.label1, tick.label2)]
        boxes = [label.get_window_extent() for label in labels if label.get_visible() and label.get_text()]
        assert not any(first.overlaps(second) for first, second in itertools.combinations(boxes, 2))
    figures.save(figure, tmp_path / "drawn.png")
    difference = compare_images(
        str(figures.image(name)), str(tmp_path / "drawn.png"), TOLERANCE.get(name.split()[0], 5)
    )
    assert difference is None, difference


def test_every_function_that_draws_has_a_reference_image():
    """Small ones."""
    drawn = {name.split()[0] for name in figures.DRAWN}
    assert drawn == set(plotting.__all__) - {"style"}
    kept = [path.stat().st_size for path in figures.FOLDER.iterdir()]
    assert sorted(figures.FOLDER.iterdir()) == sorted(map(figures.image, figures.DRAWN))
    assert sum(kept) < 400_000


def test_curves_differ_in_more_than_colour(comparison):
    left, _ = plotting.loss_curves(comparison)
    colors = [to_hex(line.get_color()) for line in curves(left)]
    assert set(colors) <= OKABE_ITO
    assert len(set(colors)) == len({line.get_linestyle() for line in curves(left)}) == 3


def test_axes_that_are_given_are_drawn_into(comparison):
    axes = plt.figure().subplots(2, 2)
    assert list(plotting.loss_curves(comparison, axes=axes[0])) == list(axes[0])
    assert plotting.phase_portrait(ax=axes[1, 0]) is axes[1, 0]
    assert plotting.condition_number_map(ax=axes[1, 1]) is axes[1, 1]
    assert len(plt.get_fignums()) == 1


def test_without_matplotlib_the_error_says_what_to_install():
    code = "import sys; sys.modules['matplotlib'] = None; from sobolev_theory import plotting"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: figures need matplotlib: pip install 'sobolev_theory[plot]'" in result.stderr


def test_tuned_steps_are_counts_as_points_and_predictions_as_lines():
    """In the order of accuracies, from the start on; error bars are standard errors over starts."""
    starts = [[[0.9, 0.2], [0.1, 1.1]], [[1.2, 0.0], [0.2, 0.9]]]
    tables = [st.steps_to(starts, np.eye(2), activation="erf", accuracy=accuracy) for accuracy in (1e-3, 1e-1)]
    ax = plotting.tuned_steps(tables)
    assert ax.get_xlim()[0] > ax.get_xlim()[1]
    assert ax.get_ylim()[0] == 0
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["L2", "H1", "predicted"]
    predicted = [line for line in ax.lines if line.get_linestyle() != "None" and len(line.get_xdata())]
    for norm, points, line in zip(("L2", "H1"), ax.containers, predicted, strict=True):
        rows = [tables[1][norm], tables[0][norm]]
        np.testing.assert_array_equal(points[0].get_xydata(), [(0.1, rows[0].steps), (1e-3, rows[1].steps)])
        np.testing.assert_array_equal(line.get_xydata()[:, 1], [row.predicted_steps for row in rows])
        (bars,) = points[2]
        ends = [np.ptp(segment[:, 1]) / 2 for segment in bars.get_segments()]
        np.testing.assert_allclose(ends, [row.standard_error for row in rows], rtol=0, atol=1e-12)
        assert to_hex(points[0].get_color()) == to_hex(line.get_color())
    with pytest.raises(ValueError, match="tables: what steps_to returns, in a list"):
        plotting.tuned_steps(tables[0])
    other = st.steps_to(starts, np.eye(2), ("L2",), activation="erf", accuracy=0.1)
    with pytest.raises(ValueError, match="tables: one method and the same norms"):
        plotting.tuned_steps([tables[0], other])
    with pytest.raises(ValueError, match="tables: "):
        plotting.tuned_steps([st.compare(np.eye(2), np.eye(2), ("L2",))])


# --- sweeps -----------------------------------------------------------------------------------------------------------


def test_a_sweep_is_drawn_with_its_errors():
    """A line for each point but for one parameter; words stand beside one another; wide spans are logarithmic."""
    grid = {"dim": [8, 200], "width": [1, 2], "activation": ["relu", "erf"], "curvature": "gauss_newton"}
    table = st.sweep("condition_number_ratio", grid, repeats=4, rng=0)
    summary = {(row["dim"], row["width"], row["activation"]): row for row in table.summary()}
    ax = plotting.sweep(table, "kappa_L2")
    assert (ax.get_xlabel(), ax.get_xscale(), ax.get_title()) == ("dim", "log", "curvature gauss_newton")
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == [f"width {k}, activation {name}" for k in (1, 2) for name in ("relu", "erf")]
    for container, key in zip(ax.containers, [(1, "relu"), (1, "erf"), (2, "relu"), (2, "erf")], strict=True):
        line, _, (bars,) = container
        rows = [summary[(dim, *key)] for dim in (8, 200)]
        np.testing.assert_array_equal(line.get_xydata(), [(row["dim"], row["kappa_L2"]) for row in rows])
        ends = [np.ptp(segment[:, 1]) / 2 for segment in bars.get_segments()]
        np.testing.assert_allclose(ends, [row["kappa_L2_error"] for row in rows], rtol=1e-12, atol=1e-15)
    words = plotting.sweep(table, x="activation")
    assert [tick.get_text() for tick in words.get_xticklabels()] == ["relu", "erf"]
    assert {container[0].get_linestyle() for container in words.containers} == {"None"}
    assert {to_hex(container[0].get_color()) for container in words.containers} <= OKABE_ITO
    plt.close("all")
    for options, message in (({"x": "widht"}, "x: .* did you mean 'width'"), ({"value": "kappa"}, "value: one of")):
        with pytest.raises(ValueError, match=f"^{message}"):
            plotting.sweep(table, **options)
    with pytest.raises(ValueError, match="table: a Sweep is required"):
        plotting.sweep(table.summary())


def test_the_gain_of_one_neuron_over_its_plane():
    """Rows of the mesh are norms; nothing is drawn, but hatched, where a flow did not arrive."""
    gains = {(1.0, 2.0): 0.9, (1.0, 0.5): 1.1, (2.0, 2.0): 0.8, (2.0, 0.5): None, (3.0, 2.0): 1.2, (3.0, 0.5): 0.7}
    rows = [
        SweepRow((("angle", a), ("ratio", r)), 0, () if g is None else ((GAIN, g),), "" if g else "did not arrive")
        for (a, r), g in gains.items()
    ]
    ax = plotting.acceleration_map(st.Sweep("acceleration", tuple(rows)))
    (mesh,) = [each for each in ax.collections if hasattr(each, "get_coordinates")]
    drawn = np.ma.filled(mesh.get_array().astype(float), np.nan)
    np.testing.assert_array_equal(drawn, [[0.9, 0.8, 1.2], [1.1, np.nan, 0.7]])  # norm 1/ratio upwards, angle
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["no gain", "one did not arrive"]
    assert ax.patch.get_hatch() == "///"
    below = plotting.acceleration_map(st.Sweep("acceleration", tuple(replace(rows[0], point=r.point) for r in rows)))
    assert (len(below.get_legend().get_texts()), below.patch.get_hatch()) == (0, None)
    plt.close("all")
    with pytest.raises(ValueError, match=r"table: a sweep of 'acceleration' over angle and ratio, .* got steps over a"):
        plotting.acceleration_map(st.Sweep("steps", (SweepRow((("a", 1),), 0, (("steps", 1.0),)),)))
