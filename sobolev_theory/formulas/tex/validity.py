r"""Whether a piece of mathematics is plain: commands of a list, which draw and do nothing else, set rightly.

TeX is a programming language that reads and writes files. What others wrote is therefore taken only if every command in
it is one of `COMMANDS`, none of which defines, expands, reads or writes, and if TeX can set it, as far as that shows
without TeX.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..._runtime.checks import shown

LONGEST, DEEPEST = 20_000, 20
"""Characters, and groups within each other."""

TOKENS = re.compile(r"\\[A-Za-z]+|\\.|\S", re.DOTALL)
CHARACTER = re.compile(r"[A-Za-z0-9+\-*/=<>()\[\]|.,:;!?'{}^_]")
TEXT = re.compile(r"\s*\{[A-Za-z0-9 .,:;()/'+=-]*\}")
"""Argument of ``\text``."""


def _commands(words: str) -> frozenset[str]:
    return frozenset(f"\\{word}" for word in words.split())


ARGUMENTS = dict.fromkeys(_commands("frac tfrac dfrac binom overset underset"), 2) | dict.fromkeys(
    _commands(
        "sqrt hat bar vec tilde dot ddot check breve acute grave mathring widehat widetilde overline "
        "underline overrightarrow mathbf boldsymbol bm mathrm mathsf mathit mathtt mathcal mathbb mathfrak "
        "mathscr operatorname"
    ),
    1,
)
"""Number of arguments of the commands that need some."""

DELIMITED = _commands("left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr")
DELIMITERS = {*"()[]|/.<>"} | _commands(
    "{ } | lvert rvert lVert rVert vert Vert langle rangle lfloor rfloor lceil rceil lbrace rbrace backslash"
)
"""Commands that a delimiter follows, and delimiters."""

COMMANDS = (
    frozenset(ARGUMENTS)
    | DELIMITED
    | (DELIMITERS - {*"()[]|/.<>"})
    | _commands(
        "text , : ; ! quad qquad alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa "
        "varkappa lambda mu nu xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega "
        "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar imath jmath Re Im aleph partial "
        "nabla infty emptyset angle measuredangle sphericalangle triangle top bot perp parallel star ast "
        "dagger ddagger circ bullet cdot times div pm mp oplus ominus otimes odot wedge vee cap cup setminus "
        "prime flat sharp natural sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan exp log ln "
        "max min sup inf lim det dim ker arg sum prod int iint oint bigcup bigcap le leq ge geq ne neq ll gg "
        "equiv approx sim simeq cong propto prec succ in notin ni subset subseteq supset supseteq mid to gets "
        "mapsto rightarrow leftarrow leftrightarrow Rightarrow Leftarrow Leftrightarrow uparrow downarrow "
        "implies iff forall exists neg lnot land lor dots ldots cdots vdots ddots displaystyle textstyle "
        "scriptstyle scriptscriptstyle"
    )
)
"""What an author may write."""

MACROS = _commands("student teacher along towards weightangle vecnorm")
"""What records of the catalogue write besides; see `Notation`."""


class _InvalidError(Exception):
    """TeX would stop, or do more than to set mathematics."""


def is_mathematics(text: str, macros: frozenset[str] = frozenset()) -> bool:
    r"""Whether all commands are listed, groups are closed, scripts single, arguments and delimiters there.

    Parameters
    ----------
    macros
        Commands that are allowed besides `COMMANDS`.

    Examples
    --------
    >>> is_mathematics(r"\bar{w}^*_1"), is_mathematics("w^*^2"), is_mathematics(r"\hat"), is_mathematics(r"\input{x}")
    (True, False, False, False)
    """
    if len(text) > LONGEST or not text.isascii() or not text.isprintable():
        return False
    try:
        _Reader(text, COMMANDS | macros).formula(0, "", 0)
    except _InvalidError:
        return False
    return True


class _Reader:
    """The tokens of a formula, which must all be allowed."""

    def __init__(self, text: str, commands: frozenset[str]) -> None:
        matches: Sequence[re.Match[str]] = list(TOKENS.finditer(text))
        self.text, self.tokens, self.starts = text, [m[0] for m in matches], [m.start() for m in matches]
        if not all(t in commands or (t[0] != "\\" and CHARACTER.match(t)) for t in self.tokens):
            raise _InvalidError

    def formula(self, position: int, end: str, depth: int) -> int:
        """Reads up to the token that ends a group, and gives the position behind it."""
        if depth > DEEPEST:
            raise _InvalidError
        scripts = {"^", "_"}  # there is nothing yet that could carry one
        while position < len(self.tokens):
            token = self.tokens[position]
            if token == end:
                return position + 1
            if token in scripts or (token == "'" and "^" in scripts):
                raise _InvalidError
            if token in ("^", "_"):
                scripts = scripts | {token}
                position = self.nucleus(position + 1, depth)
            elif token == "'":
                position += 1
            else:
                scripts = set()
                position = self.nucleus(position, depth)
        if end:
            raise _InvalidError
        return position

    def nucleus(self, position: int, depth: int) -> int:
        """Reads a letter, a group, or a command with its arguments."""
        token = self.tokens[position] if position < len(self.tokens) else "}"
        if depth > DEEPEST or token in ("}", r"\right", "^", "_"):
            raise _InvalidError
        position += 1
        if token == "{":
            return self.formula(position, "}", depth + 1)
        if token == r"\text":
            return self.words(position)
        if token == r"\left":
            return self.delimiter(self.formula(self.delimiter(position), r"\right", depth + 1))
        if token in DELIMITED:
            return self.delimiter(position)
        for _ in range(ARGUMENTS.get(token, 0)):
            position = self.nucleus(position, depth + 1)
        return position

    def delimiter(self, position: int) -> int:
        """Reads a delimiter."""
        if position >= len(self.tokens) or self.tokens[position] not in DELIMITERS:
            raise _InvalidError
        return position + 1

    def words(self, position: int) -> int:
        """Reads the argument of ``\\text``, in which there is no mathematics."""
        match = TEXT.match(self.text, self.starts[position]) if position < len(self.tokens) else None
        if match is None:
            raise _InvalidError
        return position + sum(match.start() <= start < match.end() for start in self.starts[position:])


def require_mathematics(name: str, *texts: object) -> None:
    """Refuse what is not LaTeX of `COMMANDS` and `MACROS`."""
    for text in texts:
        if not isinstance(text, str) or not is_mathematics(text, MACROS):
            raise ValueError(
                f"{name}: LaTeX of mathematics, with commands that only draw, is required, got {shown(text)}"
            )


def require_words(name: str, *texts: object) -> None:
    """Refuse what is not printable words without LaTeX, with mathematics in dollars."""
    for text in texts:
        words, formulas = (text.split("$")[k::2] for k in (0, 1)) if isinstance(text, str) else ([], [])
        plain = all(word.isprintable() and not re.search(r"[\\{}<>]", word) for word in words)
        if not words or len(words) == len(formulas) or len(words) > LONGEST or not plain:
            raise ValueError(
                f"{name}: words without LaTeX, with mathematics in dollars, are required, got {shown(text)}"
            )
        require_mathematics(name, *formulas)
