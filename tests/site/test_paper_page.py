"""The page of the paper's claims has every experiment, with what it found."""

import re


def test_every_experiment_is_on_the_page(site):
    """A section each, with the four statements, a figure that is described, and a table; the summary links to each."""
    from examples.paper.claims import EXPERIMENTS, STATEMENTS

    text = (site / "paper.html").read_text(encoding="utf-8")
    for name in EXPERIMENTS:
        section = re.search(rf'<section id="{name.replace("_", "-")}">(.*?)</section>', text, re.DOTALL)[1]
        assert all(f"<strong>{statement}:" in section for statement in STATEMENTS)
        assert re.search(rf'<img alt="[^"]{{20,}}" src="_images/{name}.svg"', section)
        assert re.search(r'<table class="[^"]*of-numbers', section)
        assert f'<td><p><a class="reference internal" href="#{name.replace("_", "-")}">' in text
