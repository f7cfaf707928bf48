"""What public results look like at a prompt, printed and in a notebook; which are sequences; equality and pickles."""

import copy
import csv
import inspect
import io
import pickle
import re
import typing
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from html.parser import HTMLParser
from types import GenericAlias

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory._runtime.results import Record, Rows, Shown, Value
from sobolev_theory._runtime.tables import Tabular


def of_size(width, dim):
    """Results of real calls that have a size, by name."""
    rng = np.random.default_rng(0)
    V = st.Network.orthonormal(width, dim)
    W = st.Network(V.weights + 0.3 * st.Network.random(width, dim, rng=rng).weights)
    loss = st.PopulationLoss(V, "L2")
    comparison = st.compare(W, V, ("L2", "H1", (1, 0.25), (0.123456789, 1.23456e-7)))
    flows = st.compare_flows(W, V, ("L2", "H1", (1, 0.25)), t_max=1.0)
    return {
        "Comparison": comparison,
        "ComparisonRow": comparison[0],
        "OptimalWeight": st.optimal_weight(V, V, curvature="gauss_newton"),
        "Curvature": loss.hessian(W),
        "Spectrum": loss.hessian(W).spectrum(),
        "FlowComparison": flows,
        "FlowComparisonRow": flows[0],
        "Flow": flows.flows[0],
        "Descent": st.gradient_descent(loss, W, 3, step=0.1),
        "BestStep": st.best_step(loss.gauss_newton(W)),
        "CriticalPoint": st.critical_point(loss, V.weights + 1e-3 * W.weights),
        "Network": W,
        "Network, all weights": st.Network(W.weights, rng.standard_normal(width), rng.standard_normal(width)),
        "PopulationLoss": st.PopulationLoss(V, (1, 0.25)),
        "Point": loss.at(W),
        "Parameters": loss.at(W).parameters,
        "SpanProblem": flows.flows[0].problem,
    }


def of_one_size():
    """The others."""
    loss = st.PopulationLoss(np.eye(2), "L2")
    search = st.find_critical_points(loss, 2, 4, rng=0)
    sgd = st.monte_carlo.descent(st.PopulationLoss(np.eye(2)), 2 * np.eye(2), step=0.1, batch=2, steps=60, rng=0)
    steps, law = (
        st.steps_to(1.1 * np.eye(2), np.eye(2), accuracy=0.1),
        st.finite_sample.spectrum(np.eye(2), "L2", samples_per_dim=1.0),
    )
    report = st.monte_carlo.verify(st.PopulationLoss(np.eye(2)), [[0.8, 0.3], [0.1, 0.9]], samples=2000, rng=0)
    biased = st.Network(np.eye(2), biases=[0.1, 0.2], activation="erf")
    sphere, kernels = st.kernels.sphere_spectrum("relu", 3, 4), st.kernels.compare(np.eye(3), "erf")
    sweep = st.sweep("condition_number_ratio", {"width": [2], "dim": [3]}, repeats=2, rng=0)
    empirical = st.empirical.EmpiricalLoss(np.random.default_rng(0).standard_normal((9, 2)), biased)
    hessian, theorem = (st.formulas.get(name) for name in ("relu/H1/hessian/own/backprop", "theorem/exact_cone"))
    return {
        "Spectrum, symmetric": st.symmetric.spectrum(10**30, 10**30),
        "Spectrum, long": st.Spectrum(np.random.default_rng(0).standard_normal(1000), np.arange(1, 1001)),
        "Inputs": st.Inputs([1.0, 2.0], 0.5),
        "Table": report.table(),
        "NeuronBlock": loss.hessian(2 * np.eye(2)).neuron_block(0, 1),
        "ParameterBlock": loss.hessian(2 * np.eye(2)).block("weights", "weights"),
        "AffinePoint": st.PopulationLoss(biased, parameters="all").at(biased),
        "PopulationLoss, of inputs": st.PopulationLoss(biased, inputs=st.Inputs([1.0, 2.0], 0.5)),
        "EmpiricalLoss": empirical,
        "EmpiricalPoint": empirical.at(biased),
        "SphereSpectrum": sphere,
        "Degree": sphere[1],
        "KernelComparison": kernels,
        "Regression": kernels["L2"],
        "Sweep": sweep,
        "SweepRow": sweep[0],
        "Summary": sweep.summary(),
        "SummaryRow": sweep.summary()[0],
        "Rate": st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], "L2"), [[0.9, 0.1]], 40.0).rate(),
        "Search": search,
        "Group": search[0],
        "EndPoint": search[0][0],
        "Share": search.fraction("saddle"),
        "TunedSteps": steps,
        "TunedStepsRow": steps[0],
        "TunedRun": steps[0].runs[0],
        "SampledSpectrum": law,
        "Part": law[0],
        "SampleMean": st.condition_number_ratio(np.eye(2), np.eye(2), towards="random", directions=3, rng=0),
        "SampledDescent": sgd,
        "SampledQuantity": sgd.loss,
        "Report": report,
        "Agreement": report["value"],
        "Survey": st.monte_carlo.verify_many(40, dim=2, samples=4000, norm="L2", student_width=1, rng=0),
        "PlanarFlow": st.reduced.single_neuron_flow(1.0, 2.0, 2.0),
        "PlanarFlow, symmetric": st.reduced.symmetric_flow(10, 0.3, 0.01, 1.0),
        "SymmetricSaddle": st.reduced.symmetric_saddle(2),
        "Norm": loss.norm,
        "Norm, long": type(loss.norm).parse([0.123456789] * 300),
        "Activation": loss.activation,
        "Formula": hessian,
        "Entry": hessian.entries[0],
        "Step": st.formulas.get("relu/K00").steps[0],
        "Theorem": theorem,
        "ProofStep": theorem.proof[1],
        "Conclusion": theorem.conclusions[0],
        "Notation": st.formulas.Notation(),
        "Verified": st.formulas.theorems.Verified(14, 3),
    }


