"""Pages whose code needs packages that the package does not."""

import pytest

from tests.pages import Page, pages


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in pages() if page.extras])
def test_code_prints_what_is_shown(page: Page, tmp_path, monkeypatch):
    """In order: later blocks continue earlier ones."""
    for name in page.extras:
        pytest.importorskip(name)
    monkeypatch.chdir(tmp_path)
    page.run()
