"""Which norm has the slower modes?
================================

The part of the eigenvalues up to a part of the largest, at an orthonormal teacher of twenty ReLU neurons in 100
dimensions: Gauss-Newton matrices of L2 and H1 over each other at equal sharpness. A curve begins at ``1/kappa``; the
one that begins further right is better conditioned, and a step there is the number of slow modes. Gauss-Newton and
natural-gradient steps invert this matrix; training follows another, and gains less (:ref:`the gain against the width
<sphx_glr_gallery_width_scaling.py>`).
"""

import sys

from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting


def main(path: str = "spectral_distribution.pdf") -> None:
    """Print both spectra, and draw them."""
    spectra = [st.symmetric.spectrum(20, 100, norm=norm, curvature="gauss_newton") for norm in ("L2", "H1")]
    for norm, spectrum in zip(("L2", "H1"), spectra, strict=True):
        print(f"{norm}\n{spectrum}\n")
    with plotting.style("paper", width="column"):
        plotting.spectral_distribution(spectra, ["L2", "H1"])
        plt.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
