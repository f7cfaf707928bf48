"""The letters of the theory, declared once with their assumptions (notation of the package documentation).

For a pair of weight vectors ``u, v``: norms ``p = |u|``, ``q = |v|``, squared norms ``s = p^2``, ``t = q^2``, inner
product ``rho = u . v``, angle ``theta`` in (0, pi), and the Gram determinant ``g = s t - rho^2 = |u ^ v|^2``.
"""

import sympy as sp

p, q = sp.symbols("p q", positive=True)
s, t = sp.symbols("s t", positive=True)
rho = sp.Symbol("rho", real=True)
g = sp.Symbol("g", nonnegative=True)
theta = sp.Symbol("theta", positive=True)
z = sp.Symbol("z", real=True)
ratio = sp.Symbol("r", positive=True)

# sine and cosine of the angle as independent letters: generated kernels receive them ready-made
sine = sp.Symbol("sine", nonnegative=True)
cosine = sp.Symbol("cosine", real=True)
