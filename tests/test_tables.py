"""Tables at any width, on terminals and elsewhere: every number is whole."""

import contextlib
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory import formulas
from sobolev_theory.__main__ import main
from sobolev_theory._runtime.cells import Column
from sobolev_theory._runtime.tables import LONG, Table
from sobolev_theory._runtime.terminal import LINES, SCREEN

COMMANDS = (
    ["compare", "--width", "3", "--dim", "20", "--norms", "L2", "H1", "1,0.25", "0.123456,1.23456e-7"],
    ["compare", "--angle", "0.5", "1", "--ratio", "1", "2", "--norms", "L2", "H1", "1,0.5"],
    ["flow", "--angle", "1", "--t-max", "3"],
    ["verify", "--width", "2", "--dim", "3", "--samples", "4000"],
    ["verify", "--networks", "3", "--width", "1", "--dim", "2", "--samples", "4000"],
)
WIDTHS = (200, 80, 60, 40, 20, 5, 1)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Screen(io.TextIOWrapper):
    """A terminal, or a pipe, of some encoding, which keeps what is written to it."""

    def __init__(self, encoding, terminal):
        super().__init__(io.BytesIO(), encoding=encoding, newline="\n")
        self.terminal = terminal

    def isatty(self):
        return self.terminal

    def text(self):
        self.flush()
        return ESCAPES.sub("", self.buffer.getvalue().decode(self.encoding))


def words(text):
    """Words with their frequencies; heads of upright entries without their colon."""
    return Counter(text.replace(":", " ").split())


def printed(monkeypatch, table, width, encoding="utf-8", terminal=False):
    """What a table prints, and that every word of it is there, on lines that fit where words do."""
    if width is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", str(width))
    screen = Screen(encoding, terminal)
    with contextlib.redirect_stdout(screen):
        table.print("above the table")
    text = screen.text()
    said = [table.title, "above the table", *table.heads, *table.notes, *(cell for row in table.rows for cell in row)]
    if width is None or width >= 40:  # on narrower screens names of many letters go on in the next line
        assert not words(" ".join(said)) - words(text)
    numbers = [cell for row in table.rows for cell in row if re.match(r"-?[\d.]", cell)]
    assert not words(" ".join(numbers)) - words(text)
    if width is not None:
        longest = max(len(word) for word in " ".join([*said, *numbers]).split())
        assert max(map(len, text.splitlines())) <= max(width, longest + 3)
    return text


