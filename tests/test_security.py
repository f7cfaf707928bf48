"""Text is data: what a stranger may have written is parsed by a grammar, checked, and never executed.

Every payload would make a file, `SENTINEL` in the working folder, if it were evaluated anywhere; none is made.
"""

import ast
import gc
import json
import os
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as hs

import sobolev_theory as st
from sobolev_theory import activations, formulas
from sobolev_theory.activations.generated import BUILT_IN, from_source
from sobolev_theory.activations.registry import REGISTRY
from sobolev_theory.activations.source import SourceError
from sobolev_theory.activations.texts import definition_from
from sobolev_theory.formulas import Formula, Notation, Theorem
from sobolev_theory.formulas.theorems import ProofStep
from sobolev_theory.norms import Norm
from sobolev_theory.symbolic import DerivationError, derive
from sobolev_theory.symbolic.bounds import TextError
from sobolev_theory.symbolic.catalogue.parsing import grammar
from sobolev_theory.symbolic.derive.reading import GRAMMAR
from sobolev_theory.symbolic.gaussian import BivariateNormal
from sobolev_theory.symbolic.symbols import z

PACKAGE = Path(st.__file__).parent
SENTINEL = "m"
COMMAND = f"__import__('os').system('touch {SENTINEL}')"
OPENED = f"open('{SENTINEL}', 'w')"
PAYLOADS = [
    COMMAND, OPENED, f"sin(z) + 0*int(bool({COMMAND}))", f"Symbol({COMMAND})", f"Symbol('x', real={COMMAND})",
    f"Lambda(z, {COMMAND})", f"(lambda: {OPENED})()", f"[{OPENED} for z in z]", f"{{{OPENED}: 1}}", f"f'{{{OPENED}}}'",
    f"exec(\"{OPENED}\")", f"eval(\"{OPENED}\")", f"compile(\"{OPENED}\", '', 'exec')", f"sympify(\"{OPENED}\")",
    f"parse_expr(\"{OPENED}\")", f"S(\"{OPENED}\")", f"Function(\"{OPENED}\")(z)", f"z if {OPENED} else z",
    f"z.subs(z, \"{OPENED}\")", "().__class__.__base__.__subclasses__()", "z.__class__", "z.func", "sin.__globals__",
    "getattr(z, 'func')", "globals()", "locals()", "vars()", "dir()", "breakpoint()", "input()", "help()", "exit()",
    "print(z)", "type(z)", "object()", "__builtins__", "__name__", "_", "os", "sys.exit()", "import os", "z; z",
    "z = 3",
    "z := 3", "(z := 3)", "lambda: z", "yield z", "await z", "z[0]", "z[z:z]", "[z]", "{z}", "{z: z}", "(z, z)", "()",
    "'z'", '"z"', "b'z'", "f'{z}'", "...", "None", "1j*z", "z and z", "not z", "~z", "z & z", "z | z", "z @ z",
    "z // 2",
    "z % 2", "z << 2", "z is z", "z in z", "z < z < z", "z == z", "z != z", "Max(*z)", "Max(**z)",
    "sin(z, evaluate=False)",
    "sin(z)(z)", "2(z)", "sin", "\u017fin(z)", "\uff53in(z)", "z\u0661", "\u0396", "z\u200b", "z\x00", "z\\", "z#",
    "`z`",
    "$z$", "@z", "z!", "z?", "0x10*z", "1e999*z", "1e-999*z", "1_0__0*z", "z**", "**z", "z)(", "(", ")", "(z", "z)", "",
]  # fmt: skip
HUGE = [
    "9**9**9", "9**9**9*z", "z**(10**9)", "z**1e9", "10**(10**9)*z", "(2**999)**999*z", "2**2**2**2**2*z",
    "E**(10**9)*z",
    "(" * 1500 + "z" + ")" * 1500, "(" * 90 + "z" + ")" * 90, "-" * 900 + "z", "sin(" * 90 + "z" + ")" * 90,
    "z+" * 9999,
    "z**" * 300 + "z", "exp(exp(exp(exp(exp(9)))))*z", "Max(exp(exp(exp(exp(9)))), z)", "tan(10**40)*z", "z" * 10**5,
    "exp(exp(exp(exp(exp(z)))))", "(z + sin(z) + exp(z) + cos(2*z) + sinh(z))**20", "hermite(10**9, z)",
    "9" * 5000 + "*z",
    "*".join(["(1 + sin(z))"] * 70), "((z + 1)**20 + 1)**20", "exp(10**6)*z", "cosh(exp(z**9))",
    "1e99*exp(9*z)", "(z + 1)**20",
]  # fmt: skip
"""Sizes: refused at once, before anything is expanded."""


