"""A rectifier of some slope where z is negative (Maas, Hannun & Ng 2013)."""

from derivations.declared import Declared, Parameter

ACTIVATION = Declared("Max(z, 0) + slope*Min(z, 0)", {"slope": Parameter(0.01, other_than=1.0)})
