"""Pages of the built site in Chromium: whole, from the site alone, fit for a phone, without grave findings of axe."""

from pathlib import Path

import pytest

from tests.site.browser import SIZES
from tests.site.conftest import SITE
from tests.site.crawl import html_files

AXE = Path(__file__).parents[2] / "docs" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
"""What axe calls the findings that make a page unusable for some."""

ALIKE, OF_THEM = ("api/", "theory/"), ("api/loss.html", "theory/relu/H1.html", "theory/theorem/exact_cone.html")
"""Folders of generated pages, which share their colours, and those of them whose contrast is measured."""

PAGES = [file.relative_to(SITE).as_posix() for file in html_files(Path(SITE))] if SITE else ["index.html"]
"""Addresses within the site."""

UNSET = r"""() => {
  const left = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    if (parentElement.closest("pre, code, script, style, annotation, .katex, details:not([open])")) continue;
    if (/\$[^\s$][^$]*\$|\\[a-zA-Z]+\{|\\\(/.test(data)) left.push(data.trim());
  }
  return left.concat([...document.querySelectorAll(".katex-error")].map((element) => element.textContent));
}"""
"""Formulas that nobody set: LaTeX in the text, save in a part that is folded, and what KaTeX refused."""

WIDER = r"""() => {
  const scrolls = (box) => /auto|scroll|hidden/.test(getComputedStyle(box).overflowX);
  const content = document.querySelector("article, main");
  const reaches = (element) => {
    if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
    for (let box = element.parentElement; box !== content; box = box.parentElement) if (scrolls(box)) return false;
    return true;
  };
  const wide = [...content.querySelectorAll("*")].filter(reaches).map((element) => element.outerHTML.slice(0, 120));
  return document.documentElement.scrollWidth > innerWidth ? ["the document", ...wide] : wide;
}"""
"""What reaches beyond the view, and is not in a box that scrolls by itself."""

WITHOUT_FORMULAS = """() => {
  for (const formula of document.querySelectorAll(".katex")) formula.replaceWith("a formula");
}"""
"""KaTeX makes 20000 elements of the formulas of a page, over which axe takes ten seconds."""


@pytest.fixture(scope="module")
def view(browser, address):
    """A tab that lets no request leave the site, and writes down what goes wrong."""
    context = browser.new_context(viewport=SIZES["desktop"])
    faults: list[str] = []

    def guard(route):
        if route.request.url.startswith((f"{address}/", "data:")):
            route.continue_()
        else:
            faults.append(f"asks another host: {route.request.url}")
            route.abort()

    context.route("**/*", guard)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(f"error of a script: {error}"))
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("requestfailed", lambda request: faults.append(f"fails: {request.url}"))
    page.on(
        "response", lambda answer: faults.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None
    )
    page.faults = faults
    yield page
    context.close()


@pytest.fixture(scope="module")
def axe():
    """The script of axe."""
    if not AXE.is_file():
        pytest.skip("axe is not installed: npm ci --prefix docs")
    return AXE.read_text("utf-8")


def findings(view, options=""):
    """What axe finds that makes the page unusable for some: rule, and the first elements."""
    found = view.evaluate(f"() => axe.run({{ resultTypes: ['violations'], {options} }})")["violations"]
    grave = [rule for rule in found if rule["impact"] in GRAVE]
    return [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in grave]


@pytest.mark.parametrize("name", PAGES)
def test_page(view, axe, address, name):
    view.faults.clear()
    view.emulate_media(color_scheme="light")
    view.set_viewport_size(SIZES["phone"])
    view.goto(f"{address}/{name}", wait_until="load")
    assert view.evaluate(WIDER) == [], "on a phone"
    assert view.evaluate(UNSET) == []
    view.set_viewport_size(SIZES["desktop"])
    view.evaluate(WITHOUT_FORMULAS)
    view.evaluate(axe)
    if name.startswith(ALIKE) and name not in OF_THEM:
        assert findings(view, "rules: { 'color-contrast': { enabled: false } }") == []
    else:
        assert findings(view) == []
        view.emulate_media(color_scheme="dark")
        assert findings(view, "runOnly: ['color-contrast']") == [], "in the dark"
    assert view.faults == []
