"""Searches for critical points: what is found, how it is counted, and that a killed search loses nothing."""

import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.optimize
import scipy.stats

import sobolev_theory as st
from sobolev_theory.search.results import EndPoint, Share
from sobolev_theory.search.runs import _polished, end_of_run
from sobolev_theory.symbolic import derive

NARROW = st.PopulationLoss(np.eye(3), "L2")
RUNS = 6


def between(angle: float) -> tuple[np.ndarray, float, float]:
    """Unit teachers at an angle to the first axis on both sides, and one neuron that stands for both on that axis.

    Its L2 loss is stationary where |w|/2 = 2 g/(2 pi), g = (pi - theta) cos(theta) + sin(theta) the kernel of unit
    vectors at ``theta = angle``; the loss is then E f_T^2/2 - |w|^2/4, and E f_T^2 = 1 + 2 g(2 angle)/(2 pi).
    """

    def kernel(theta: float) -> float:
        return float((np.pi - theta) * np.cos(theta) + np.sin(theta)) / (2 * np.pi)

    norm = 4 * kernel(angle)
    teacher = np.array([[np.cos(angle), np.sin(angle)], [np.cos(angle), -np.sin(angle)]])
    return teacher, norm, (1 + 2 * kernel(2 * angle)) / 2 - norm**2 / 4


def narrow(**options: Any) -> st.Search:
    """A cheap search: two students of three teachers."""
    return _narrow(**options) if options else _alone()


@cache
def _alone() -> st.Search:
    """By one process, without a file: what all others are compared with."""
    return _narrow()


def _narrow(**options: Any) -> st.Search:
    return st.find_critical_points(NARROW, 2, options.pop("runs", RUNS), rng=options.pop("rng", 0), **options)


def same(one: st.Search, other: st.Search) -> bool:
    """Bit by bit; texts of floats are exact."""
    return [repr(p.as_dict()) for p in one.points] == [repr(p.as_dict()) for p in other.points]


@pytest.mark.parametrize("norm", ["L2", "H1"])
@pytest.mark.parametrize("width", [1, *(pytest.param(width, marks=pytest.mark.long) for width in (2, 3))])
def test_narrow_students_of_their_own_width_find_the_teacher(norm: str, width: int) -> None:
    """Orthonormal teachers of fewer than six neurons have no spurious minima. At a gradient norm of 1e-12 weights are
    as far off as 1e-12 over the smallest eigenvalue, 0.09 for L2 (Arjevani & Field 2020) and more for H1."""
    teacher = np.eye(width, 3)
    search = st.find_critical_points(st.PopulationLoss(teacher, norm), width, 4, rng=1)
    assert search.counts["global minimum"] == 4
    for point in search.points:
        distance = np.linalg.norm(point.weights[:, None] - teacher, axis=-1)
        assert distance.min(axis=0).max() < 2e-11
        assert point.gradient_norm <= 1e-12


@pytest.mark.parametrize("derivative", ["backprop", "exact"])
def test_one_neuron_in_both_conventions(derivative: str) -> None:
    """In the exact convention the teacher is the tip of a cone, without a gradient: an end without an index."""
    search = st.find_critical_points(st.PopulationLoss([[0.6, 0.8]], "H1", derivative=derivative), 1, 1, rng=0)
    assert search.counts["global minimum"] == 1
    if derivative == "exact":
        assert [(p.index, len(p.eigenvalues)) for p in search.points] == [(None, 0)]


def test_a_neuron_between_two_teachers_is_a_minimum_of_positive_loss() -> None:
    """Value and weights to 1e-12: errors are the gradient norm over an eigenvalue of order one, and rounding."""
    teacher, norm, value = between(np.pi / 4)
    search = st.find_critical_points(st.PopulationLoss(teacher, "L2"), 1, 3, rng=0)
    (group,) = search.groups
    assert (group.kind, group.index, group.count) == ("spurious minimum", 0, 3)
    assert group.value == pytest.approx(value, abs=1e-12)
    assert group.representative.weights == pytest.approx(np.array([[norm, 0.0]]), abs=1e-11)