@pytest.fixture(autouse=True)
def untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The working folder, in which no payload has made a file."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / SENTINEL).exists()


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_no_text_is_executed(payload: str) -> None:
    """Of an activation; in the expressions of records, wherever a theorem has text, and for a letter."""
    with pytest.raises(ValueError, match=r"^activation: "):
        derive(payload)
    for text in (payload, f"({payload})*p", f"Max({payload}, 1)"):
        with pytest.raises(ValueError, match=r"hostile|entries"):
            stranger(expression=text).sympy()
    with pytest.raises(ValueError, match="theta: a number or a SymPy object is required"):
        formulas.get("relu/K00").sympy(theta=payload)
    for name in ("left", "right", "where", "data", "relation"):
        changed = (payload,) if name == "where" else (("terms", (payload,)),) if name == "data" else payload
        with pytest.raises((ValueError, DerivationError)):
            claimed(**{name: changed}).verify()


@pytest.fixture
def uncollected() -> Iterator[None]:
    """The collector does not walk through what other tests left, which takes as long as what is judged may."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:30])
def test_sizes_are_judged_before_anything_is_computed(text: str, uncollected: None) -> None:
    start = time.process_time()
    with pytest.raises(ValueError, match=r"^activation: ") as error:
        derive(text)
    assert time.process_time() - start < 0.5
    assert len(str(error.value)) < 500


def stranger(**changes: Any) -> Formula:
    """A formula from a dictionary."""
    entry = {"label": "", "expression": "p", "latex": "p"} | {k: v for k, v in changes.items() if k in ENTRY}
    data = formulas.get("relu/K00").to_dict() | {"name": "hostile", "entries": [entry]}
    return Formula.from_dict(json.loads(json.dumps(data | {k: v for k, v in changes.items() if k not in ENTRY})))


ENTRY = ("label", "expression", "latex")


def claimed(**changes: Any) -> Theorem:
    """A theorem from a dictionary, of one claim that is true before it is changed."""
    step = ProofStep("a square", "x**2", ">=", "0", r"x^{2} \ge 0", (), "terms", (("terms", ("x**2",)),))
    data = Theorem("hostile", "b", "c", (), (), (), "", "", (("x", ("real",)),), (step,), ()).to_dict()
    data["proof"] = [data["proof"][0] | changes]
    return Theorem.from_dict(json.loads(json.dumps(data)))


ATOMS = [
    "z",
    "x",
    "2",
    "0.5",
    "pi",
    "sin",
    "Max",
    "Symbol",
    "__import__",
    "os",
    "'",
    '"',
    "\\",
    "\n",
    "_",
    "\u0130",
    "lambda",
]
PIECES = hs.lists(
    hs.sampled_from([*ATOMS, *"()[]{}.,+-*/^<>=!:;@#$%&|~`?", " ", "**", "__class__", "open('m','w')"]), max_size=14
)


@given(PIECES)
def test_random_text_is_an_expression_or_a_text_error(pieces: list[str]) -> None:
    """Nothing else comes out of the grammar."""
    for of in (GRAMMAR, grammar({"x": sp.Symbol("x")})):
        try:
            read = of.read("".join(pieces))
        except TextError:
            continue
        assert isinstance(read, sp.Basic)
        assert {str(letter) for letter in read.free_symbols} <= {"x", "z"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sim(z)", "sim is no known function; did you mean sin?"),
        ("erff(z)", "did you mean erf"),
        ("hermit(3, z)", "did you mean hermite"),
        ("He(3, z)", r"for He write hermite_prob\(n, z\)"),
        ("max(z, 0)", "did you mean Max"),
        ("z.real", r"attribute '\.real' is not allowed"),
        ("sin(z, evaluate=False)", "keyword argument 'evaluate=' is not allowed"),
        ("z if z else 0", "condition 'z if z else 0' is not allowed"),
        ("s\u0131n(z)", r"the character '\\u0131' is not allowed"),
        ("z[0]", r"the character '\[' is not allowed"),
        ("(z + 1)(z - 1)", r"z \+ 1 is no function, products are written with \*"),
        ("9**9**9", "exponents up to 1000 are allowed, got 387420489"),
        ("sin + z", r"sin is a function, write sin\(...\)"),
        ("Piecewise((z, 1))", "pairs"),
        ("z**1001", "exponents up to 1000 are allowed, got 1001"),
        ("hermite(21, z)", "a degree from 0 to 20 is required"),
    ],
)
def test_the_offending_token_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^activation: .*{message}"):
        derive(text)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("0.1*z^2 - 1e-3", z**2 / 10 - sp.Rational(1, 1000)),
        ("+.5*abs(z) + ln(2)*z", sp.Abs(z) / 2 + sp.log(2) * z),
        ("Piecewise((z, z >= 0), (z/10, True))", sp.Piecewise((z, z >= 0), (z / 10, True))),
        ("hermite(3, z)", 8 * z**3 - 12 * z),
        ("hermite_prob(3, z)", z**3 - 3 * z),
        ("\tsqrt(2)*\n\tz".replace("\n", " "), sp.sqrt(2) * z),
        ("z" + " + z" * 200, 201 * z),
        ("-z**2", -(z**2)),
        ("2**-1*z", z / 2),
    ],
)
def test_the_grammar_means_what_sympy_means(text: str, expression: sp.Expr) -> None:
    assert GRAMMAR.read(text) == expression


@pytest.mark.long
def test_the_catalogue_is_read_as_sympy_reads_it() -> None:
    """All texts, to the structure; SymPy's parser evaluates them, which for our own is harmless."""
    for name in formulas.names():
        record = formulas.get(name)
        if isinstance(record, Theorem):
            letters = {x: sp.Symbol(x, **dict.fromkeys(given, True)) for x, given in record.letters}
            steps = (*record.proof, *record.counterexamples)
            texts = [text for step in steps for text in (step.left, step.right, *step.where)]
        else:
            letters = {x: sp.Symbol(x) for x in record.arguments}
            texts = [entry.expression for entry in record.entries if "ArcCosine" not in entry.expression]
        for text in texts:
            names = {"BivariateNormal": BivariateNormal, **letters}
            assert sp.srepr(grammar(letters).read(text)) == sp.srepr(sp.sympify(text, locals=names))


