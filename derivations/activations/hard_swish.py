"""z times hard_sigmoid (Howard et al. 2019, 1905.02244)."""

from derivations.declared import Declared

ACTIVATION = Declared("z*Max(0, Min(z + 3, 6))/6")
