"""One file per result, from the Gaussian integral to the closed form, each step verified where it is made.

``python -m derivations`` regenerates `sobolev_theory/_kernels` into a temporary folder and compares; ``--update``
writes. A new activation is a file in `derivations.activations`, of a few lines, and nothing else. Kernels of the fast
path at standard inputs need a derivation here, a line in the list of derivations and in `derivations.symmetric`, one in
`sobolev_theory.activations.generated`, and an oracle for the tests (``python -m tests.oracles --update``).
"""