def test_values_of_letters_are_numbers_or_sympy_objects() -> None:
    formula = formulas.get("relu/K00")
    assert formula.sympy(p=2, q=np.float64(3), theta=sp.pi / 2).evalf() == pytest.approx(3 / np.pi)
    for value in ("1", b"1", True, None, [1], np.array([1.0]), {}, print):
        with pytest.raises(ValueError, match="theta: a number or a SymPy object is required, got "):
            formula.sympy(theta=value)


BROKEN: dict[str, list[Any]] = {
    "name": ["", "a b", "a\\input{x}", 3, None, "x" * 9 + "\n"],
    "statement": [r"\input{x}", "a $", "{", "<script>", "a\x1b[2J", 3, r"$\csname x\endcsname$", "$x$ \\write18{y}"],
    "domain": [r"$\def\x{}$", "^^5cinput $", None],
    "symbol": [r"\immediate\write18{x}", "{" * 1500 + "}" * 1500, "x^", 3],
    "form": ["table", "", None, [], "listing\n", "x" * 10**5],
    "arguments": [["x}"], ["1"], "p", [3], [["p"]], ["__x"]],
    "where": [[["a", r"\openout5=x"]], [["a"]], "ab", [["a", "b", "c"]], [3]],
    "numeric": [3, "a\nb", "\x07"],
    "checks": [-1, 0.5, "1", True, None],
    "entries": [[], {}, "x", [3], [{"label": "x"}], [{"label": "", "expression": "1", "latex": "1", "more": 1}]],
    "steps": [[{"statement": "x", "left": r"\catcode`\%=12", "right": "1"}], 3, [[]]],
    "label": [r"\input{x}", 3, "$"],
    "latex": [r"\input{/etc/hostname}", r"\text{\input{x}}", "%", "~", "a & b", r"\\", "^^5cinput", "\u202e", None],
    "expression": [3, None, "p\n", "p\x00", ["p"]],
    "unknown": [1],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, values in BROKEN.items() for v in values], ids=ascii)
