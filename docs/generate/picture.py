"""The picture of the first page and of the README: ``python docs/generate/picture.py`` draws it anew."""

from io import StringIO
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from sobolev_theory import plotting

PICTURE = Path(__file__).parent.parent / "_static" / "picture.svg"

TITLES = {"relu": "ReLU networks", "erf": "erf networks"}


def picture() -> str:
    """SVG with letters as outlines, the same on every machine; curves are groups named after activation and number."""
    text = StringIO()
    with plotting.style("paper", width="page"), mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "picture"}):
        figure, panels = plt.subplots(1, 2, sharey=True, layout="constrained")
        for ax, (activation, title) in zip(panels, TITLES.items(), strict=True):
            plotting.width_scaling(activation=activation, ax=ax)
            ax.set(title=title, xlabel="width of the network", ylim=(0, 1.05))
            for number, line in enumerate(ax.lines):
                line.set_gid(f"{activation}_{number}")
        panels[0].set_ylabel("condition number, H1 over L2")
        panels[1].set_ylabel("")
        Figure.savefig(figure, text, format="svg", metadata={"Date": None})  # not that of the style, which keeps text
        plt.close(figure)
    return text.getvalue()


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