@pytest.mark.parametrize(("nudge", "kind"), [(0.0, "saddle"), (1e-7, "global minimum")])
def test_the_flow_and_not_newton_decides(nudge: float, kind: str) -> None:
    """Two equal students stay equal, one neuron together, and end in a saddle. Nudged, they come so near that Newton's
    method, asked at the first level, would name the saddle; the flow leaves it."""
    teacher, _, value = between(0.2)
    loss = st.PopulationLoss(teacher, "L2")
    end = end_of_run(loss, np.array([[0.4, nudge], [0.4, -nudge]]), 0)
    assert end.kind == kind
    if kind == "saddle":
        assert end.value == pytest.approx(value, abs=1e-12)
        assert end.index == 1


def test_newton_far_from_the_end_of_the_flow_does_not_count() -> None:
    """From a random start it converges as well, somewhere else."""
    loss, start = st.PopulationLoss(np.eye(3), "L2"), st.Network.random(3, 3, rng=3).weights
    assert st.critical_point(loss, start).converged
    assert _polished(loss, start) is None


def test_overparameterised_students_end_in_one_group() -> None:
    """A valley of global minima: flat, reached as slowly as 1/t, its points all different."""
    search = st.find_critical_points(st.PopulationLoss(np.eye(2), "L2"), 3, 3, rng=0)
    assert [(group.kind, group.count) for group in search.groups] == [("global minimum", 3)]


def test_students_that_die_are_counted() -> None:
    """Teachers of negative output in all directions: |w| falls to zero at a finite speed, whatever its direction."""
    teacher = st.Network(np.vstack([np.eye(2), -np.eye(2)]), -np.ones(4))
    search = st.find_critical_points(st.PopulationLoss(teacher, "L2"), 2, 4, rng=0)
    assert search.counts["nonsmooth"] + search.counts["unconverged"] == sum(search.counts.values()) == 4
    assert search.counts["nonsmooth"] >= 1
    assert sum(group.count for group in search.groups) == 4
    assert all(point.index is None and point.message for point in search.points)
    assert all(line.split()[0] == "-" for line in str(search).splitlines()[2:])


@pytest.fixture(scope="module")
def eight() -> st.Search:
    """Five teachers found and three spurious minima."""
    return st.find_critical_points(st.PopulationLoss(np.eye(8), "L2"), 8, 8, rng=8)


def test_permuted_copies_fall_together(eight: st.Search) -> None:
    """Independent invariants: the singular values of W, equal within a group to 1e-12 over the smallest eigenvalue."""
    teacher, spurious = eight.groups
    assert [(g.kind, g.count, g.index) for g in eight.groups] == [("global minimum", 5, 0), ("spurious minimum", 3, 0)]
    values = [np.linalg.svd(point.weights, compute_uv=False) for point in spurious.points]
    assert np.ptp(values, axis=0).max() < 1e-9
    assert np.abs(values[0] - 1).max() > 0.1
    first, second, _ = (point.weights for point in spurious.points)
    assert np.abs(first - second).max() > 0.1
    assert 0 < spurious.smallest < teacher.smallest
    assert eight.fraction("spurious minimum") == Share.of(3, 8)
    assert [line.split()[-2:] for line in str(eight).splitlines()[2:]] == [
        ["global", "minimum"],
        ["spurious", "minimum"],
    ]


def test_a_spurious_minimum_by_other_means(eight: st.Search) -> None:
    _check_by_other_means(eight.groups[1].representative)


@pytest.mark.long
def test_spurious_minima_of_six_neurons_are_rare() -> None:
    """A few in a thousand runs (Safran & Shamir 2018), and all one and the same; no run ends otherwise."""
    search = st.find_critical_points(st.PopulationLoss(np.eye(6), "L2"), 6, 1100, rng=6, workers=2)
    teacher, spurious = search.groups
    assert teacher.count + spurious.count == 1100
    assert (spurious.kind, spurious.index) == ("spurious minimum", 0)
    assert 1 <= spurious.count <= 10
    assert max(point.gradient_norm for point in search.points) <= 1e-12
    _check_by_other_means(spurious.representative)


