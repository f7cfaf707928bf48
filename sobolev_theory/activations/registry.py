"""The names by which activations are known at the door.

A name is looked up once, where a network or a loss is made: they hold the activation, and what is registered later does
not change them.
"""

import re
from collections.abc import Callable
from functools import cache
from inspect import Parameter, Signature

from .._runtime.checks import flag, shown
from ..errors import UnknownActivationError
from . import built_in
from .activation import Activation, require_name
from .generated import MEMBERS, Kernels
from .packaged import OfKernels
from .spellings import advice, known_as
from .texts import definition_from

REGISTRY: dict[str, Activation] = {}
"""What users registered."""
OF_FUNCTIONS = (
    "a function is given with its derivatives, sobolev_theory.activations.from_callable([f, df, d2f], name='my_name')"
)


def get(activation: str | Activation) -> Activation:
    """The registered activation of a name; an `Activation` is itself.

    Raises
    ------
    UnknownActivationError
        If no activation of that name is registered; the message lists the known ones.

    Examples
    --------
    >>> get("relu").jump_order
    1
    >>> get("leaky_relu(0.10)") == get("leaky_relu(0.1)")
    True
    """
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str):
        raise UnknownActivationError(shown(activation), listed(), _by_name(activation))
    if activation in REGISTRY:
        return REGISTRY[activation]
    try:
        name = built_in.canonical(activation)
    except ValueError as error:
        raise UnknownActivationError(shown(activation), listed(), str(error)) from None
    definition = None if name is None else built_in.definition_of(name)
    if name is None or definition is None:
        raise UnknownActivationError(shown(activation), listed(), _meant(activation))
    return Activation(name, definition)


@cache
def family(name: str) -> Callable[..., Activation]:
    """The function that makes the members of a family of the package: ``leaky_relu(0.1)``, ``hermite(3)``."""
    degrees = built_in.degrees_of(name)
    known = {"degree": Parameter.empty} if degrees else {x: p.default for x, p in built_in.parameters_of(name).items()}
    kind = Parameter.POSITIONAL_OR_KEYWORD
    signature = Signature([Parameter(letter, kind, default=default) for letter, default in known.items()])

    def member(*values: float, **named: float) -> Activation:
        try:
            given = signature.bind(*values, **named)
        except TypeError as error:
            raise TypeError(f"{name}() {error}") from None
        given.apply_defaults()
        if degrees:
            return get(built_in.of_degree(name, *given.args))
        return get(built_in.with_parameters(name, given.args))

    member.__name__ = member.__qualname__ = name
    member.__doc__ = f"{built_in.about(name)} Also by its name, ``get({_example(name)!r})``."
    member.__signature__ = signature  # type: ignore[attr-defined]  # what inspect reads of functions made here
    return member


def _example(name: str) -> str:
    """The name of a member of a family."""
    return f"{name}3" if built_in.degrees_of(name) else f"{name}(0.1)"


def _meant(name: str) -> str:
    """What to do about a name that is not registered."""
    family = next((one for one in built_in.FAMILIES if re.fullmatch(rf"{one}(\d*|<n>)", name)), None)
    if family is not None and (degrees := built_in.degrees_of(family)):
        return f"{family}<n> has degrees from {degrees[0]} to {degrees[-1]}"
    meant = advice(name, names())
    if not meant and "z" in name and set(name) & set("(+*/"):
        meant = f"derive it, activation=sobolev_theory.symbolic.derive({name!r}).activation"
    return f"{meant}{'' if meant.endswith('?') else '.'} The known ones are {', '.join(listed())}" if meant else ""


def _by_name(given: object) -> str:
    """What to do with an object that is no activation: one that has a name to register, or a function."""
    name = getattr(given, "name", None)
    if isinstance(name, str):
        return f"call .register() and give its name, activation={name!r}, or give its .activation"
    if not callable(given):
        return ""
    meant = known_as(str(getattr(given, "__name__", type(given).__name__)), names())
    return f"{f'did you mean {meant!r}? Else ' if meant else ''}{OF_FUNCTIONS}"


def names() -> list[str]:
    """Names of all registered activations, sorted."""
    return sorted({*built_in.names(), *REGISTRY})


def listed() -> list[str]:
    """The same, sorted, for messages: ``hermite<n>`` stands for a degree."""
    return sorted({*built_in.listed(), *REGISTRY})


def require_free(name: str) -> None:
    """Refuse the name of an activation of the package."""
    if built_in.definition_of(name) is not None:
        raise ValueError(f"name: {name!r} is an activation of the package; choose another name")


def register(name: str, kernels: Kernels | Activation, *, overwrite: bool = False) -> Activation:
    """Make an activation known by a name in this process; see `symbolic.derive` and `from_callable`.

    Parameters
    ----------
    name
        A word of letters, digits and ``_ . -``.
    kernels
        Its generated module, or an activation.
    overwrite
        Replace a user's activation of that name. Networks and losses made with the old one keep it.

    Raises
    ------
    ValueError
        For a name that is taken, or no word; for kernels that lack something.

    Examples
    --------
    >>> register("relu", get("relu2").kernels)
    Traceback (most recent call last):
    ValueError: name: 'relu' is an activation of the package; choose another name
    """
    require_name(name)
    if isinstance(kernels, Activation):
        activation = Activation(name, kernels.definition)
    else:
        if missing := [member for member in MEMBERS if not hasattr(kernels, member)]:
            advice = OF_FUNCTIONS if callable(kernels) else f"it is without {', '.join(missing)}"
            raise ValueError(
                f"kernels: a generated module or an Activation is required, got {shown(kernels)}; {advice}"
            )
        source = getattr(kernels, "SOURCE", None)
        activation = Activation(name, OfKernels(kernels) if source is None else definition_from(name, source))
    if not activation.is_packaged and REGISTRY.get(name) != activation:
        require_free(name)
        if name in REGISTRY and not flag("overwrite", overwrite):
            raise ValueError(f"name: {name!r} is registered already; choose another name, or pass overwrite=True")
        REGISTRY[name] = activation
    return activation
