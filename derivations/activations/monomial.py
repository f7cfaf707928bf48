"""Powers of z."""

from derivations.declared import Declared

ACTIVATION = Declared("z**n", degrees=(1, 20))
