"""The built site holds together: links, anchors, headings, texts of images, weights, and nothing from other hosts."""

import importlib
import re
import zlib
from itertools import pairwise

import pytest

import sobolev_theory as st
from tests.site.crawl import clicks, crawled, is_elsewhere

HEAVIEST = 1_000_000
"""Bytes of a page with all that it loads, without its figures."""

ROOMS = [name for name in st.__all__ if not hasattr(getattr(st, name), "__module__")]
OPTIONAL = {"plotting", "symbolic", "functional"}

PATH = ("index", "start", "which_hessian", "tutorials/your_network")
"""What it is and how to install it; the first number; what that means; the same for one's own network."""


@pytest.fixture(scope="module")
def pages(site):
    return crawled(site)


def test_every_link_leads_somewhere(pages):
    for file, page in pages.items():
        for address in [*page.links, *page.loads, *(source for source, _ in page.figures)]:
            if not is_elsewhere(address):
                target, anchor = page.target(address)
                assert target.is_file(), (file, address)
                assert not anchor or target not in pages or anchor in pages[target].anchors, (file, address)


def test_nothing_is_loaded_from_another_host(pages):
    for file, page in pages.items():
        for address in [*page.loads, *(source for source, _ in page.figures)]:
            assert address.startswith("data:") or not is_elsewhere(address), (file, address)


def test_no_page_is_heavy(pages):
    weights = {}
    for file, page in pages.items():
        weights[file] = sum(one.stat().st_size for one in {file, *page.loaded()})
    assert max(weights.values()) < HEAVIEST, sorted(weights.items(), key=lambda item: -item[1])[:5]


def test_every_page_has_language_title_and_ordered_headings(pages):
    for file, page in pages.items():
        assert page.language == "en", file
        assert page.title.strip(), file
        assert page.headings[:1] == [1], file
        assert page.headings.count(1) == 1, file
        assert all(below <= above + 1 for above, below in pairwise(page.headings)), (file, page.headings)


def test_every_image_has_a_text(pages):
    for file, page in pages.items():
        for source, text in page.figures:
            assert text.strip(), (file, source)


def test_the_path_of_a_new_user_is_three_clicks(site, pages):
    path = [site / f"{name}.html" for name in PATH]
    assert sum(clicks(pages, *step) for step in pairwise(path)) <= 3


def test_every_page_is_found_from_the_first(site, pages):
    """By links of all kinds, those beside the text too."""
    reached: set = set()
    new = {site / "index.html"}
    while new:
        reached |= new
        new = {pages[file].target(link)[0] for file in new for link in pages[file].links} & {*pages} - reached
    assert reached == {*pages}


def test_every_public_name_has_an_entry(site):
    """The door, what its rooms and those that need extras list, and the catalogue: labels are lower case."""
    inventory = (site / "objects.inv").read_bytes().split(b"zlib.\n", 1)[1]
    entries = {line.split()[0] for line in zlib.decompress(inventory).decode("utf-8").splitlines()}
    public = {f"sobolev_theory.{name}" for name in st.__all__} | {"sobolev_theory.torch.SobolevLoss"}
    for room in (*ROOMS, *OPTIONAL):
        names = importlib.import_module(f"sobolev_theory.{room}").__all__
        public |= {f"sobolev_theory.{room}.{name}" for name in names}
    public |= {name.lower() for name in st.formulas.names()}
    assert public <= entries, sorted(public - entries)


def test_a_colon_makes_no_type_of_a_statement(site):
    """Types are those of what is returned: Napoleon takes what stands before a colon for that of a property."""
    files = [*(site / "api").glob("*.html")]
    assert files
    for file in files:
        assert not re.search(r'<dt class="field-\w+">Type\b', file.read_text(encoding="utf-8")), file