def _check_by_other_means(point: EndPoint) -> None:
    """The gradient at 30 digits, and a quasi-Newton minimiser of a loss written down here that returns to it.

    The rounding of the weights leaves 1e-16 of the curvature times a dozen rows. The minimiser stops at a gradient of
    about 1e-7, and leaves 1e-14 over the smallest eigenvalue above the minimum: 2e-12 where it is 0.005.
    """
    assert np.abs(_mp_gradient(point.weights)).max() < 2e-12
    nudged = point.weights + 0.01 * np.random.default_rng(0).standard_normal(point.weights.shape)
    found = scipy.optimize.minimize(lambda w: _arc_cosine_loss(w.reshape(nudged.shape)), nudged.ravel(), tol=1e-7)
    assert found.fun == pytest.approx(point.value, abs=1e-10)


def _arc_cosine_loss(w: np.ndarray) -> float:
    """1/2 E (f_S - f_T)^2 for orthonormal teachers, by Cho & Saul's kernel, with a plain arccos."""
    rows, c = np.vstack([w, np.eye(len(w))]), np.repeat([1.0, -1.0], len(w))
    norms = np.linalg.norm(rows, axis=1)
    theta = np.arccos(np.clip(rows @ rows.T / np.outer(norms, norms), -1, 1))
    kernel = np.outer(norms, norms) * (np.sin(theta) + (np.pi - theta) * np.cos(theta)) / (2 * np.pi)
    return float(c @ kernel @ c) / 2


def _mp_gradient(w: np.ndarray) -> np.ndarray:
    """w_i/2 + sum_j c_j [(pi - theta) u_j + |u_j| sin(theta) w_i/|w_i|]/(2 pi) at 30 digits, rows j other than i."""
    with mpmath.workdps(30):
        rows = [[mpmath.mpf(float(x)) for x in row] for row in np.vstack([w, np.eye(len(w))])]
        norms = [mpmath.sqrt(mpmath.fdot(row, row)) for row in rows]
        result = []
        for i in range(len(w)):
            total = [x / 2 for x in rows[i]]
            for j in set(range(len(rows))) - {i}:
                theta = mpmath.acos(mpmath.fdot(rows[i], rows[j]) / norms[i] / norms[j])
                c, along = (1 if j < len(w) else -1) / (2 * mpmath.pi), norms[j] * mpmath.sin(theta) / norms[i]
                pull = [(mpmath.pi - theta) * v + along * u for u, v in zip(rows[i], rows[j], strict=True)]
                total = [t + c * x for t, x in zip(total, pull, strict=True)]
            result.append([float(x) for x in total])
    return np.array(result)


def _point(run: int, kind: str, value: float, *eigenvalues: float) -> EndPoint:
    counts = np.ones(len(eigenvalues), dtype=np.intp)
    return EndPoint(run, kind, np.zeros((1, 1)), value, 0.0, np.array(eigenvalues), counts, 0, "")


def test_distinct_points_do_not_fall_together() -> None:
    points = (
        _point(0, "spurious minimum", 0.5, 0.1, 0.2),
        _point(1, "spurious minimum", 0.5, 0.1, 0.21),  # same value, other spectrum
        _point(2, "spurious minimum", 0.5 * (1 + 1e-8), 0.1 + 1e-8, 0.2),  # the first, rounded
        _point(3, "spurious minimum", 0.51, 0.1, 0.2),  # other value, same spectrum
        _point(4, "saddle", 0.5, -0.1, 0.2),
        _point(5, "spurious minimum", 0.6, 0.0, 0.2),  # two points of a valley
        _point(6, "spurious minimum", 0.6, 1e-17, 0.3),
        _point(7, "unconverged", 0.1),
    )
    groups = st.Search("", points).groups
    assert [[point.run for point in group.points] for group in groups] == [[0, 2], [1], [4], [3], [5, 6], [7]]
    assert "-" in str(st.Search("", points)).splitlines()[-1]