def test_a_stranger_s_record_is_checked_before_it_is_set(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"required|allowed|known") as refused:
        stranger(**{field: value}).latex()
    assert len(str(refused.value)) < 1000


def test_records_that_lack_something() -> None:
    data = formulas.get("relu/K00").to_dict()
    for name in data:
        with pytest.raises(ValueError, match=f"formula: the field '{name}' is required"):
            Formula.from_dict({key: value for key, value in data.items() if key != name})
    for record in (Formula, Theorem):
        for other in (None, [], "text", 3, {}):
            with pytest.raises(ValueError, match="required"):
                record.from_dict(other)  # type: ignore[arg-type]
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(ValueError, match="lists within lists"):
        Formula.from_dict(data | {"arguments": deep})


def test_the_claim_that_is_changed_is_true() -> None:
    assert claimed().verify() == (1, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"letters": [["x", ["imaginary"]]]}, {"letters": [["x", "real"]]}, {"letters": [["x}", ["real"]]]},
        {"letters": [["x"]]}, {"conclusions": [{"text": "x", "steps": [-1]}]},
        {"conclusions": [{"text": "x", "steps": [5]}]},
        {"conclusions": [{"text": r"\input{x}"}]}, {"title": r"\write18{x}"}, {"hypotheses": "text"}, {"remarks": [3]},
        {"proof": [{}]}, {"counterexamples": 3}, {"name": "a b"},
    ],
    ids=str,
)  # fmt: skip
def test_a_stranger_s_theorem_is_checked(changes: dict[str, Any]) -> None:
    data = claimed().to_dict()
    with pytest.raises((ValueError, DerivationError)):
        Theorem.from_dict(data | changes).verify()


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "no such"}, {"method": "monotone"}, {"method": "integral"}, {"method": "limit"},
        {"method": "evaluation"},
        {"data": [["terms", ["1/0"]]]}, {"data": [["terms", ["x", "oo"]]]}, {"data": [["reduction", ["__import__"]]]},
        {"data": [["reduction", ["simplify", "x"]]]}, {"data": []}, {"where": ["x"]}, {"where": ["Eq(x, 1)"]},
        {"where": ["x > 0", "x < 0"]}, {"left": "x > 0"}, {"left": "zoo"}, {"relation": "=>"},
        {"check": "yes", "left": "nan"},
        {"left": "factorial(10**9)"}, {"left": "ArcCosine(10**9, x)"}, {"left": "9**9**9"},
        {"left": "(x + 1)**(10**9)"},
    ],
    ids=str,
)  # fmt: skip
def test_claims_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, DerivationError)):
        claimed(**changes).verify()


ATTACKS = [
    r"\input{/etc/hostname}", r"\include{x}", r"\immediate\write18{touch m}", r"\openout5=m",
    r"\csname input\endcsname",
    r"\catcode`\%=12", r"\def\x{}", r"\let\x\input", r"\newcommand{\x}{}", r"\expandafter\x", r"\special{x}",
    r"\url{x}",
    r"\href{x}{y}", r"\directlua{os.execute()}", r"\usepackage{x}", r"\loop\iftrue\repeat", r"\uppercase{x}",
    r"\read5 to\x",
    "^^5cinput{x}", "w_{^^5cinput}", r"w_{\text{^^5cinput}}", r"w_{\mathrm{\csname}}", r"\text{\input{x}}",
    r"\text{$x$}",
    "w%", "w$", "w#", "w&", "w~", "w\x01", "w\x0b", "w\u200b", "w\n\nv", "{" * 1500 + "}" * 1500,
    "w_{" * 1500 + "x" + "}" * 1500,
    r"\hat" * 600 + "w", "w_{" * 30 + "x" + "}" * 30, r"\left(w\right}", r"\Bigl}", r"\student", r"\vecnorm{w}",
    "w}{", "w" * 999,
]  # fmt: skip


