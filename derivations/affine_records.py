r"""Records of neurons with means: pair moments of every activation, and the blocks of every parameter on letters.

The means ``m_1, m_2`` of ``z_1 = w . x + b`` and its like are what biases and a mean of the inputs amount to. Inner
products, norms and the angle of a pair are those of the covariance of the inputs, a second form beside the metric of
gradients. Closed forms are those of `rectifier_moments` and `erf_moments`; each is differentiated anew, by the chain
rule on ``Phi`` and ``Phi_2``, to give the next.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import combinations_with_replacement, product

import sympy as sp

from derivations import affine_operator, rectifier_moments
from derivations.catalogue import Output
from derivations.erf_moments import gaussians
from sobolev_theory.formulas.records import Formula
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.activation_records import DELTA_IS, order_parameters
from sobolev_theory.symbolic.catalogue.forms import DELTA
from sobolev_theory.symbolic.catalogue.latex import readable
from sobolev_theory.symbolic.catalogue.records import Combination, Rule, formula, written_out
from sobolev_theory.symbolic.gaussian import BivariateNormal, Normal, density
from sobolev_theory.symbolic.symbols import cosine, p, q, rho, s, sine, t, theta

SOURCE = "derived here; Owen 1956 for the bivariate normal distribution"
MEANS = tuple((rf"m_{{{i}}}", rf"\mathbb{{E}}[z_{i}]") for i in (1, 2))
FORMS_OF = "norms, products and the angle are those of the covariance of the inputs"
M1, M2 = affine_operator.M1, affine_operator.M2
H, K, R = sp.symbols("h k R", real=True)
FIRST, SECOND = sp.symbols("nu_1 nu_2", real=True)
P, A, B, G = rectifier_moments.LETTERS[:4]
K_10, K_11 = sp.symbols("K_10 K_11", real=True)
Definitions = Mapping[sp.Symbol, sp.Expr]

OF_RECTIFIERS: Definitions = {
    H: M1 / p,
    K: M2 / q,
    FIRST: (H - K * cosine) / sine,
    SECOND: (K - H * cosine) / sine,
    P: BivariateNormal(H, K, cosine),
    A: density(H) * Normal(SECOND),
    B: density(K) * Normal(FIRST),
    G: density(H) * density(SECOND),
}
SPREAD = 2 * density(H) / sp.sqrt(1 + s)
OF_ERF: Definitions = {
    H: M1 / sp.sqrt(1 + s),
    K: M2 / sp.sqrt(1 + t),
    R: rho / sp.sqrt((1 + s) * (1 + t)),
    SECOND: (K - R * H) / sp.sqrt(1 - R**2),
    K_10: SPREAD * (2 * Normal(SECOND) - 1),
    K_11: 4 * density(H) * density(SECOND) / sp.sqrt(DELTA),
}
ERF: Mapping[tuple[int, int], sp.Expr] = {
    (0, 0): 4 * BivariateNormal(H, K, R) - 2 * Normal(H) - 2 * Normal(K) + 1,
    (1, 0): OF_ERF[K_10],
    (1, 1): OF_ERF[K_11],
    (2, 0): -(M1 * K_10 + rho * K_11) / (1 + s),
}
RULES = {
    (1, 0): ("Derivative in the mean", r"\partial_{m_{1}} K_{00}", (0, 0), M1),
    (1, 1): ("Derivative in the mean", r"\partial_{m_{2}} K_{10}", (1, 0), M2),
    (2, 0): ("Derivative in the mean", r"\partial_{m_{1}} K_{10}", (1, 0), M1),
}
"""What a moment is the derivative of."""


def rectifier(n: int, a: int, b: int) -> sp.Expr:
    """``K_ab`` of ``max(z, 0)^n`` by the letters."""
    size = sp.factorial(n) ** 2 / (sp.factorial(max(n - a, 0)) * sp.factorial(max(n - b, 0)))
    letters = {rectifier_moments.h: H, rectifier_moments.k: K, rectifier_moments.v: SECOND}
    moment = rectifier_moments.unit(n - a, n - b).subs(letters)
    shown = sp.collect(moment, (P, A, B, G), rectifier_moments.factored)
    return size * p ** (n - a) * q ** (n - b) * shown


def _moments(name: str, forms: Mapping[tuple[int, int], sp.Expr], definitions: Definitions) -> Iterator[Formula]:
    """``K_00, K_10, K_11, K_20``: what the gradient of L2 has."""
    whole = {key: readable(written_out(form, definitions)) for key, form in forms.items()}
    polar = name != "erf"
    for (a, b), shown in forms.items():
        rules = []
        if (a, b) in RULES:
            says, left, of, mean = RULES[a, b]
            rules = [Rule(says, left, sp.diff(whole[of], mean), shown, partial(_vanishing, definitions, polar))]
        dots = ["" if x == 0 else f"^{{({x})}}" for x in (a, b)]
        letters = written_out(shown, {key: x for key, x in definitions.items() if key in (K_10, K_11)}).free_symbols
        yield formula(
            f"{name}/affine/K{a}{b}",
            rf"Pair moment with means, $\mathbb{{E}}[\sigma{dots[0]}(z_1) \, \sigma{dots[1]}(z_2)]$; {FORMS_OF}",
            f"K_{{{a}{b}}}",
            shown,
            domain=r"$\student, \teacher \ne 0$; $0 < \weightangle < \pi$, radians" if polar else "all pairs",
            numeric=f'PopulationLoss(V, "L2", activation="{name}", parameters="all").gradient(W)',
            source=SOURCE,
            rules=rules,
            where=[
                *MEANS,
                *([] if polar else order_parameters({s, rho, t})),
                *([DELTA_IS] if DELTA in letters else []),
            ],
            definitions=definitions,
        )


def _vanishing(definitions: Definitions, polar: bool, difference: sp.Expr) -> sp.Expr:
    """Zero for what vanishes; sine and cosine as rational functions of the tangent of half the angle."""
    difference = readable(written_out(difference, definitions))
    if not polar:
        return gaussians(difference)
    x = sp.Dummy("tangent", positive=True)
    return gaussians(difference.subs({sp.sin(theta): 2 * x / (1 + x**2), sp.cos(theta): (1 - x**2) / (1 + x**2)}))


VECTORS = {"m": r"\mu", "1": r"\Sigma \student", "2": r"\Sigma \teacher", "g": r"M \teacher"}
PARAMETERS = {
    "output_weights": ("o", "a", "a'"),
    "biases": ("m", "b", "b'"),
    "weights": ("m12g", r"\student", r"\teacher"),
}
"""Letters of the vectors of `affine_operator` that a parameter has, and what it is of the first and second neuron."""
LETTERS_ARE = (
    ("K_{ij}", r"\mathbb{E}[\sigma^{(k + i)}(z_1) \, \sigma^{(k + j)}(z_2)]"),
    ("G_{j}", r"\frac{d^{j}}{d g^{j}} g^{k} \text{ at } g = \student^\top M \teacher"),
)
MEAN_IS = (("E_{j}", r"\mathbb{E}[\sigma^{(j)}(z_1)]"),)
PAIR_TERM = (
    r"of the term of order $k$ of a pair in the loss, $F = a a' G_{0} K_{00}$, at $a = a' = 1$ and for smooth $\sigma$"
)
JUMP_IS = (
    ("D_{ij}", r"\mathbb{E}[\partial^{i} \sigma^{(k)}(z_1) \, \partial^{j} \sigma^{(k)}(z_2)]"),
    LETTERS_ARE[1],
)
JUMP_TERM = (
    r"in the backprop convention, of the term of order $k$ of a pair, $F = a a' G_{0} D_{00}$, at $a = a' = 1$, where "
    r"$\sigma^{(k)}$ jumps, and $\partial$ is the derivative of distributions"
)
MEAN = r"\left(a E_{0}\right)"
MEAN_TERM = r"of $a E_{0}$, which a difference of the output biases multiplies, at $a = 1$ and for smooth $\sigma$"
ANY = r"any Gaussian input, of mean $\mu$ and covariance $\Sigma$, singular ones too; any metric $M$ of gradients"


def _blocks() -> Iterator[Formula]:
    """Gradient, and blocks of the Hessian, of a pair and of the mean of a neuron, by what moves."""
    proof, names = Derivation(), list(PARAMETERS)
    affine_operator.check(proof)
    fields, blocks = affine_operator.fields(), affine_operator.blocks()
    for kind, value, field, own in (
        ("", fields["value", "exact"], fields["field", "exact"], blocks["own", "exact"]),
        ("mean/", {"o": affine_operator.E(0, 0)}, fields["mean_field", "exact"], blocks["mean_own", "exact"]),
    ):
        for name in names:
            yield from _block(f"{kind}gradient/{name}", value | field, (name,), proof)
        for first, second in combinations_with_replacement(names, 2):
            yield from _block(f"{kind}hessian/{'' if kind else 'own/'}{first}/{second}", own, (first, second), proof)
    for first, second in combinations_with_replacement(names, 2):
        yield from _block(f"hessian/cross/{first}/{second}", blocks["cross", "exact"], (first, second), proof)
    yield from _block("gradient/weights/backprop", fields["field", "backprop"], ("weights",), proof)
    for quantity, block in (("hessian/own", "own"), ("hessian/cross", "cross"), ("gauss_newton", "gauss_newton")):
        for first, second in product(names, repeat=2):
            of = blocks[block, "backprop"]
            yield from _block(f"{quantity}/{first}/{second}/backprop", of, (first, second), proof)


def _block(name: str, block: affine_operator.Block, of: tuple[str, ...], proof: Derivation) -> Iterator[Formula]:
    """What a field or a block has in some parameters, if that is not zero."""
    apart = "cross" in name or "newton" in name
    value: dict[str, sp.Expr] = {}
    for letters, coefficient in block.items():
        if letters in "SM":
            if of == ("weights", "weights"):
                value[{"S": r"\Sigma", "M": "M"}[letters]] = _in_letters(coefficient, name)
        elif all(letter in PARAMETERS[one][0] for letter, one in zip(letters, of, strict=True)):
            value[_label(letters, of, apart)] = _in_letters(coefficient, name)
    if not value:
        return
    statement, symbol, where = _words(name, of, apart)
    yield formula(
        f"affine/{name}",
        statement,
        symbol,
        Combination(value) if "weights" in of else value[""],
        domain=ANY,
        numeric=f'PopulationLoss(V, "L2", parameters="all").{"gradient" if len(of) == 1 else "hessian"}(W)',
        source="derived here",
        derivation=proof,
        where=where,
    )


def _words(name: str, of: tuple[str, ...], apart: bool) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Statement, symbol, and what the letters are."""
    first, *second = (one.replace("_", " ") for one in of)
    one, *other = (PARAMETERS[of[0]][1], *(PARAMETERS[x][2 if apart else 1] for x in of[1:]))
    if apart:
        places = f"{first} of the first, {second[0]} of the second neuron"
    else:
        places = f"{' and '.join(dict.fromkeys([first, *second]))} of the first neuron"
    if "newton" in name:
        return f"Gauss--Newton block, {JUMP_TERM}: {places}", f"N_{{{one} {other[0]}}}", JUMP_IS
    if "backprop" in name:
        says = "Derivative of the field" if second else "Field"
        derivative = rf"\partial_{{{other[0]}}} " if second else ""
        return f"{says}, {JUMP_TERM}: {places}", rf"{derivative}\mathcal{{F}}_{{{one}}}", JUMP_IS
    symbol = " ".join(rf"\partial_{{{x}}}" for x in (one, *other))
    if name.startswith("mean"):
        return f"{'Second derivative' if second else 'Derivative'} {MEAN_TERM}: {places}", f"{symbol} {MEAN}", MEAN_IS
    says = "Mixed derivative" if apart else "Second derivative" if second else "Derivative"
    also = ", and Gauss--Newton block" if apart else ""
    return f"{says} {PAIR_TERM}{also}: {places}", f"{symbol} F", LETTERS_ARE


