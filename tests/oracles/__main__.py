"""`python -m tests.oracles --update` writes `values.json`: it runs the tests that read it, and computes what they ask.

Without the option it compares, and exits with status 1 where the file is not what they ask or not what comes out.
"""

import argparse
import sys
from pathlib import Path

import pytest

from tests.oracles import committed

TESTS = Path(__file__).parent.parent


def main() -> int:
    """The command line; a test that fails leaves the file alone."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracles", description=__doc__)
    parser.add_argument("--update", action="store_true", help="write tests/oracles/values.json")
    options = parser.parse_args()
    tests = {path: path.read_text(encoding="utf-8") for path in sorted(TESTS.glob("test_*.py"))}
    readers = [str(path) for path, text in tests.items() if "from tests.oracles.committed import" in text]
    committed.RECORDED = {}
    if status := pytest.main(["-q", "-n", "0", *readers]):
        return int(status)
    text = committed.written(committed.RECORDED)
    if options.update:
        committed.VALUES.write_text(text, encoding="utf-8")
        print(f"{len(committed.RECORDED)} calls written")
        return 0
    agree = committed.VALUES.exists() and committed.VALUES.read_text(encoding="utf-8") == text
    print("tests/oracles/values.json is up to date" if agree else "run `python -m tests.oracles --update`")
    return int(not agree)


if __name__ == "__main__":
    sys.exit(main())
