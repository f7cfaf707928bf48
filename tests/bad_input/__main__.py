"""Run cases by their numbers, and report those that went wrong."""

import sys

from tests.bad_input.cases import sweep

count, *chosen = map(int, sys.argv[1:] or ["4600"])
found = sweep(chosen or range(count), lambda line: print(line, flush=True))
slowest = max(found, key=lambda outcome: outcome.seconds)
print(f"{len(found)} cases, {sum(o.accepted for o in found)} accepted, {sum(bool(o.wrong) for o in found)} wrong")
print(f"{sum(o.seconds for o in found):.0f} s, the slowest {slowest.seconds:.1f} s: {slowest.case}")