@pytest.mark.parametrize("latex", ATTACKS, ids=lambda text: ascii(text)[:30])
def test_notation_takes_commands_that_draw_and_no_others(latex: str) -> None:
    for name in ("student", "teacher", "angle", "norm"):
        with pytest.raises(ValueError, match=f"^{name}: ") as error:
            formulas.get("relu/K00").latex(**{name: latex + "{}" if name == "norm" else latex})
        assert len(str(error.value)) < 700


@pytest.mark.parametrize(
    ("symbol", "printed"),
    [
        ("w_hidden", r"\mathbf{w}_{\mathrm{hidden}}"),
        ("w_12", r"\mathbf{w}_{12}"),
        ("w^old_1", r"\mathbf{w}^{\mathrm{old}}_1"),
        ("w_{hidden}", r"\mathbf{w}_{hidden}"),
        ("w_1^*", r"\mathbf{w}_1^*"),
    ],
)
def test_words_in_scripts_are_grouped(symbol: str, printed: str) -> None:
    assert Notation(student=symbol).expand(r"\student") == printed


def test_words_in_scripts_of_norms_and_angles() -> None:
    notation = Notation(norm=r"|{}|_max", angle=r"\theta_wv")
    assert notation.expand(r"\vecnorm{\student} \weightangle") == r"|\mathbf{w}|_{\mathrm{max}} \theta_{\mathrm{wv}}"
    with pytest.raises(ValueError, match="two different symbols"):
        Notation(student="w_ab", teacher=r"w_{\mathrm{ab}}")
    with pytest.raises(ValueError, match="student: valid LaTeX"):
        Notation(student="w_ab_c")  # two subscripts, once the first is grouped


KERNELS = (PACKAGE / "_kernels" / "relu.py").read_text(encoding="utf-8")
LINE = "return z*(z > 0)"