@pytest.fixture(scope="module")
def tables():
    """The tables of all commands, each computed once."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "print", lambda table, above="": found.append(table))
        for command in COMMANDS:
            assert main(command) in (0, 1)
    assert len(found) == len(COMMANDS)
    return found


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("width", WIDTHS)
def test_commands_print_every_number_whole(monkeypatch, tables, width, encoding, terminal):
    for table in tables:
        text = printed(monkeypatch, table, width, encoding, terminal)
        assert "…" not in text


@pytest.mark.parametrize("width", [None, *WIDTHS])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_list_of_formulas_has_whole_names(monkeypatch, width, encoding):
    monkeypatch.delenv("COLUMNS", raising=False)
    if width is not None:
        monkeypatch.setenv("COLUMNS", str(width))
    screen = Screen(encoding, terminal=width is not None)
    with contextlib.redirect_stdout(screen):
        assert main(["latex", "--list", "relu/H1"]) == 0
    lines = screen.text().splitlines()
    names = formulas.names("relu/H1")
    assert [line.split()[0] for line in lines if line[0] != " "] == names
    assert max(map(len, lines)) <= max(width or 1000, *map(len, names))


def test_without_a_terminal_a_row_is_a_line(monkeypatch, tables):
    """Files and pipes have no width: for `grep` and for other programs."""
    for table in tables:
        lines = printed(monkeypatch, table, None).splitlines()
        for row in table.rows:
            assert any(not words(" ".join(row)) - words(line) for line in lines)


@pytest.mark.parametrize("columns", ["0", "-3", "many", "", "9" * 5000])
def test_columns_that_say_nothing_are_ignored(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    screen = Screen("utf-8", terminal=True)
    with contextlib.redirect_stdout(screen):
        Table("a title", ("name", "value"), [["x", "1.25664e+00"]]).print()
    assert "1.25664e+00" in screen.text()


def test_results_are_shown_without_a_standard_output(monkeypatch):
    """As in a process of a window, or after it was closed."""
    table = Table("a title", ("name", "value"), [["x", "1.5"]])
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr(sys, "stdout", stream)
        text = str(table), table.brief()
        monkeypatch.undo()
        assert text == ("a title\nname  value\n   x    1.5",) * 2


def test_text_is_no_markup(monkeypatch):
    """Brackets are brackets, on terminals and in HTML."""
    table = Table("[bold]title[/bold] & <b>", ("<i>", "[red]x"), [["</td>", "[1, 1]"]], ["<script>note</script>"])
    for terminal in (False, True):
        text = printed(monkeypatch, table, 80, terminal=terminal)
        assert "[bold]title[/bold]" in text
    html = table.html()
    assert "<script>" not in html
    assert "&lt;script&gt;note&lt;/script&gt;" in html
    assert html.count("<td") == html.count("</td>") == 2


@pytest.mark.parametrize("rows", [1, 2, 24, 25, 26, 1000])
@pytest.mark.parametrize("columns", [1, 2, 12, 40])
@pytest.mark.parametrize("notes", [0, 3, 100])
def test_a_prompt_gets_a_screen_at_most(rows, columns, notes):
    """80 columns and 25 lines; what is left out is counted."""
    cells = [[f"{1000 * row + column}.5" for column in range(columns)] for row in range(rows)]
    heads = [f"head {column}" for column in range(columns)]
    text = Table("title " * 30, heads, cells, ["a note of some words " * 5] * notes).brief()
    assert max(map(len, text.splitlines())) <= SCREEN
    assert len(text.splitlines()) <= LINES
    if rows > LINES:
        assert re.search(r"\.\.\. \d+ more \.\.\.", text)


def test_the_middle_that_is_left_out_is_counted():
    table = Table("", ("n",), [[str(n)] for n in range(100)])
    for most in (1, 2, 3, 10, 99):
        lines = table.text(most=most).split("\n")[1:]
        count = int(re.search(r"\d+", next(line for line in lines if "more" in line))[0])
        assert len(lines) - 1 + count == 100
    assert table.text(most=100) == table.text() == str(table)


def test_a_number_wider_than_the_screen_is_whole():
    """As a multiplicity of 10^120 is; a long name goes on in the next line."""
    number, name = "1" * 120, "x" * 120
    lines = Table("", ("name", "count"), [[name, number]]).text(40).splitlines()
    assert lines[-1].strip() == number
    assert "".join(lines[:-2]).replace(" ", "").endswith(name)


def run_in_terminal(columns, *command, **environment):
    """Output of a command in a terminal of so many columns."""
    import fcntl
    import pty
    import struct
    import termios

    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    plain = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "sobolev_theory", *command],
        stdout=secondary,
        stderr=subprocess.DEVNULL,
        env=plain | {"TERM": "xterm"} | environment,
    )
    os.close(secondary)
    output = b""
    with contextlib.suppress(OSError):  # how Linux says that the other end is closed
        while chunk := os.read(primary, 4096):
            output += chunk
    os.close(primary)
    assert process.wait() == 0
    return output.replace(b"\r\n", b"\n")


COMPARE = ("compare", "--width", "3", "--dim", "20", "--norms", "L2", "1,0.25")


@cache
def elsewhere() -> str:
    """What the same command prints where there is no terminal."""
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "sobolev_theory", *COMPARE]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


@pytest.mark.long
@pytest.mark.parametrize("columns", [0, 20, 40, 80])
@pytest.mark.parametrize("environment", [{}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_terminals(columns, environment):
    """The terminal's width is asked for; of none it is 80. Characters are those that it can show."""
    output = run_in_terminal(columns, *COMPARE, **environment)
    text = ESCAPES.sub("", output.decode("utf-8" if not environment else "ascii"))
    assert b"\x1b[1m" in output
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= (columns or SCREEN)
    numbers = [word for word in elsewhere().split() if re.fullmatch(r"-?\d[\d.e+-]*", word)]
    assert len(numbers) > 8
    assert not Counter(numbers) - words(text)


