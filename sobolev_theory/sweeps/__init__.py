"""Parameter sweeps: quantities of the theory over grids of parameters, with repeats, that a killed process resumes."""
