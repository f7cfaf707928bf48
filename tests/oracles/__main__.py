"""`python -m tests.oracles --update` writes `values.json`: it runs the tests that read it, and computes what they ask;
and `affine.json`: it computes the cases of `affine_cases.py`.

Without the option it compares, and exits with status 1 where a file is not what they ask or not what comes out.
"""

import argparse
import sys
from pathlib import Path

import pytest

from tests.oracles import affine_cases, affine_values, committed

TESTS = Path(__file__).parent.parent


def main() -> int:
    """The command line; a test that fails leaves the file alone."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracles", description=__doc__)
    parser.add_argument("--update", action="store_true", help="write tests/oracles/values.json and affine.json")
    options = parser.parse_args()
    tests = {path: path.read_text(encoding="utf-8") for path in sorted(TESTS.glob("test_*.py"))}
    readers = [str(path) for path, text in tests.items() if "from tests.oracles.committed import" in text]
    committed.RECORDED = {}
    if status := pytest.main(["-q", "-n", "0", *readers]):
        return int(status)
    entries = {name: affine_values.entry_of(case) for name, case in affine_cases.cases().items()}
    texts = {
        committed.VALUES: committed.written(committed.RECORDED),
        affine_values.VALUES: affine_values.written(entries),
    }
    if options.update:
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
        print(f"{len(committed.RECORDED)} calls and {len(entries)} cases written")
        return 0
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in texts:
        state = "is not up to date: run `python -m tests.oracles --update`" if path in stale else "is up to date"
        print(f"tests/oracles/{path.name} {state}")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
