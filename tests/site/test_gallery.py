"""What the gallery prints, where every example ran as it is by default, is what the examples are known to say."""

import html
import re
from pathlib import Path

import pytest

PRINTED = re.compile(r'<div class="sphx-glr-script-out.*?<pre[^>]*>(.*?)</pre>', re.DOTALL)


def printed(site: Path, name: str) -> str:
    """All that an example printed."""
    page = (site / "gallery" / f"{name}.html").read_text(encoding="utf-8")
    return html.unescape(re.sub(r"<[^>]+>", "", "".join(PRINTED.findall(page))))


def test_the_order_has_every_example_once() -> None:
    """As sphinx-gallery asks for it, by the names of files."""
    pytest.importorskip("sphinx_gallery")
    from docs.generate.gallery import ORDER, order

    examples = [path.name for path in (Path(__file__).parents[2] / "examples").glob("*.py")]
    assert sorted(map(order, examples)) == [*range(len(ORDER))]
    with pytest.raises(ValueError, match="not in tuple"):
        order("new.py")


def test_spurious_minima(site: Path) -> None:
    """Twenty runs tell K = 6 from K = 10."""
    text = printed(site, "spurious_minima")
    for norm in ("L2", "H1"):
        assert f"{norm}: spurious minima are hit more often at K = 10 than at K = 6" in text


def test_every_example_ran_and_its_figure_is_described(site: Path) -> None:
    """But for the one that needs PyTorch. A text says what is drawn against what: it has the labels of axes."""
    for example in sorted((Path(__file__).parents[2] / "examples").glob("*.py")):
        name, source = example.stem, example.read_text(encoding="utf-8")
        page = (site / "gallery" / f"{name}.html").read_text(encoding="utf-8")
        texts = re.findall(r'<img[^>]*alt="(Figure\. [^"]+)"', page)
        assert bool(printed(site, name)) == (name != "tuned_training")
        assert len(texts) == ("plotting.style" in source), name
        assert ("plotting.style" in source) == printed(site, name).endswith(f"wrote {name}.pdf\n"), name
        assert all(" against " in text and len(text) > 60 for text in texts), texts