def _label(letters: str, of: tuple[str, ...], apart: bool) -> str:
    """The vectors of hidden weights: the one of the other parameter is a number."""
    named = [VECTORS[letter] if one == "weights" else "" for letter, one in zip(letters, of, strict=True)]
    if apart and letters[-1] == "g":  # the other of the second neuron is the first
        named[-1] = r"M \student"
    if all(named) and len(named) == 2:
        right = named[1] if named[1] == r"\mu" else rf"\left({named[1]}\right)"
        return rf"{named[0]} {{{right}}}^\top"
    return "".join(named)


def _in_letters(coefficient: sp.Expr, name: str) -> sp.Expr:
    """``K_20`` for ``D_1 K_10`` and ``D_1^2 K_00``: the frame is that of ``Sigma w`` and ``Sigma v``."""
    moment = "D" if name.endswith("backprop") else "K"
    found = coefficient.replace(affine_operator.K, lambda a, b, i, j: sp.Symbol(f"{moment}_{a + i}{b + j}"))
    found = found.replace(affine_operator.E, lambda a, i: sp.Symbol(f"E_{a + i}"))
    return found.replace(affine_operator.G, lambda k: sp.Symbol(f"G_{k}"))


def derive() -> Output:
    """Records; contributes no kernel."""
    records: list[Formula] = []
    for n, name in enumerate(("relu", "relu2", "relu3"), start=1):
        records += _moments(name, {key: rectifier(n, *key) for key in ((0, 0), *RULES)}, OF_RECTIFIERS)
    records += _moments("erf", ERF, OF_ERF)
    return Output({}, [*records, *_blocks()])
