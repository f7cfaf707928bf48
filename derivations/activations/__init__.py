"""One file per activation of the package, named as it is: its expression, its parameters, and nothing else.

`derivations.built_in` finds its class of definitions and proves the data of that class (kinks and coefficients, atoms,
exponents); a new file here, and ``python -m derivations --update``, make an activation known everywhere.
"""
