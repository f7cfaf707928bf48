"""Networks of other libraries and of files, as the arguments of a `Network`; and back.

`Network` has a door to each: `Network.from_torch`, `from_sklearn`, `from_arrays`, `load`, `to_torch` and `save`.
"""