@pytest.mark.parametrize(
    "tables",
    [
        "KIND = 'Entire'\nDATA = (((0.0, 0.0), ((1.0, 0.0),)),)\nMAX_ORDER = 99",
        "KIND = 'Entire'\nDATA = (((0.0, 0.0), (" + "(1.0, 0.0), " * 1000 + ")),)",
        f"KIND = 'PiecewisePolynomial'\nDATA = {(tuple(range(150)), tuple((1.0 * k,) for k in range(151)))}",
        "KIND = 'Nothing'\nDATA = ()",
        "KIND = 3\nDATA = ()",
        "KIND = 'PiecewisePolynomial'\nDATA = ((0.0,), (('a',), (1.0,)))",
        "KIND = 'PiecewisePolynomial'\nDATA = ((1.0, 0.0), ((0.0,), (1.0,), (2.0,)))",
        "KIND = 'PiecewisePolynomial'\nDATA = ((0.0,), ((0.0,), (1e999,)))",
        "KIND = 'ExponentialUnit'\nDATA = (1.0, -1.0, 1.0)",
        "KIND = 'SmoothedRectifiers'\nDATA = ((), (), ((1.0, 0, 1.0, 1000000),))",
        "KIND = 'Series'\nDATA = ()",
        "KIND = 'Series'\nDATA = 3",
    ],
)
def test_a_definition_that_is_none_is_refused(tables: str) -> None:
    """As text that came from elsewhere: a class of the package and the numbers that it takes, and no others."""
    with pytest.raises(SourceError, match=r"is required|are required"):
        definition_from("strange", f"POINTWISE = ()\nEXPRESSION = 'z'\n{tables}\n")


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_generated_modules_are_arithmetic(name: str) -> None:
    """Letters may stand for numbers in them; see ``-(6 / 7)`` in kernels of ``z**3 - z/7``."""
    text = (PACKAGE / "_kernels" / f"{name}.py").read_text(encoding="utf-8")
    assert set(from_source(name, text).KERNELS) == set(BUILT_IN[name].KERNELS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *((LINE, f"return {text}") for text in (
            COMMAND, OPENED, f"({OPENED}, z)", "xp.__class__", "xp.load(z)", "xp.pi.real", "(lambda: 1)()", "[z]",
            "z[0]",
            "f'{z}'", "xp", "erf", "z**9999", "9**9**9", "9**9**9*z", "z if z else z", "exec", "print(z)", "(yield z)",
            "z.real",
            "xp.sqrt(*z)", "xp.sqrt(z, where=z)", "z > 1", "z @ z", "True", "(z := 3)", "undefined*z", "'z'",
            "__builtins__",
        )),
        *((LINE, f"{line}\n    return z") for line in (
            "import os", "x0 = 9**1000", "x0 = 9\n    x1 = x0*x0", "x0 = 9\n    x1 = z*x0**999", "global x",
            "while z: pass", "z.x = 3", "del z", "x0 = xp",
            "xp = z", "x0 += z",
            "x0, x1 = z", "for x in z: pass", "def f(): pass", "with z: pass", "assert z", "raise z", "x0: Any = z",
        )),
        ("JUMP = 1.0", f"JUMP = {COMMAND}"), ("JUMP = 1.0", "JUMP = 10**10"), ("JUMP = 1.0", "JUMP = 1"),
        ("JUMP = 1.0", "JUMP = 1e999"), ("JUMP = 1.0", OPENED), ("JUMP = 1.0", "frozenset = print"),
        ('"polar"', '"gram"'),
        ('"polar"', '"x"'), ("(xp: Any, z: Any)", f"(xp: Any, z: Any = {OPENED})"),
        ("(xp: Any, z: Any)", f"(xp, z: {OPENED})"),
        ("(xp: Any, z: Any)", "(xp: Any, *z: Any)"), ("def derivative_0", f"@{OPENED}\ndef derivative_0"),
        ("import Any", "import Any, os"), ("from typing import Any", "import os"),
        ("from .._special", "from ..networks"),
        ("MAX_ORDER = 1", "MAX_ORDER = 2"), ("MAX_ORDER = 1", "MAX_ORDER = True"),
        ("MAX_ORDER = 1", "__builtins__ = 1"),
        ("DERIVATIVES = (derivative_0, ", "DERIVATIVES = ("),
        ("MOMENTS: dict[tuple[int, ...], Any]", f"MOMENTS: {OPENED}"),
        ('    ("value", 0, "backprop"): value_0,\n', ""),
        ('    ("value", 0, "backprop"): value_0,\n', "    **value_0,\n"),
        ('("value", 0, "backprop"): value_0', '("value", 0, "backprop"): self_value_0'), ("frozenset(\n", "print(\n"),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_module_that_does_anything_else_is_refused(old: str, new: str) -> None:
    assert old in KERNELS
    with pytest.raises(SourceError, match=r"^kernels"):
        from_source("mine", KERNELS.replace(old, new, 1))


def test_saved_activations_are_data(tmp_path: Path) -> None:
    """A file of another kind, or with another module, is refused; loading registers nothing."""
    path = tmp_path / "bent.json"
    bent = derive("Max(z, z/10)", "bent", max_order=0).activation
    bent.save(path)
    before = dict(REGISTRY)
    assert activations.load(path) == bent
    assert before == REGISTRY
    assert activations.load(path).derivative([-1.0]) == pytest.approx(-0.1)
    data = json.loads(path.read_text())
    for changes in (
        {"source": f"{COMMAND}\n"}, {"source": data["source"].replace("JUMP", "JUMPS")}, {"source": 3},
        {"source": None},
        {"name": "a b"}, {"name": 3}, {"version": 1}, {"version": "2"}, {"format": "x"}, {"more": 1},
        {"source": [1]}, {"source": {}}, {"version": "\x1b[2J\n"}, {"version": "x" * 10**5},
    ):  # fmt: skip
        path.write_text(json.dumps(data | changes))
        with pytest.raises(ValueError, match=r"required|allowed") as refused:
            activations.load(path)
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 500
    for text in (b"", b"{", b"[" * 10**5, b"\xff", b"3", b"null", b"{}", pickle.dumps(bent)):
        path.write_bytes(text)
        with pytest.raises(ValueError, match=r"^path: "):
            activations.load(path)
    with pytest.raises(ValueError, match=r"path: .*none.json.*: No such file or directory"):
        activations.load(tmp_path / "none.json")
    for name in (3, None, b"x", ["x"], "", "x\0", "x" * 9999, "none/x"):
        for call in (activations.load, bent.save):
            with pytest.raises(ValueError, match=r"^path: "):
                call(name)  # type: ignore[operator]
    for special in (tmp_path, Path(os.devnull)):
        with pytest.raises(ValueError, match="a regular file is required"):
            bent.save(special)
        with pytest.raises(ValueError, match="a regular file is required"):
            activations.load(special)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    activations.get("erf").save(link)
    assert link.is_symlink()
    assert activations.load(path) == activations.get("erf")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["bent.json", "link.json"]


@pytest.mark.parametrize(
    "made",
    [
        lambda: activations.get("relu"),
        lambda: activations.Activation("relu", derive("Max(z, z/10)", "bent", max_order=0).module),
        lambda: st.Network(
            [[1.0, 0.0]], activation=activations.Activation("relu", derive("z", "line", max_order=0).module)
        ),
        lambda: derive("Max(z, z/10)", "bent", max_order=0),
        lambda: Norm.parse("H1"),
        lambda: st.PopulationLoss([[1.0, 0.0]]),
    ],
)
def test_unpickling_alters_nothing(made: Callable[[], Any]) -> None:
    """Not even what bears the name of a built-in activation."""
    text = pickle.dumps(made())
    before, relu = dict(REGISTRY), st.PopulationLoss([[1.0, 0.0]]).value([[0.3, 0.4]])
    pickle.loads(text)
    assert before == REGISTRY
    assert st.PopulationLoss([[1.0, 0.0]]).value([[0.3, 0.4]]) == relu
    assert BUILT_IN["relu"] is activations.get("relu").kernels


def test_what_a_pickle_carries_is_executed_only_as_arithmetic() -> None:
    """The module within one, changed by hand; a pickle itself may call anything, as Python's manual says."""
    text = pickle.dumps(derive("Max(z, z/10)", "bent", max_order=0).activation, protocol=0)
    assert text.count(b"JUMP = 0.9") == 1
    with pytest.raises(SourceError, match="tables and arithmetic alone are allowed"):
        pickle.loads(text.replace(b"JUMP = 0.9", b"JUMP = pi()"))


EVALUATING = {
    "eval",
    "exec",
    "compile",
    "parse_expr",
    "sympify",
    "sp.S",
    "lambdify",
    "srepr",
    "literal_eval",
    "import_module",
}
KNOWN = {
    "activations/generated.py": ["compile", "exec"],  # of what `source.require_kernels` has passed
    "symbolic/derive/evidence.py": ["lambdify", "lambdify"],  # of expressions that were built, not read
    "formulas/engine.py": ["import_module"],  # of names within the package
    "__init__.py": ["import_module"],
}


def test_nothing_in_the_package_evaluates_text() -> None:
    """`sympify` is strict, so that it refuses text; other ways are known one by one."""
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            name = called if called == "sp.S" else called.rpartition(".")[2]
            strict = any(k.arg == "strict" and ast.unparse(k.value) == "True" for k in node.keywords)
            if name in EVALUATING and not (name == "sympify" and strict) and called != "re.compile":
                found.setdefault(path.relative_to(PACKAGE).as_posix(), []).append(name)
    assert {path: sorted(names) for path, names in found.items()} == KNOWN


def test_a_record_changed_by_hand_is_checked_too() -> None:
    with pytest.raises(ValueError, match="symbol: LaTeX of mathematics, with commands that only draw, is required"):
        replace(formulas.get("relu/K00"), symbol=r"\input{x}")