@pytest.mark.parametrize("seed", range(20))
def test_random_tables_lose_nothing(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 6), rng.integers(1, 9)
    cells = [[f"{x:.6g}" for x in rng.standard_normal(columns) * 10.0 ** rng.integers(-9, 30)] for _ in range(rows)]
    heads = [" ".join("head" for _ in range(rng.integers(1, 4))) for _ in range(columns)]
    keys = int(rng.integers(0, min(columns, 3)))
    table = Table("a title of several words", heads, cells, ["a note, with words"] * int(rng.integers(3)), keys=keys)
    for width in (None, *WIDTHS):
        for terminal in (False, True):
            printed(monkeypatch, table, width, terminal=terminal)


# --- exports ----------------------------------------------------------------------------------------------------------

NUMBERS = [0.1, 1 / 3, -0.0, 5e-324, 1.7976931348623157e308, np.inf, -np.inf, np.nan, 2.0**53 + 2, -1.5e-5]

MANY = Table(
    "a title, with 100 % of _all_\n& more #1",
    [
        Column("name", "what|ever"),
        Column("number", "kappa_2 +-", "{:.3g}"),
        Column(("low", "high"), "interval", "{:.1f} to {:.2f}"),
        Column("count", "", "x {}", {0: "none"}),
        Column("missing", "", "{:.6g}"),
        Column("array"),
    ],
    [
        (f"a{k}|*b*\\$c_<{{~^}}", x, (k, x), k, None if k % 2 else x, np.array([[x, 1.0]]))
        for k, x in enumerate(NUMBERS)
    ],
    ["a note: 'x_1' > 0 & \\frac{1}{2}", 'and "another"'],
)
"""Every kind of value, and what is special to every language."""


def same(one, other):
    """Whether data are equal, NaN to NaN, and of one type, down to the sign of a zero."""
    if isinstance(one, np.ndarray):
        return type(one) is type(other) and one.dtype == other.dtype and same(one.tolist(), other.tolist())
    if isinstance(one, tuple | list):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


def test_data_have_all_digits_and_texts_have_their_forms():
    data = MANY.data()
    assert [*data] == ["name", "number", "low", "high", "count", "missing", "array"]
    assert same(data["number"], NUMBERS)
    assert same(data["low"], [*range(10)])
    assert same(data["high"], NUMBERS)
    assert data["missing"][1::2] == [None] * 5
    assert MANY.rows[1][1:] == ["0.333", "1.0 to 0.33", "x 1", "-", "<1 x 2>"]
    assert MANY.rows[0][3] == "none"
    assert [*Table("", ("a", "a", "a"), [(1, 2, 3)]).data().items()] == [("a", [1]), ("a_2", [2]), ("a_3", [3])]
    assert Table("", (Column(("a", "b")), "c"), []).data() == {"a": [], "b": [], "c": []}


def test_csv_is_read_with_all_bits(tmp_path):
    """By Python's reader, and `float`; lines end as RFC 4180 says, in a file too."""
    text = MANY.to_csv()
    assert text.count("\r\n") == text.count("\n") == 11
    rows = [*csv.DictReader(io.StringIO(text, newline=""), strict=True)]
    assert [row["name"] for row in rows] == MANY.data()["name"]
    assert same([float(row["number"]) for row in rows], NUMBERS)
    assert same([float(row["high"]) for row in rows], NUMBERS)
    assert [row["missing"] for row in rows][1::2] == [""] * 5
    assert same([json.loads(row["array"])[0][0] for row in rows], NUMBERS)
    assert MANY.to_csv(tmp_path / "many.csv") is None
    assert (tmp_path / "many.csv").read_bytes() == text.encode()
    with pytest.raises(ValueError, match=r"path: .*: a regular file is required"):
        MANY.to_csv(tmp_path)