@pytest.mark.parametrize(("count", "total"), [(0, 7), (3, 10), (10, 10), (400, 1000)])
def test_share_is_the_wilson_interval(count: int, total: int) -> None:
    expected = scipy.stats.binomtest(count, total).proportion_ci(method="wilson")
    assert Share.of(count, total) == pytest.approx((count / total, expected.low, expected.high), abs=1e-12)


def test_results_do_not_depend_on_workers_and_start_like_a_shorter_search(processes: Executor) -> None:
    alone = narrow()
    with ThreadPoolExecutor(2) as pool:
        for workers in (processes, pool, map):
            assert same(narrow(workers=workers), alone)
    assert same(st.Search("", alone.points[:4]), narrow(runs=4))
    assert not same(narrow(rng=1), alone)


def test_runs_start_at_random_networks_of_spawned_generators() -> None:
    """Entropy: the first four words of the generator. Default scale: 1/sqrt(d)."""
    entropy = np.random.default_rng(0).integers(2**32, size=4).tolist()
    seeds = np.random.SeedSequence(entropy).spawn(2)
    for options, scale in (({}, 3**-0.5), ({"scale": 0.5}, 0.5)):
        search = narrow(runs=2, **options)
        starts = [scale * np.random.default_rng(seed).standard_normal((2, 3)) for seed in seeds]
        ends = tuple(end_of_run(NARROW, start, run) for run, start in enumerate(starts))
        assert same(search, st.Search("", ends))


class Dying(ThreadPoolExecutor):
    """An executor that accepts so many tasks and no more."""

    def __init__(self, tasks: int) -> None:
        super().__init__(1)
        self.left = tasks

    def submit(self, *task: Any, **options: Any) -> "Future[Any]":
        if not self.left:
            raise RuntimeError("the cluster is gone")
        self.left -= 1
        return super().submit(*task, **options)


def test_a_killed_search_goes_on_where_it_was(tmp_path: Path) -> None:
    """Runs that were finished are not run again: the second executor accepts no more than what is left."""
    file = tmp_path / "search.jsonl"
    with Dying(4) as pool, pytest.raises(RuntimeError, match="gone"):
        narrow(workers=pool, checkpoint=file)
    assert len(file.read_text().splitlines()) == 1 + 4
    with Dying(2) as pool:
        assert same(narrow(workers=pool, checkpoint=file), narrow())
    with Dying(1) as pool:  # longer; the generators are those of the file
        longer = st.find_critical_points(NARROW, 2, 7, workers=pool, checkpoint=file)
    assert same(longer, narrow(runs=7))
    assert same(narrow(runs=3, workers=Dying(0), checkpoint=str(file)), narrow(runs=3))


