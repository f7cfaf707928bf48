"""The engine that writes records and theorems, by name: what it wrote knows it only when it is to be read again."""

from importlib import import_module
from typing import Any


def engine(module: str) -> Any:
    """A module of `sobolev_theory.symbolic`; loads SymPy."""
    return import_module(f"sobolev_theory.symbolic.{module}")
