"""The flow of one neuron
======================

Gradient flow of one ReLU neuron with H1, in the plane of its angle to the teacher and its norm: in any dimension
nothing else matters. Every start but those of angle pi ends at the teacher. Where the angle is wide the norm shrinks
first, and a small norm costs much time, as the colours say. On the dashed line the norm is at rest.
"""

import sys

from matplotlib import pyplot as plt

from sobolev_theory import plotting


def main(path: str = "phase_portrait.pdf") -> None:
    """Draw the portrait."""
    with plotting.style("paper", width="column"):
        plotting.phase_portrait("H1")
        plt.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
