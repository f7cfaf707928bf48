"""From SymPy results to the records of the catalogue, and back."""