def test_a_half_written_line_is_dropped(tmp_path: Path) -> None:
    """Cut at the ends of lines and anywhere in between."""
    file, alone = tmp_path / "search.jsonl", narrow()
    assert same(narrow(checkpoint=file), alone)
    content = file.read_bytes()
    first = content.index(b"\n") + 1
    for length in [first + 1, (first + len(content)) // 2, len(content) - 1]:
        file.write_bytes(content[:length])
        with Dying(RUNS - content[:length].count(b"\n") + 1) as pool:
            assert same(narrow(workers=pool, checkpoint=file), alone)
        assert sorted(file.read_bytes().splitlines()) == sorted(content.splitlines())


class Blocked(ThreadPoolExecutor):
    """An executor whose first task does not begin until the file has so many lines, and then fails."""

    def __init__(self, file: Path, lines: int) -> None:
        super().__init__(2)
        self.file, self.lines, self.first = file, lines, True
        self.lock = threading.Lock()

    def submit(self, function: Any, /, *task: Any, **options: Any) -> "Future[Any]":
        with self.lock:
            first, self.first = self.first, False
        return super().submit(self.wait if first else function, *task, **options)

    def wait(self, *_: Any) -> None:
        deadline = time.monotonic() + 60
        while self.file.read_bytes().count(b"\n") < self.lines and time.monotonic() < deadline:
            time.sleep(0.01)
        raise RuntimeError("killed")


def test_a_finished_run_does_not_wait_for_a_slow_one(tmp_path: Path) -> None:
    file = tmp_path / "search.jsonl"
    with Blocked(file, RUNS) as pool, pytest.raises(RuntimeError, match="killed"):
        narrow(workers=pool, checkpoint=file)
    assert len(file.read_text().splitlines()) == RUNS  # the header, and all but one
    assert same(narrow(checkpoint=file), narrow())


@pytest.mark.parametrize(
    ("loss", "options", "named"),
    [
        (st.PopulationLoss(np.eye(3), "H1"), {}, "norm"),
        (st.PopulationLoss(2 * np.eye(3), "L2"), {}, "teacher"),
        (st.PopulationLoss(st.Network(np.eye(3), [1, 1, 2]), "L2"), {}, "teacher"),
        (st.PopulationLoss(np.eye(3), "L2", derivative="exact"), {}, "derivative"),
        (st.PopulationLoss(np.eye(3), "L2", activation="erf"), {}, "activation"),
        (NARROW, {"width": 1}, "width"),
        (NARROW, {"scale": 0.5}, "scale"),
        (NARROW, {"rng": 1}, "entropy"),
    ],
)
def test_the_checkpoint_of_another_problem_is_refused(
    tmp_path: Path, loss: st.PopulationLoss, options: dict[str, Any], named: str
) -> None:
    file = tmp_path / "search.jsonl"
    narrow(runs=1, checkpoint=file)
    content = file.read_bytes()
    with pytest.raises(ValueError, match=rf"checkpoint: .* {named} = "):
        st.find_critical_points(loss, **{"width": 2, "runs": 1, "rng": 0, "checkpoint": file, **options})
    assert file.read_bytes() == content


@pytest.mark.parametrize("content", [b"notes", b"notes\n", b'{"a": 1}\n', b"[1]\n", b"\xff\n"])
def test_a_file_that_is_no_checkpoint_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"checkpoint: .* choose another path"):
        narrow(runs=1, checkpoint=file)
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"runs": 0}, "runs: a positive integer"),
        ({"runs": 1.5}, "runs: a positive integer"),
        ({"width": 0}, "width: a positive integer"),
        ({"scale": 0.0}, "scale: a positive finite"),
        ({"scale": np.nan}, "scale: a positive finite"),
        ({"scale": "wide"}, "scale: a positive finite"),
        ({"progress": "no"}, "progress: True or False"),
        ({"progress": 2}, "progress: True or False"),
        ({"workers": 0}, "workers: a positive int"),
        ({"workers": "all"}, "workers: a positive int"),
        ({"loss": np.eye(2)}, "loss: a PopulationLoss"),
    ],
)
def test_bad_input(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        st.find_critical_points(**{"loss": NARROW, "width": 1, "runs": 1, **options})
    with pytest.raises(ValueError, match="kind: one of"):
        st.Search("", ()).fraction("maximum")


def test_the_checkpoint_of_another_activation_of_that_name_is_refused(tmp_path: Path) -> None:
    """A name may be given to another activation; the file knows which one it was."""
    file = tmp_path / "search.jsonl"
    searches = []
    for expression in ("Max(z, z/10)", "Max(z, z/5)"):
        activation = derive(expression, "bent", max_order=0).activation
        loss = st.PopulationLoss([[0.6, 0.8]], "L2", activation=activation)
        searches.append(lambda loss=loss: st.find_critical_points(loss, 1, 1, rng=0, checkpoint=file))
    searches[0]()
    with pytest.raises(ValueError, match=r"checkpoint: .* activation = bent "):
        searches[1]()
