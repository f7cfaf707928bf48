"""What a page of the built site says and loads, read without a browser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

HEADING = re.compile(r"h[1-6]")
URL = re.compile(r"""(?:url\(|@import )\s*["']?([^"')]+)""")


@dataclass
class Page(HTMLParser):
    """One file of HTML."""

    path: Path
    language: str = ""
    title: str = ""
    anchors: set[str] = field(default_factory=set)
    headings: list[int] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """Where a reader can go."""
    content: list[str] = field(default_factory=list)
    """Those of the links that stand in the text, not in what all pages have around it."""
    loads: list[str] = field(default_factory=list)
    """Style sheets, scripts and the like."""
    figures: list[tuple[str, str]] = field(default_factory=list)
    """Address and alternative text of every image."""

    def __post_init__(self) -> None:
        super().__init__()
        self._in_article = self._in_title = False
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "html":
            self.language = given.get("lang", "")
        elif HEADING.fullmatch(tag):
            self.headings.append(int(tag[1]))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
            self.content += [given["href"]] if self._in_article else []
        elif tag == "form" and "action" in given:
            self.links.append(given["action"])
        elif tag == "img":
            self.figures.append((given.get("src", ""), given.get("alt", "")))
        elif tag == "link" and not {"next", "prev", "index", "search"} & {given.get("rel", "")}:
            self.loads.append(given["href"])
        elif tag in ("script", "iframe", "source", "video", "object", "embed"):
            self.loads += [given[name] for name in ("src", "data") if name in given]
        self._in_article |= tag == "article"
        self._in_title = tag == "title" and not self.title

    def handle_endtag(self, tag: str) -> None:
        self._in_article &= tag != "article"
        self._in_title = False

    def handle_data(self, data: str) -> None:
        self.title += data if self._in_title else ""

    def target(self, address: str) -> tuple[Path, str]:
        """File and anchor of an address in this page."""
        parts = urlsplit(address)
        return (self.path.parent / unquote(parts.path)).resolve() if parts.path else self.path, unquote(parts.fragment)

    def loaded(self) -> set[Path]:
        """Files that a reader's browser fetches with the page, but for its figures."""
        files = {self.target(address)[0] for address in self.loads if not is_elsewhere(address)}
        return files | {needed for file in files if file.suffix == ".css" for needed in of_style(file)}


def is_elsewhere(address: str) -> bool:
    """Whether an address is of another host."""
    parts = urlsplit(address)
    return bool(parts.netloc or parts.scheme)


@cache
def of_style(style: Path) -> frozenset[Path]:
    """Fonts, images and sheets that a style sheet names."""
    addresses = [one for one in URL.findall(style.read_text(encoding="utf-8")) if not one.startswith("data:")]
    assert not any(map(is_elsewhere, addresses)), (style, addresses)
    return frozenset((style.parent / urlsplit(one).path).resolve() for one in addresses)


def html_files(site: Path) -> list[Path]:
    """Those of its pages."""
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


@cache
def crawled(site: Path) -> dict[Path, Page]:
    """Every page, by its file."""
    return {path: Page(path) for path in html_files(site)}


def clicks(pages: dict[Path, Page], start: Path, end: Path) -> float:
    """Fewest clicks on links of the text from a page to another."""
    reached, level, count = {start}, {start}, 0
    while level and end not in level:
        level = {file for page in level for file in _next(pages[page])} & {*pages} - reached
        reached |= level
        count += 1
    return count if level else float("inf")


def _next(page: Page) -> Iterator[Path]:
    return (page.target(address)[0] for address in page.content if not is_elsewhere(address))
