"""z times the logistic function, also called swish (Elfwing, Uchibe & Doya 2017, 1702.03118)."""

from derivations.declared import Declared

ACTIVATION = Declared("z/(1 + exp(-z))")
