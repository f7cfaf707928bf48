"""The gallery: the order of its pages, what their pictures show in words, for those who do not see them, and links."""

import logging
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx_gallery import backreferences
from sphinx_gallery.scrapers import matplotlib_scraper

ORDER = (
    *("condition_number_map", "width_scaling", "tuned_steps", "training_curves", "compare_norms", "optimal_weight"),
    *("phase_portrait", "acceleration", "spectrum", "spectral_distribution", "random_initialisation"),
    *("finite_samples", "sampled_density", "sgd_against_theory", "symmetric_starts", "spurious_minima"),
    *("own_activation", "verify_by_sampling", "tuned_training"),
)
"""Examples from the question of the package to how it is used."""

SYMBOLS = {"kappa": "κ", "lambda": "λ", "theta": "θ", "times": "times", "infty": "infinity"}
"""What letters of mathtext are in text."""


def order(name: str) -> int:
    """Where the file of an example stands; one that `ORDER` lacks ends the build."""
    return ORDER.index(name.removesuffix(".py"))


def plain(text: str) -> str:
    """A text of a figure without mathtext."""
    words = re.sub(r"\\([a-z]+)", lambda found: SYMBOLS.get(found[1], found[1]), text)
    return " ".join(re.sub(r"[${}\\^]", "", words).split())


def panel(ax: Axes) -> str:
    """One panel: what is drawn against what, and the names of its curves; of a colour bar, what colours mean."""
    x, y, title = (plain(text) for text in (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()))
    if ax.get_label() == "<colorbar>":
        return f"colours: {y}"
    axes = " against ".join(text for text in (y, x) if text)
    legend = ax.get_legend()
    curves = ", ".join(plain(text.get_text()) for text in legend.get_texts()) if legend else ""
    return ": ".join(text for text in (title, axes, curves) if text)


def described(figure: Figure) -> str:
    """All panels, and the legend beneath them, in words."""
    parts = [panel(ax) for ax in figure.axes]
    parts += [", ".join(plain(text.get_text()) for text in legend.get_texts()) for legend in figure.legends]
    parts += [f"all against {plain(text)}" for text in [figure.get_supxlabel()] if text]
    return "; ".join(part for part in parts if part)


def pictures(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """The figure of an example, as the scraper of sphinx-gallery saves it, with its alternative text.

    The file that the example itself has saved, in the folder of its source, is not left there.
    """
    figures = [plt.figure(number) for number in plt.get_fignums()]
    text = "; ".join(described(figure) for figure in figures)
    found = matplotlib_scraper(block, block_vars, gallery_conf)
    Path(block_vars["src_file"]).with_suffix(".pdf").unlink(missing_ok=True)
    return re.sub(r"(:alt:).*", lambda match: f"{match[1]} Figure. {text}", found)


class Examples(SphinxTransform):
    """The name of an example's file in prose is a link to its page."""

    default_priority = 400

    def apply(self, **options: Any) -> None:
        """Put links in the place of names."""
        for literal in list(self.document.findall(nodes.literal)):
            if found := re.fullmatch(r"examples/(\w+)\.py", literal.astext()):
                about = {"refdomain": "std", "reftype": "doc", "refexplicit": True, "refwarn": True}
                page = addnodes.pending_xref("", reftarget=f"/gallery/{found[1]}", **about)
                literal.replace_self(page)
                page += literal


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the links."""
    app.add_transform(Examples)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


CONF = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/(?!tuned_training)\w+\.py",  # which needs PyTorch, and is shown without being run
    "within_subsection_order": "generate.gallery.order",
    "image_scrapers": "generate.gallery.pictures",
    "image_srcset": ["2x"],
    "default_thumb_file": str(Path(__file__).parent.parent / "_static" / "table.svg"),
    "capture_repr": (),
    "notebook_extensions": set(),
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "copyfile_regex": "",
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "abort_on_example_error": True,
}
"""Settings of sphinx-gallery."""

logging.getLogger("fontTools").setLevel(logging.WARNING)  # sphinx-gallery shows what is logged, too
backreferences.THUMBNAIL_TEMPLATE = backreferences.THUMBNAIL_TEMPLATE.replace(":alt:", ":alt: {title}")
