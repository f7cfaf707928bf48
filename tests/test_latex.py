r"""Printing: every formula as LaTeX says what is stored, in the reader's notation, within the lines of a page.

Formulas are read back by `oracles.latex_reader`, which knows nothing of the printer.
"""

import re
from dataclasses import replace
from functools import cache

import pytest
import sympy as sp
from mpmath import mp

from sobolev_theory import formulas
from sobolev_theory.formulas import Formula, Notation, Theorem
from sobolev_theory.formulas.tex.layout import LETTER, LINEWIDTH, aligned
from sobolev_theory.formulas.tex.measure import split, width
from sobolev_theory.formulas.tex.opening import opened
from tests.catalogue_values import FORMULAS, SWEPT, Point, exact_values
from tests.oracles.latex_reader import UnreadableError, read

THEOREMS = formulas.names("theorem/")
VECTORS = {r"\along", r"\towards"}
PRINTED = {"p": r"\vecnorm{\student}", "q": r"\vecnorm{\teacher}", "theta": r"\weightangle"}
RELATIONS = {"=": "=", ">": ">", ">=": r"\ge", "<": "<", "<=": r"\le", "->": r"\to", "!=": r"\ne"}
WORDS = re.compile(r"\\text|\\mathbb")
"""Definitions that are no formulas: of a basis, or by an expectation."""

RELATION = re.compile(r" (=|<|>|\\le|\\ge|\\ne|\\to) ")

GIVEN = {
    r"\vecnorm{\student}": "p",
    r"\vecnorm{\teacher}": "q",
    r"\weightangle": "theta",
    r"\student \cdot \teacher": "rho",
    r"\alpha": "alpha",
    r"\beta": "beta",
    r"\gamma": "gamma",
    r"\zeta": "zeta",
    r"\lambda_{0}": "lambda_0",
    r"\lambda_{1}": "lambda_1",
}
"""Letters of the theory by the LaTeX that the reader knows without a definition."""

DEFINED = {*GIVEN.values(), "s", "t", "r", "x"}
"""Letters of expressions that records must define before they print them."""


@cache
def point() -> Point:
    return Point.random(5, 3)


def subscripted(name: str) -> str:
    """``h_12_13`` as ``h_{12 13}``."""
    letter, *rest = name.split("_")
    return f"{letter}_{{{' '.join(rest)}}}" if rest else letter


def printed_letters(formula: Formula, point: Point) -> dict[str, mp.mpf]:
    """Values by LaTeX: those of the point, and those that the record defines, which may use each other."""
    letters = {latex: point.letters[name] for latex, name in GIVEN.items()}
    letters |= {subscripted(name): point.letters[name] for name in formula.arguments if name not in DEFINED}
    waiting = {
        letter: text for letter, text in formula.where if letter not in VECTORS and not WORDS.search(text + letter)
    }
    for _ in formula.where:
        for letter, meaning in list(waiting.items()):
            try:
                letters[letter] = read(meaning, letters)
            except UnreadableError:
                continue  # it uses a letter that stands further down
            del waiting[letter]
    assert not waiting
    return letters


@pytest.mark.parametrize("name", SWEPT)
def test_what_is_printed_is_what_is_stored(name: str) -> None:
    """In 30 digits, to 1e-25: both are the same function of the same letters."""
    formula = formulas.get(name)
    with mp.workdps(30):
        letters = printed_letters(formula, point())
        for entry, value in zip(formula.entries, exact_values(formula, point()), strict=True):
            assert abs(read(entry.latex, letters) - value) <= 1e-25 * max(1, abs(value)), entry.latex


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"2 \pi", r"\pi"),
        (r"\sin", r"\cos"),
        (r"+", "-"),
        (r"\vecnorm{\teacher}", r"\vecnorm{\student}"),
        (r"\pi - \weightangle", r"\weightangle - \pi"),
    ],
)
def test_one_changed_token_is_seen(old: str, new: str) -> None:
    formula = formulas.get("relu/H1/loss")
    (entry,) = formula.entries
    changed = replace(formula, entries=(replace(entry, latex=entry.latex.replace(old, new, 1)),))
    assert changed != formula
    (value,), letters = exact_values(formula, point()), printed_letters(formula, point())
    assert abs(read(entry.latex, letters) - value) < 1e-14
    assert abs(read(changed.entries[0].latex, letters) - value) > 1e-3


