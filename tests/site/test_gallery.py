"""What the gallery prints, where every example ran as it is by default, is what the examples are known to say."""

import html
import re
from pathlib import Path

PRINTED = re.compile(r'<div class="sphx-glr-script-out.*?<pre[^>]*>(.*?)</pre>', re.DOTALL)


def printed(site: Path, name: str) -> str:
    """All that an example printed."""
    page = (site / "gallery" / f"{name}.html").read_text(encoding="utf-8")
    return html.unescape(re.sub(r"<[^>]+>", "", "".join(PRINTED.findall(page))))


def test_spurious_minima(site: Path) -> None:
    """Twenty runs tell K = 6 from K = 10."""
    text = printed(site, "spurious_minima")
    for norm in ("L2", "H1"):
        assert f"{norm}: spurious minima are hit more often at K = 10 than at K = 6" in text