def test_markdown_is_a_table_of_pipes():
    """Every cell as it was, once escapes are undone."""
    lines = MANY.to_markdown().split("\n")
    assert lines[0] == r"a title, with 100 % of \_all\_"
    assert lines[2] == "& more #1"
    rows = [re.split(r"(?<!\\) \| ", line[2:-2]) for line in lines[4:16]]
    assert {len(line) for line in lines[4:16]} == {len(lines[4])}
    undone = [[re.sub(r"\\([^a-z\d\s])", r"\1", cell.strip()) for cell in row] for row in rows]
    assert undone[0] == [*MANY.heads]
    assert undone[2:] == [[*row] for row in MANY.rows]
    assert [row.endswith(":") for row in rows[1]] == [False, True, False, True, True, False]
    assert lines[17:] == [r"a note: 'x_1' \> 0 & \\frac{1}{2}", "", 'and "another"']
    assert st.best_step(st.PopulationLoss(np.eye(2), "L2").gauss_newton(np.eye(2))).to_markdown().count("|") == 12


def test_latex_has_numbers_in_mathematics():
    table = Table("n_1 & 2", ("a_b", "x"), [("c%", -1.5e-5), ("d", np.inf), ("e", 2)], ["50 %"])
    assert table.to_latex().split("\n") == [
        r"\begin{table}",
        r"\centering",
        r"\caption{n\_1 \& 2}\smallskip",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"a\_b & x \\",
        r"\midrule",
        r"c\% & $-1.5 \cdot 10^{-5}$ \\",
        r"d & $\infty$ \\",
        r"e & $2$ \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\par\smallskip\footnotesize 50 \%",
        r"\end{table}",
    ]
    for line in MANY.to_latex().split("\n")[7:17]:
        assert len(re.findall(r"(?<!\\)&", line)) == 5, line


@pytest.mark.long
def test_latex_is_set(tmp_path):
    """By TeX, without errors; the rules of booktabs are lines where the package is not there."""
    command = shutil.which("pdflatex")
    if command is None:
        assert not os.environ.get("CI"), "the continuous check needs pdflatex (texlive-latex-base)"
        pytest.skip("pdflatex is not installed")
    rules = r"{\usepackage{booktabs}}{\let\toprule\hline\let\midrule\hline\let\bottomrule\hline}"
    head = r"\documentclass{article}\usepackage[T1]{fontenc}\IfFileExists{booktabs.sty}" + rules
    found = [MANY, st.compare(np.eye(2) + 0.1, np.eye(2)), st.Inputs([1.0, 2.0])]
    body = "\n\n".join(table.to_latex() for table in found)
    (tmp_path / "t.tex").write_text(head + "\\begin{document}" + body + "\\end{document}", encoding="utf-8")
    options = ["-interaction=nonstopmode", "-no-shell-escape", "t.tex"]
    subprocess.run([command, *options], cwd=tmp_path, capture_output=True, timeout=120)
    log = (tmp_path / "t.log").read_text(encoding="utf-8", errors="replace")
    assert not re.findall(r"^!.*|.*undefined.*", log, re.MULTILINE)
    assert "Output written on t.pdf" in log


def test_notebooks_get_html_of_tables():
    table = Table("", ("n",), [[n] for n in range(100)])
    assert table._repr_html_() == table.html(LONG)
    assert repr(table) == table.brief()


def test_files_keep_every_bit(tmp_path):
    """Types, NaN, signs of zeros, arrays, forms, words and notes; the file is JSON."""
    path = tmp_path / "many.json"
    MANY.save(path)
    loaded = Table.load(path)
    assert loaded == MANY
    assert same(loaded.values, MANY.values)
    assert loaded.texts == MANY.texts
    for export in (Table.to_markdown, Table.to_latex, Table.to_csv, str, repr):
        assert export(loaded) == export(MANY)
    assert loaded != Table(MANY.title, MANY.columns, MANY.values[:-1], MANY.notes)
    several = (1, True, None, "x", 2j, (0.5, (1,)), np.arange(3), np.array([[True]]), 10**30, np.float64(0.1))
    Table("", [*map(str, range(10))], [several], keys=0).save(path)
    assert same(Table.load(path).values[0], (*several[:-1], 0.1))


