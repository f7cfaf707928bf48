"""Pages tell the truth: their code runs, and prints what they show."""

import pytest

from tests.pages import Page, pages

LONG = {f"docs/howto/{name}.md" for name in ("command_line", "mlpgradientflow", "results")} | {
    f"docs/tutorials/{name}.md"
    for name in ("conditioning", "dynamics", "formulas", "sampling", "sweeps", "your_activation", "your_network")
}
"""Pages whose code takes more than about two seconds."""

CASES = [
    pytest.param(page, id=page.name, marks=pytest.mark.long if page.name in LONG else ())
    for page in pages()
    if not page.extras
]


@pytest.mark.parametrize("page", CASES)
def test_code_prints_what_is_shown(page: Page, tmp_path, monkeypatch):
    """In order: later blocks continue earlier ones."""
    monkeypatch.chdir(tmp_path)
    page.run()


def test_blocks_are_found():
    """As many as there are fences of these languages; of one that is not closed there is none."""
    for page in pages():
        assert len(page.blocks) == page.text.count("```python\n") + page.text.count("```bash\n"), page.name
        assert sum(bool(shown) for _, _, shown in page.blocks) == page.text.count("```text\n"), page.name


def test_a_false_page_is_seen(tmp_path, monkeypatch):
    """Another output, code that fails, and a command that fails."""
    monkeypatch.setattr("tests.pages.ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "page.md"
    for code, error in (
        ("```python\nprint(1)\n```\n\n```text\n2\n```\n", AssertionError),
        ("```python\nx = 1\n```\n\n```python\ny = z\n```\n", NameError),
        ("```bash\nsobolev-theory compare --angle x\n```\n", SystemExit),
        ("```bash\necho 1\n```\n", AssertionError),
    ):
        path.write_text(code, encoding="utf-8")
        with pytest.raises(error):
            Page(path).run()
