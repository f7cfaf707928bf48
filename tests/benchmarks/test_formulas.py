"""The catalogue is quick: all names, and one formula as LaTeX in a new process, as ratios to the import of NumPy.

``python -m pytest tests/benchmarks -o addopts=`` prints them; the targets are 50 ms and 1 s.
"""

import subprocess
import sys

SNIPPETS = {
    "import numpy": "import time; start = time.process_time(); import numpy",
    "names()": "import time; from sobolev_theory import formulas; start = time.process_time(); formulas.names()",
    "one formula as LaTeX, cold": (
        "import time; start = 0; from sobolev_theory import formulas; formulas.get('relu/H1/gradient/backprop').latex()"
    ),
}


def milliseconds(code):
    """Processor time that a new process prints, the least of five."""
    command = [sys.executable, "-c", f"{code}; print(time.process_time() - start)"]
    runs = (subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(5))
    return 1000 * min(float(run.stdout) for run in runs)


def test_time_of_the_catalogue(capsys):
    times = {name: milliseconds(code) for name, code in SNIPPETS.items()}
    reference = times.pop("import numpy")
    with capsys.disabled():
        for name, time in times.items():
            print(f"\n{name}: {time:.1f} ms, {time / reference:.2f} of an import of NumPy")
