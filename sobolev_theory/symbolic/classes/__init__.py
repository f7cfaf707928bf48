"""In which class of definitions an activation is, from its expression in ``z``, and the data that make one of it."""
