"""One file per result, from the Gaussian integral to the closed form, each step verified where it is made.

``python -m derivations`` regenerates `sobolev_theory/_kernels` into a temporary folder and compares; ``--update``
writes.
"""
