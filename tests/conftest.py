"""Hypothesis profiles: the continuous check draws more examples, always the same ones. Figures need no screen."""

import os

from hypothesis import settings

os.environ["MPLBACKEND"] = "agg"
settings.register_profile("default", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")
