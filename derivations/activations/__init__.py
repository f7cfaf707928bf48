"""One file per activation of the package, named as it is: its expression, its parameters, and nothing else.

`derivations.built_in` finds its class of definitions and proves the data of that class (kinks and coefficients, atoms,
exponents); a new file here, and ``python -m derivations --update``, make an activation known everywhere. Its
tests ask for a definition of its own in `tests.oracles.activations`, and for what ``--update`` of
`tests.oracles.activation_values`, `tests.activation_accuracy` and `tests.activation_table` writes.
"""