@pytest.fixture(scope="module")
def found():
    return {"large": of_size(8, 10_000), "small": of_size(2, 3) | of_one_size()}


def every(found):
    return [(f"{name} ({size})", result) for size, group in found.items() for name, result in group.items()]


def test_a_prompt_shows_a_screen_at_most(found):
    """Whatever the size; characters that every terminal has."""
    for name, result in every(found):
        lines = repr(result).splitlines()
        assert len(lines) <= 25, name
        assert max(map(len, lines)) <= 80, name
        assert repr(result).isascii(), name
        assert " object at 0x" not in repr(result), name
        assert "array(" not in repr(result), name


@pytest.mark.parametrize("columns", [60, 40, 20])
def test_narrow_terminals_show_folded_results(monkeypatch, found, columns):
    """Every number of a table is whole there, and on the screen."""
    for name in ("Comparison", "FlowComparison", "Report", "Search", "Spectrum", "Survey"):
        result = found["small"][name]
        monkeypatch.setenv("COLUMNS", str(columns))
        narrow, brief = str(result), repr(result)
        monkeypatch.delenv("COLUMNS")
        assert max(map(len, narrow.splitlines())) <= max(columns, 23)  # derivative='backprop'), a word
        assert max(map(len, brief.splitlines())) <= max(columns, 23)
        assert len(brief.splitlines()) <= 25
        numbers = re.findall(r"(?<= )-?\d[\d.e+-]*(?=\s)", "\n".join(str(result).splitlines()[2:-1]))
        assert not Counter(numbers) - Counter(narrow.split()), name


def test_formulas_and_theorems_are_two_lines_at_a_prompt():
    for name in st.formulas.names():
        lines = repr(st.formulas.get(name)).splitlines()
        assert name in lines[0]
        assert len(lines) <= 2, name
        assert max(map(len, lines)) <= 80
        assert lines[-1].endswith(">")
        assert str(st.formulas.get(name)).isascii()


def test_printed_results_are_readable(found):
    """In ASCII, and of bounded length: of a long table the middle is counted."""
    for name, result in every(found):
        assert str(result).isascii(), name
        assert len(str(result).splitlines()) <= 70, name
        assert "array(" not in str(result), name
    text = str(found["small"]["Spectrum, long"])
    assert "... 940 more ..." in text
    assert len(str(found["small"]["Spectrum, long"].table()).splitlines()) == 1001


