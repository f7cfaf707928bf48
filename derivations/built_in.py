r"""The activations of the package: of every file of `derivations.activations`, the class and its data, proved.

A logistic variable is ``T xi`` with a standard normal ``xi`` and a random ``T``: of the mixtures only what multiplies
which moment of ``T`` is written; the law of ``T`` is that of `logistic_mixture`.
"""

import re
from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from derivations import activations
from derivations.catalogue import Output
from derivations.declared import Declared, Parameter
from sobolev_theory.symbolic.classes.classify import Classified, classify
from sobolev_theory.symbolic.code.definitions import data_of, needs_derivatives, pointwise, written
from sobolev_theory.symbolic.code.modules import header, imports
from sobolev_theory.symbolic.derive.reading import GRAMMAR


def declared() -> dict[str, Declared]:
    """The folder: activations by the names of its files."""
    names = sorted(module.name for module in iter_modules(activations.__path__))
    return {name: import_module(f"{activations.__name__}.{name}").ACTIVATION for name in names}


def derive() -> Output:
    """The table of activations."""
    functions: list[str] = []
    rows = [_row(name, activation, functions) for name, activation in declared().items()]
    body = "\n\n".join(functions)
    title = header("Definitions of the activations of the package, by name.", "derivations/activations")
    lines = [
        title,
        *imports(body),
        "",
        f"{body}\n",
        "ACTIVATIONS: dict[str, dict[str, Any]] = {",
        *rows,
        "}",
        "",
    ]
    return Output({"activations.py": "\n".join(lines)}, [])


def _row(name: str, of: Declared, functions: list[str]) -> str:
    """One entry of the table; what it calls is added to the functions."""
    entries = {"expression": repr(_shown(of)), "about": repr(_about(name))}
    if of.degrees:
        low, high = of.degrees
        found = {n: classify(of.read(n)) for n in range(low, high + 1)}
        entries["data"] = "{" + ", ".join(f"{n}: {written(data_of(one))}" for n, one in found.items()) + "}"
        entries["kind"] = repr(found[low].kind)
    else:
        one = classify(of.read())
        entries["kind"], entries["data"] = repr(one.kind), written(data_of(one))
        if of.parameters:
            entries["parameters"] = _parameters(of.parameters)
            entries["data"] = f"data_of_{name}"
            functions.append(_of_parameters(name, of, one))
        if needs_derivatives(one):
            sources = list(pointwise(of.read(), name))
            functions += sources
            entries["derivatives"] = f"({', '.join(f'{name}_{order}' for order in range(len(sources)))})"
    return f'    "{name}": {{\n' + "".join(f'        "{key}": {text},\n' for key, text in entries.items()) + "    },"


def _of_parameters(name: str, of: Declared, found: Classified) -> str:
    """Source of the data as a function of the parameters."""
    arguments = ", ".join(f"{letter}: Any" for letter in of.parameters)
    return (
        f'def data_of_{name}({arguments}) -> Any:\n    """Of {found.kind}."""\n    return {written(data_of(found))}\n'
    )


def _parameters(parameters: Mapping[str, Parameter]) -> str:
    rows = (f'"{name}": {_interval(parameter)}' for name, parameter in parameters.items())
    return "{" + ", ".join(rows) + "}"


def _interval(of: Parameter) -> str:
    """Default, open interval, the number that is left out, and all that in words."""
    low, high = (repr(x) if abs(x) < float("inf") else f'float("{x}")' for x in (of.low, of.high))
    return f"({of.default!r}, {low}, {high}, {of.other_than!r}, {of.required!r})"


def _shown(of: Declared) -> str:
    """The expression with the numbers of its constants, and ``{...}`` for what a name says."""
    numbers = {name: repr(float(GRAMMAR.read(value).evalf(30))) for name, value in of.constants.items()}
    open_ones = {name: f"{{{name}}}" for name in (*of.parameters, *(["n"] if of.degrees else []))}
    return re.sub(r"[a-z]+", lambda word: (numbers | open_ones).get(word[0], word[0]), of.expression)


def _about(name: str) -> str:
    return str(import_module(f"{activations.__name__}.{name}").__doc__)