ATTACKS = (
    *("{0.__class__}", "{:9999999999}", "{!r}", "{0[0]}", "{:.2f}{", "{:.999f}", "{:{}}", "{0}"),
    *(41 * "x", 5 * "{}"),
)
"""Forms that could do more than write values, or more than fits on a line."""


def test_forms_are_written_if_and_only_if_they_are_read(tmp_path):
    """All of the format language, but widths that exhaust memory and what reads attributes."""
    path = tmp_path / "table.json"
    forms = ("{:g}", "{}", "{:d}", "{:,}", "{:08.3f}", "{:+.2e}", "{:>12}", "{:*^9_d}", "{: %}", "at {:#x} of {}")
    columns = [Column((f"a{k}", f"b{k}"), "", form) for k, form in enumerate(forms)]
    table = Table("", columns, [[(k, 0.5) for k in range(len(forms))]])
    table.save(path)
    assert Table.load(path).texts == table.texts
    for form in ATTACKS:
        with pytest.raises(ValueError, match=r"columns: .* are required in a file, got "):
            Table("", [Column("n", "", form)], [(1,)]).save(path)
    assert Table.load(path) == table


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"title": 3}, "title: text is required, got 3"),
        ({"columns": ("a", 2)}, "columns: text is required, got 2"),
        ({"columns": ("a", Column("b", words={1: 2}))}, "columns: text is required, got 2"),
        ({"notes": ["x", None]}, "notes: text is required, got None"),
        ({"values": [(1, 2), (1,)]}, "values: rows of 2, one value a column, are required, got one of 1"),
        ({"keys": 3}, "keys: a number of columns, at most 2, is required, got 3"),
        ({"keys": 1.0}, "keys: a number of columns, at most 2, is required, got 1.0"),
    ],
)
def test_what_cannot_be_shown_is_no_table(given, said):
    """It is said where the table is made, not where it is shown or read."""
    with pytest.raises(ValueError, match=re.escape(said)):
        Table(**{"title": "t", "columns": ("a", "b"), "values": [(1, 2)], **given})
    assert Table("", ("a",), [(1,)], "a note").notes == ("a note",)


def test_other_files_are_refused(tmp_path):
    """Whatever is wrong with them, in one line."""
    path = tmp_path / "table.json"
    Table("t", (Column("n", "", "{:.2f}", {0.0: "none"}), Column("m")), [(1.0, "x")], ["note"]).save(path)
    data = json.loads(path.read_text())
    heads = [[["n", "", form, []], data["columns"][1]] for form in (*ATTACKS, "{:.2f} {:.2f}", "{:y}")]
    changes = [{"columns": head} for head in heads]
    changes += [{"version": 2}, {"format": "x"}, {"title": 1}, {"keys": 10**9}, {"keys": True}, {"notes": [1]}]
    changes += [{"rows": rows} for rows in ([[1.0]], [["x", "x"]], [[{"float": "9"}, 1]], [[{"array": 1}, 1]], 3)]
    changes += [{"rows": [[{"array": [kind, shape, [1.0]]}, 1]]} for kind in ("O", "f8") for shape in ([2], "x")]
    for change in changes:
        path.write_text(json.dumps(data | change))
        with pytest.raises(ValueError, match="path: a file that save of a result wrote is required, got") as caught:
            Table.load(path)
        assert "\n" not in str(caught.value)
    for text in ("", "[]", "3", "{}", "[" * 100_000, "\\x00"):
        path.write_text(text)
        with pytest.raises(ValueError, match="path: "):
            Table.load(path)
    for name in (tmp_path, tmp_path / "none.json", 3):
        with pytest.raises(ValueError, match="path: "):
            Table.load(name)


def test_pandas_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"to_pandas needs pandas: pip install 'sobolev_theory\[interop\]'"):
        MANY.to_pandas()