class Balanced(HTMLParser):
    """Tags that are closed in the order in which they were opened; rows by their number of cells."""

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.seen = [], [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += int(dict(attrs).get("colspan", 1))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_notebooks_get_a_table(found):
    """Formulas and theorems are LaTeX and Markdown there, which HTML would hide."""
    for name, result in every(found):
        if isinstance(result, Tabular):
            parser = Balanced()
            parser.feed(result._repr_html_())
            parser.close()
            assert parser.open == [], name
            assert set(parser.seen) <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
            assert parser.seen[0] == "table"
            assert len(set(parser.rows)) == 1, name
            assert len(parser.rows) <= 62, name
        elif not isinstance(result, tuple | st.activations.Activation):
            assert hasattr(result, "_repr_latex_") or hasattr(result, "_repr_markdown_"), name


def test_every_table_is_exported_and_saved(found, tmp_path):
    """With as many rows and columns as it has; what is loaded is the same table, and exports the same."""
    for name, result in found["small"].items():
        if isinstance(result, Tabular) and not isinstance(result, st.Network):  # which saves itself, see test_networks
            whole = result._whole()
            result.save(tmp_path / "result.json")
            loaded = st.Table.load(tmp_path / "result.json")
            assert loaded == whole, name
            assert loaded.to_latex() == result.to_latex(), name
            assert loaded.to_markdown() == result.to_markdown(), name
            text = result.to_csv()
            assert loaded.to_csv() == text, name
            lines = [*csv.reader(io.StringIO(text, newline=""))]
            assert lines[0] == [*whole.data()], name
            assert {*map(len, lines)} == {len(whole.data())}, name
            assert len(lines) == len(whole.values) + 1, name
            assert result.to_latex().count(r"\\") == 1 + (len(whole.heads) if not whole.keys else len(whole.values)), (
                name
            )
        if isinstance(result, Rows):
            assert len(result.table().values) % len(result) == 0, name


def test_a_spectrum_exports_every_eigenvalue():
    """Those too that print alike."""
    spectrum = st.Spectrum(np.array([1.0, 1.0 + 1e-12, 2.0]), np.array([1, 2, 3]))
    assert len(spectrum.table().values) == 2
    assert spectrum.to_csv().split() == ["eigenvalue,multiplicity", "1.0,1", "1.000000000001,2", "2.0,3"]


def test_names_in_html_are_text():
    named = st.compare([[0.6, 0.8]], [[1.0, 0.0]])
    row = copy.copy(named.rows[0])
    object.__setattr__(row, "norm", "<script>alert(1)</script>")
    html = type(named)((row,), named.curvature, named.derivative)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_results_are_pickled_and_copied(found):
    for name, result in every(found):
        for other in (pickle.loads(pickle.dumps(result)), copy.copy(result), copy.deepcopy(result)):
            assert type(other) is type(result), name
            assert repr(other) == repr(result), name
            assert str(other) == str(result), name


INTERNAL = {"Tabular", "Frozen", "Record", "Rows", "Shown", "Value", "View", "Eigenspace", "Origin", "Prior"}
"""Classes of which results are kinds, and records that are parts on demand."""


def public_results():
    """Classes whose instances users are given: those that are shown or compared, and what public functions return."""
    rooms = [st, *(getattr(st, name) for name in st.__all__ if inspect.ismodule(getattr(st, name)))]
    offered = [getattr(room, name) for room in rooms for name in room.__all__]
    for thing in offered:
        if inspect.isclass(thing) and not issubclass(thing, Exception | Warning):
            yield thing
        if inspect.isfunction(thing):
            yield from ours(typing.get_type_hints(thing).get("return"))
    for base in (Shown, Value):
        yield from kinds(base)


def ours(annotation):
    """The package's classes in an annotation."""
    if inspect.isclass(annotation) and annotation.__module__.startswith("sobolev_theory"):
        yield annotation
    for part in typing.get_args(annotation):
        yield from ours(part)


def kinds(base):
    """Classes of the package that derive from one, and from which none does; what needs SymPy has tests of its own."""
    for kind in base.__subclasses__():
        ours = kind.__module__.startswith("sobolev_theory") and "symbolic" not in kind.__module__
        if ours and not kind.__subclasses__():
            yield kind
        yield from kinds(kind)


def unlike(one, other, place, seen):
    """Where an object and its copy differ, down to every bit, in all that they hold; pairs that were seen are kept."""
    if (id(one), id(other)) in seen:
        return []
    seen[id(one), id(other)] = one, other
    if type(one) is not type(other):
        return [f"{place}: {type(one).__name__}, {type(other).__name__}"]
    if isinstance(one, np.ndarray) and one.dtype != object:
        same = (one.dtype, one.shape) == (other.dtype, other.shape)
        return [] if same and one.tobytes() == other.tobytes() else [place]
    if (
        inspect.isroutine(one)
        or inspect.isclass(one)
        or isinstance(one, str | int | bytes | frozenset | np.dtype | GenericAlias | None)
    ):
        return [] if one == other else [place]
    if isinstance(one, float | complex | np.generic) and float.__repr__(one) != float.__repr__(other):
        return [place]
    parts, others = ([*held(value)] for value in (one, other))
    if [name for name, _ in parts] != [name for name, _ in others]:
        return [f"{place}: {[name for name, _ in parts]}, {[name for name, _ in others]}"]
    pairs = zip(parts, others, strict=True)
    return [found for (name, a), (_, b) in pairs for found in unlike(a, b, f"{place}.{name}", seen)]


def held(value):
    """What an object holds, by name; what it has computed on demand is no part of it."""
    if isinstance(value, Mapping):
        yield from ((repr(key), value[key]) for key in value)
    if isinstance(value, tuple | list):
        yield from ((str(k), item) for k, item in enumerate(value))
    if type(value).__reduce__ is not object.__reduce__:  # it says itself what it is made of
        yield from held(value.__reduce__()[1:])
        return
    state = value.__getstate__() or {}
    slots = state[1] if isinstance(state, tuple) else {}
    state = (state[0] or {}) | slots if isinstance(state, tuple) else state
    on_demand = {
        name for kind in type(value).__mro__ for name, v in vars(kind).items() if isinstance(v, cached_property)
    }
    yield from ((name, state[name]) for name in sorted({*state} - on_demand))


def test_every_result_is_pickled_whole(found):
    """Of every class, in every bit that it holds."""
    seen = {}
    advice = st.advise(st.Network.orthonormal(2, 3, activation="erf"), st.Inputs(), ("L2", "H1"))
    for name, result in (found["small"] | {"Advice": advice}).items():
        assert unlike(result, pickle.loads(pickle.dumps(result)), name, seen) == []
    met = {type(value) for value, _ in seen.values()}
    assert {kind.__qualname__ for kind in {*public_results()} - met} - INTERNAL == set()


def test_results_are_equal_by_value(found):
    """NaN included; what is integrated or holds kernels is equal to itself alone."""
    identical = {
        "Curvature",
        "FlowComparison",
        "Flow",
        "Descent",
        "PopulationLoss",
        "PopulationLoss, of inputs",
        "Point",
        "AffinePoint",
        "EmpiricalLoss",
        "EmpiricalPoint",
        "Parameters",
        "SpanProblem",
        "NeuronBlock",
        "ParameterBlock",
    }
    for name, result in every(found):
        other = pickle.loads(pickle.dumps(result))
        assert result == result
        assert isinstance(result == other, bool), name
        assert (result == other) is (name.split(" (")[0] not in identical), name
        assert result != 0, name
        assert isinstance(hash(result), int), name
        if result == other:
            assert hash(result) == hash(other), name


def test_results_of_other_values_differ():
    one = st.compare([[0.6, 0.8]], [[1.0, 0.0]])
    assert one == st.compare([[0.6, 0.8]], [[1.0, 0.0]])
    assert one != st.compare([[0.6, 0.8]], [[1.0, 0.1]])
    assert one[0] != one[1]
    spectra = [st.Spectrum(np.array(v), np.array(m)) for v, m in (([1.0, 2], [1, 1]), ([1.0, 2], [1, 2]), ([1.0], [1]))]
    assert [spectra[0] == other for other in spectra] == [True, False, False]
    nan = [st.Spectrum(np.array([np.nan]), np.array([1])) for _ in range(2)]
    assert nan[0] == nan[1]
    assert nan[0] != "nan"


def test_sequences(found):
    """Rows by number, from the end too, by slice and by name; an error says what there is."""
    for name, result in every(found):
        if isinstance(result, Rows):
            rows = list(result)
            assert len(result) == len(rows), name
            assert result[0] is rows[0]
            assert result[-1] is rows[-1] is result[np.int64(len(rows) - 1)]
            assert result[:1] == (rows[0],)
            assert rows[-1] in result
            assert "nothing" not in result
            with pytest.raises(IndexError, match=rf"below {len(rows)} is required"):
                result[len(rows)]
            with pytest.raises(KeyError, match="'nothing'"):
                result["nothing"]
            with pytest.raises(TypeError, match="got float"):
                result[0.0]
    small = found["small"]
    for name in ("Comparison", "FlowComparison"):
        assert small[name]["H1"] is small[name].rows[1]
        assert "(1, 0.25)" in small[name]
        with pytest.raises(KeyError, match="'L2', 'H1', "):
            small[name]["h1"]
    assert small["Report"]["hessian"].name == "hessian"
    assert [group.count for group in small["Search"]] == [group.count for group in small["Search"].groups]
    assert len(small["Survey"]) == 40


def test_a_spectrum_is_a_sequence_of_eigenvalues():
    """Each as often as it occurs."""
    spectrum = st.Spectrum(np.array([2.0, 1.0, 3.0]), np.array([2, 3, 1]))
    expected = [1.0, 1.0, 1.0, 2.0, 2.0, 3.0]
    assert list(spectrum) == expected
    assert [spectrum[k] for k in range(-6, 6)] == expected * 2
    assert spectrum[1:-1:2].tolist() == expected[1:-1:2]
    assert spectrum[::-1].tolist() == expected[::-1]
    assert (len(spectrum), spectrum.size) == (6, 6)
    with pytest.raises(IndexError, match="below 6"):
        spectrum[6]
    np.testing.assert_array_equal(np.asarray(spectrum), expected)
    assert np.asarray(spectrum, dtype=np.float32).dtype == np.float32
    assert np.asarray(spectrum, dtype=object).dtype == object
    with pytest.raises(ValueError, match="copy"):
        np.array(spectrum, copy=False)
    assert np.sort(np.linalg.eigvalsh(np.diag(expected))).tolist() == np.asarray(spectrum).tolist()


def test_a_spectrum_of_any_size_has_ends_and_a_size():
    """What does not fit into memory says what to take in its place."""
    spectrum = st.symmetric.spectrum(10**15, 10**15)
    assert spectrum.size == 10**30
    assert spectrum
    assert (spectrum[0], spectrum[-1]) == (spectrum.smallest, spectrum.largest)
    assert spectrum[:3].tolist() == [spectrum.smallest] * 3
    assert next(iter(spectrum)) == spectrum.smallest
    with pytest.raises(st.SizeError, match=r"fewer than 2\^63 eigenvalues are required, .* take spectrum.size"):
        len(spectrum)
    for ask in (np.asarray, lambda s: s[:], lambda s: s[::2]):
        with pytest.raises(st.SizeError, match=r"eigenvalues: .* GiB are needed, .*; take its values and multip"):
            ask(spectrum)


def test_numbers_in_records_are_those_of_the_result(found):
    """Six digits."""
    for result in found["small"].values():
        if isinstance(result, Record):
            text = " ".join(repr(result).split())
            for fact, value in result.facts().items():
                assert fact in text
                if isinstance(value, float):
                    assert re.search(rf"[=: ]{re.escape(f'{value:.6g}')}\b", text), (text, fact)


def test_rates_stay_numbers():
    """A rate is a float, in formats and sums."""
    rate = st.Rate(0.5, 1e-3, 0.51, 2.0)
    assert f"{rate:.2f} {rate + 1:g}" == "0.50 1.5"
    assert repr(rate) == "Rate(rate=0.5, uncertainty=0.001, predicted=0.51, sharpness=2)"
    assert rate == 0.5