def test_the_reader_refuses_what_it_does_not_know() -> None:
    for text in (r"\undefined", "q", r"\frac{1}", "(1", "1)", r"\left(1\Bigr)", "", "2 +", "2^12"):
        with pytest.raises(UnreadableError):
            read(text, {})
    assert read(r"- \tfrac{1}{2} 2 \cdot 3! / 4^{1/2} \sin^{2} \frac{\pi}{2}", {}) == -3
    assert read(r"\max\left(1, \left|- 2\right|\right) \sin \frac{\pi}{4} 2 \cos \left(2 \pi\right)", {}) == 2


@pytest.mark.long
def test_steps_of_derivations_are_true_as_printed() -> None:
    """Those without derivatives and named functions: both sides are read at one point."""
    others = {
        name: mp.mpf(k) / 7 for k, name in enumerate((r"\eta", r"\psi", "z", "a", "b", "k", "s", "t", "p"), start=2)
    }
    readable = 0
    for name in FORMULAS:
        formula = formulas.get(name)
        with mp.workdps(30):
            letters = others | {r"\rho": point().letters["rho"]} | printed_letters(formula, point())
            for step in formula.steps:
                try:
                    left, right = read(step.left, letters), read(step.right, letters)
                except UnreadableError:
                    continue
                assert abs(left - right) <= 1e-25 * max(1, abs(left)), (name, step)
                readable += 1
    assert readable >= 85


def namespace(theorem: Theorem) -> dict[str, sp.Symbol]:
    """Its letters with their assumptions."""
    return {name: sp.Symbol(name, **dict.fromkeys(given, True)) for name, given in theorem.letters}


@pytest.mark.parametrize("name", THEOREMS)
def test_proofs_print_what_is_verified(name: str) -> None:
    """Both sides of every step, read at one value of each letter, against the stored text: all are readable."""
    theorem = formulas.get(name)
    letters = namespace(theorem)
    values = {letter: mp.mpf(5 + 3 * k) / 17 for k, letter in enumerate(letters.values())}
    printed = {PRINTED.get(str(letter), sp.latex(letter)): value for letter, value in values.items()}
    with mp.workdps(30):
        substituted = {letter: sp.Float(value, 30) for letter, value in values.items()}
        for step in (*theorem.proof, *theorem.counterexamples):
            left, relation, right = RELATION.split(step.latex)
            assert relation == RELATIONS[step.relation]
            for latex, text in ((left, step.left), (right, step.right)):
                expected = mp.mpf(
                    str(sp.sympify(text, locals=letters).subs(substituted).evalf(30)).replace("oo", "inf")
                )
                found = read(latex, printed)
                assert found == expected or abs(found - expected) <= 1e-25 * max(1, abs(expected)), latex


