"""The names by which activations are known at the door.

A name is looked up once, where a network or a loss is made: they hold the activation, and what is registered later does
not change them.
"""

import re

from .._runtime.checks import flag, near, shown
from ..errors import UnknownActivationError
from . import built_in
from .activation import Activation, require_name
from .generated import MEMBERS, Kernels
from .packaged import OfKernels
from .spellings import DERIVABLE, NEAR

REGISTRY: dict[str, Activation] = {}
"""What users registered."""


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
    """
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str):
        raise UnknownActivationError(shown(activation), names(), _by_name(activation))
    if activation in REGISTRY:
        return REGISTRY[activation]
    definition = built_in.definition_of(activation)
    if definition is None:
        raise UnknownActivationError(shown(activation), names(), _meant(activation))
    return Activation(activation, definition)


def _meant(name: str) -> str:
    """What to do about a name that is not registered: of a well-known activation, how to derive it, or what is near."""
    word, derive = re.sub("[ _-]", "", name.casefold()), "sobolev_theory.symbolic.derive({!r}, {!r}).register()".format
    if text := DERIVABLE.get(word):
        return f"derive and register it, {derive(text, name)}"
    if text := NEAR.get(word):
        return f"it has no closed form; near to it is {derive(text, f'near_{word}')}"
    advice = "; near to it is 'erf'" if word == "tanh" else near(name, names())
    return f"use one of {', '.join(names())}{advice}" if advice else ""


def _by_name(given: object) -> str:
    """What to do with an object that is no activation but has one's name."""
    name = getattr(given, "name", None)
    if not isinstance(name, str):
        return ""
    return f"call .register() and give its name, activation={name!r}, or give its .activation"


def names() -> list[str]:
    """Names of all registered activations, sorted."""
    return sorted({*built_in.names(), *REGISTRY})


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
            raise ValueError(
                f"kernels: a generated module is required, got {shown(kernels)} without {', '.join(missing)}"
            )
        activation = Activation(name, OfKernels(kernels))
    if not activation.is_packaged and REGISTRY.get(name) != activation:
        require_free(name)
        if name in REGISTRY and not flag("overwrite", overwrite):
            raise ValueError(f"name: {name!r} is registered already; choose another name, or pass overwrite=True")
        REGISTRY[name] = activation
    return activation
