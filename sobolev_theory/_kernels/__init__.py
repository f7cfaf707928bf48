"""GENERATED numeric kernels and catalogue data. Do not edit: run `python -m derivations --update`."""