W, V = r"\lVert \mathbf{w} \rVert", r"\lVert \mathbf{v} \rVert"
PAIR = r"\left(\mathbf{w}, \mathbf{v}\right)"
PINNED = {
    "relu/K00": rf"K_{{00}}{PAIR} = \frac{{{W} {V}}}{{2 \pi}} "
    r"\left(\sin \theta + \left(\pi - \theta\right) \cos \theta\right)",
    "relu/K11": rf"K_{{11}}{PAIR} = \frac{{\pi - \theta}}{{2 \pi}}",
    "relu/L2/gradient": rf"g{PAIR} = \frac{{{V} \sin \theta}}{{2 \pi {W}}} \mathbf{{w}} "
    r"+ \frac{\pi - \theta}{2 \pi} \mathbf{v}",
    "relu/H1/gradient/backprop": rf"g{PAIR} = \frac{{{V} \sin \theta}}{{2 \pi {W}}} \mathbf{{w}} "
    r"+ \frac{\pi - \theta}{\pi} \mathbf{v}",
    "relu/H1/gradient/exact": rf"g{PAIR} = \frac{{{V}}}{{2 \pi}} "
    r"\left(\sin \theta + 2 \left(\pi - \theta\right) \cos \theta\right) \hat{\mathbf{w}} "
    rf"+ \frac{{{V}}}{{2 \pi}} \left(\cos \theta + 2 \left(\pi - \theta\right) \sin \theta\right) \mathbf{{e}}",
    "relu/L2/hessian/own": rf"\partial_{{\mathbf{{w}}}} g{PAIR} = \frac{{{V} \sin \theta}}{{2 \pi {W}}} I "
    rf"- \frac{{{V} \sin \theta}}{{2 \pi {W}}} \hat{{\mathbf{{w}}}} {{\hat{{\mathbf{{w}}}}}}^\top "
    rf"+ \frac{{{V} \sin \theta}}{{2 \pi {W}}} \mathbf{{e}} {{\mathbf{{e}}}}^\top",
    "relu/H1/gauss_newton/self": r"N\left(\mathbf{w}, \mathbf{w}\right) = I",
    "erf/K22": rf"K_{{22}}{PAIR} = \frac{{2 \rho}}{{\pi \Delta^{{3/2}}}}",
    "relu/single_neuron/condition_number_ratio": r"\kappa_{H^1} / \kappa_{L^2} = \frac{1 - 2 x}{1 - \frac{3 x}{2}}",
    "relu/L2/single_neuron/velocity": rf"\frac{{d}}{{dt}} \frac{{{W}}}{{{V}}} "
    r"= \frac{\sin \theta + \left(\pi - \theta\right) \cos \theta}{2 \pi} - \frac{1}{2 r}, "
    r"\quad \frac{d \theta}{dt} = - \frac{r \left(\pi - \theta\right) \sin \theta}{2 \pi}",
    "relu2/H2/loss": rf"F{PAIR} = \frac{{{W}^{{2}} {V}^{{2}}}}{{2 \pi}} "
    r"\left(\pi - \theta + 7 \sin \theta \cos \theta + 10 \left(\pi - \theta\right) \cos^{2} \theta\right)",
}


@pytest.mark.parametrize("name", sorted(PINNED))
def test_exact_strings(name: str) -> None:
    formula = formulas.get(name)
    assert formula.latex() == PINNED[name]
    assert formula._repr_latex_() == rf"$\displaystyle {PINNED[name]}$"


def test_exact_strings_of_erf_and_of_several_lines() -> None:
    loss = formulas.get("erf/H1/loss").latex(vectors="plain")
    assert loss == (
        r"F\left(w, v\right) = \frac{2}{\pi} \arctan{\left(\frac{\rho}{\sqrt{\Delta}} \right)} "
        r"+ \frac{2 \rho}{\pi \sqrt{\Delta}}"
    )
    own = formulas.get("relu/H1/hessian/own/exact").latex(vectors="plain", norm="|{}|", style="align")
    assert own == (
        r"""\begin{align*}
\partial_{w} g\left(w, v\right) & = \frac{|v|}{2 \pi |w| \sin \theta} \left(1 - 2 \cos^{2} \theta\right) I """
        r"""+ \frac{|v|}{2 \pi |w| \sin \theta} \left(2 \cos^{2} \theta - 1\right) \hat{w} {\hat{w}}^\top \\
&\quad + \frac{|v|}{2 \pi |w| \sin \theta} \left(1 + 2 \sin^{2} \theta\right) e {e}^\top
\end{align*}"""
    )


NOTATIONS = [
    Notation(),
    Notation(vectors="arrow", teacher="w^*"),
    Notation(vectors="plain", norm=r"|{}|", angle=r"\varphi_{wv}"),
    Notation(student=r"\omega", teacher=r"\bar{v}_1", norm=r"\left| {} \right|_2", angle=r"\angle(w, v)"),
]


def test_notation_of_one_formula() -> None:
    formula = formulas.get("relu/L2/gradient")
    shown = [
        r"\vec{w}: \frac{\lVert \vec{w}^*{} \rVert \sin \theta}{2 \pi \lVert \vec{w} \rVert} \vec{w}",
        r"w: \frac{|v| \sin \varphi_{wv}}{2 \pi |w|} w",
        r"\boldsymbol{\omega}: \frac{\left| \boldsymbol{\bar{v}}_1 \right|_2 \sin \angle(w, v)}"
        r"{2 \pi \left| \boldsymbol{\omega} \right|_2} \boldsymbol{\omega}",
    ]
    for notation, expected in zip(NOTATIONS[1:], shown, strict=True):
        vector, term = expected.split(": ")
        assert formula.latex(notation).startswith(rf"g\left({vector}, ")
        assert term in formula.latex(notation)


