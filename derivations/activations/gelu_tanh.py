"""GELU by tanh, as it is often computed (Hendrycks & Gimpel 2016, 1606.08415)."""

from derivations.declared import Declared

ACTIVATION = Declared("z*(1 + tanh(sqrt(2/pi)*(z + 0.044715*z**3)))/2")