def by_hand(text: str, preamble: str) -> str:
    r"""LaTeX with the ``\newcommand`` of a preamble put in, without spaces."""
    for name, arguments, meaning in reversed(re.findall(r"\\newcommand\{\\(\w+)\}(\[1\])?\{(.*)\}", preamble)):
        if arguments:
            text = re.sub(rf"\\{name}\{{([^{{}}]*)\}}", lambda m, x=meaning: x.replace("#1", m[1]), text)
        else:
            text = re.sub(rf"\\{name}(?![A-Za-z])", lambda _, x=meaning: x, text)
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("notation", NOTATIONS, ids=lambda notation: notation.teacher)
def test_macros_with_their_preamble_are_the_formula(notation: Notation) -> None:
    macros = ("student", "teacher", "along", "towards", "weightangle", "vecnorm")
    for name in formulas.names():
        record = formulas.get(name)
        for style in ("inline", "align"):
            expanded = record.latex(notation, style=style)
            assert not re.search(rf"\\({'|'.join(macros)})(?![A-Za-z])", expanded)
            assert by_hand(record.latex(notation, style=style, macros=True), notation.preamble()) == by_hand(
                expanded, ""
            )


def test_notation_by_object_and_by_keywords() -> None:
    formula, notation = formulas.get("relu/K00"), Notation(student="u", vectors="plain")
    assert formula.latex(notation) == formula.latex(student="u", vectors="plain")
    assert formula.latex(notation, angle=r"\phi") == formula.latex(student="u", vectors="plain", angle=r"\phi")
    with pytest.raises(ValueError, match="notation: a Notation is required, got 'bold'"):
        formula.latex("bold")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="style: one of 'inline', 'align' is required, got 'block'"):
        formula.latex(style="block")
    with pytest.raises(ValueError, match="notation: student, teacher, vectors, norm, angle can be chosen, got colour"):
        formula.latex(colour="red")


BAD = [
    ("student", ["", " ", "w$", "w_{1", "w}{", "1", "w^", "w^*^2", "w_1_2", "w v", "ww", "ω", r"w\{", None, 3, "e"]),
    ("teacher", [r"w^\star_1^2", "w^*'", "w^{*}^{2}", "w#", "w%", "w & v", "w~", "w\nv", "w\\\\", "\\", "+", r"\frac"]),
    ("vectors", ["italic", "", None]),
    ("norm", ["|x|", "{}{}", r"\left\lVert {} \rVert", "{}^", "_{}_{}", "^{}", r"\right| {} \left|", r"\frac{}", 2]),
    ("angle", ["", r"\theta_", "%", "\\theta\\\\", "θ", r"\hat", r"\right)\left(", r"\begin{matrix}", None]),
]


@pytest.mark.parametrize(("argument", "value"), [(argument, value) for argument, values in BAD for value in values])
def test_notation_that_cannot_be_set_is_refused(argument: str, value: object) -> None:
    """The message names the argument and shows what came."""
    with pytest.raises(ValueError, match=rf"^(student, )?{argument}:? ") as error:
        Notation(**{argument: value})  # type: ignore[arg-type]
    assert repr(value) in str(error.value)


@pytest.mark.parametrize("changes", [{"angle": r"\alpha"}, {"angle": "x"}, {"student": "s", "vectors": "plain"}])
def test_letters_that_formulas_use_otherwise_are_refused(changes: dict[str, str]) -> None:
    """``x = r sin x/pi`` would be false; a bold ``s`` is another letter than ``s``."""
    with pytest.raises(ValueError, match="a letter that formulas do not use otherwise is required"):
        Notation(**changes)
    assert Notation(student="s").expand(r"\student") == r"\mathbf{s}"


def test_one_letter_for_both_vectors_is_refused() -> None:
    with pytest.raises(ValueError, match="student, teacher: two different symbols are required, got 'v'"):
        formulas.get("relu/K00").latex(student="v")


WIDTHS = (LINEWIDTH, 246.0, 150.0)
"""A page, a column of two, and less than formulas should be asked to stand in, in points."""


def joined(align: str) -> str:
    """The lines of an ``align*`` environment behind one another, without what aligns and indents them."""
    lines = [line.removesuffix(r" \\") for line in align.splitlines()[1:-1]]
    return re.sub(r"&|\\q+uad(?![A-Za-z])", "", " ".join(lines))


@pytest.mark.parametrize("name", SWEPT)
def test_lines_are_not_wider_than_asked_for(name: str) -> None:
    """As `measure.width` says; where no part is wider than a line, breaks are all that is added."""
    formula = formulas.get(name)
    for linewidth in WIDTHS:
        text = formula.latex(style="align", linewidth=linewidth, macros=True)
        lines = [line.removesuffix(r" \\").replace("&", "") for line in text.splitlines()[1:-1]]
        assert all(width(line) <= linewidth / LETTER for line in lines if r"\resizebox" not in line)
        if all(width(part) < linewidth / LETTER / 2 for row in formula.rows() for part in split(row, brackets=False)):
            assert joined(text).replace(" ", "") == re.sub("[& ]", "", "".join(formula.rows()))


@pytest.mark.long
@pytest.mark.parametrize("name", SWEPT)
def test_what_is_opened_to_be_broken_is_the_same_number(name: str) -> None:
    """Nothing is scaled in a column or a page; in narrower lines it may be."""
    formula = formulas.get(name)
    with mp.workdps(30):
        letters = printed_letters(formula, point())
        for linewidth in WIDTHS:
            for entry, value in zip(formula.entries, exact_values(formula, point()), strict=True):
                text = aligned([f"f = {entry.latex}"], linewidth)
                if r"\resizebox" in text:
                    assert linewidth < 246
                else:
                    broken = joined(text).replace("f  =", "", 1)
                    assert abs(read(broken, letters) - value) <= 1e-25 * max(1, abs(value)), broken


def test_ways_to_open_a_part() -> None:
    """Products, brackets, roots, wide numerators and denominators; a derivative applies to what follows it."""
    assert opened(r"+ \frac{a}{b + c + d + e} \left(f + g\right)^{2}", 7.5) == [
        r"+ a \Bigl( b",
        r"+ c",
        r"+ d",
        r"+ e \Bigr)^{-1}",
        r"\cdot \left(f + g\right)^{2}",
    ]
    assert opened(r"- \sqrt{a + b + c}", 4.0) == [r"- \Bigl( a", "+ b", r"+ c \Bigr)^{1/2}"]
    derivative = r"\frac{\partial}{\partial s} f \left(a + b\right)"
    assert opened(derivative, 2.0) == [derivative]


def test_breaks_are_between_terms() -> None:
    row = "f = " + " + ".join(rf"\left(a_{{{k}}} + b\right)" for k in range(30))
    lines = aligned([row]).splitlines()[1:-1]
    assert len(lines) > 2
    assert lines[0].startswith("f & = ")
    assert all(line.startswith(r"&\quad + \left(") for line in lines[1:])
    assert aligned(["a = b", "c = d"]) == "\\begin{align*}\na & = b \\\\\nc & = d\n\\end{align*}"
    assert split(r"a = \frac{1 - b}{c} - d") == ["a", r"= \frac{1 - b}{c}", "- d"]


def test_a_part_that_can_be_opened_nowhere_is_scaled() -> None:
    text = aligned([r"f = \begin{pmatrix} " + " & ".join("abcdefgh" * 8) + r" \end{pmatrix}"])
    assert text.count(r"\resizebox{") == 1


@pytest.mark.parametrize("linewidth", [100.0, 0.0, -1.0, float("nan"), float("inf"), "246", None])
def test_widths_that_hold_no_formula_are_refused(linewidth: object) -> None:
    with pytest.raises(ValueError, match="linewidth: a width above 100 points is required, got "):
        formulas.get("relu/K00").latex(style="align", linewidth=linewidth)  # type: ignore[arg-type]
