r"""The literature that the catalogue cites: for ``\cite``, for a list of references, and as BibTeX."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .tex.text import prose


@dataclass(frozen=True)
class Reference:
    """A publication: its key, how records name it in words, and what a list of references prints."""

    key: str
    mention: str
    authors: tuple[str, ...]
    title: str
    year: int
    venue: str = ""
    arxiv: str = ""

    def item(self) -> str:
        r"""A ``\bibitem``."""
        where = ", ".join(filter(None, (self.venue, self.arxiv and f"arXiv:{self.arxiv}", str(self.year))))
        names = ", ".join(". ".join(_initials(first)) + f". {last}" for last, first in map(_names, self.authors))
        return rf"\bibitem{{{self.key}}} {names}, \emph{{{prose(self.title)}}}, {prose(where)}."

    def bibtex(self) -> str:
        """An entry of a BibTeX file; capitals of the title are kept."""
        collected = self.venue.startswith(("Proceedings", "Advances"))
        fields = {
            "author": " and ".join(self.authors),
            "title": f"{{{self.title}}}",
            "booktitle" if collected else "journal": self.venue or f"arXiv preprint arXiv:{self.arxiv}",
            "year": str(self.year),
            **({"eprint": self.arxiv, "archivePrefix": "arXiv"} if self.arxiv else {}),
        }
        body = ",\n".join(f"  {name} = {{{text}}}" for name, text in fields.items())
        return f"@{'inproceedings' if collected else 'article'}{{{self.key},\n{body}\n}}"


def _names(author: str) -> tuple[str, str]:
    last, _, first = author.partition(", ")
    return last, first


def _initials(first: str) -> list[str]:
    return [name[0] for name in first.split()]


REFERENCES = (
    Reference(
        "oh2025",
        "Oh, Lyu & Son 2025",
        ("Oh, Jong Kwon", "Lyu, Hanbaek", "Son, Hwijae"),
        "Sobolev acceleration for neural networks",
        2025,
        arxiv="2509.19773",
    ),
    Reference(
        "andrews1974",
        "Andrews & Mallows 1974",
        ("Andrews, D. F.", "Mallows, C. L."),
        "Scale mixtures of normal distributions",
        1974,
        "Journal of the Royal Statistical Society, Series B 36",
    ),
    Reference(
        "stefanski1991",
        "Stefanski 1991",
        ("Stefanski, Leonard A.",),
        "A normal scale mixture representation of the logistic distribution",
        1991,
        "Statistics and Probability Letters 11",
    ),
    Reference(
        "tian2017",
        "Tian 2017",
        ("Tian, Yuandong",),
        "An analytical formula of population gradient for two-layered ReLU network and its applications in convergence "
        "and critical point analysis",
        2017,
        "Proceedings of the 34th International Conference on Machine Learning",
        "1703.00560",
    ),
    Reference(
        "brutzkus2017",
        "Brutzkus & Globerson 2017",
        ("Brutzkus, Alon", "Globerson, Amir"),
        "Globally optimal gradient descent for a ConvNet with Gaussian inputs",
        2017,
        "Proceedings of the 34th International Conference on Machine Learning",
        "1702.07966",
    ),
    Reference(
        "safran2018",
        "Safran & Shamir 2018",
        ("Safran, Itay", "Shamir, Ohad"),
        "Spurious local minima are common in two-layer ReLU neural networks",
        2018,
        "Proceedings of the 35th International Conference on Machine Learning",
        "1712.08968",
    ),
    Reference(
        "arjevani2020",
        "Arjevani & Field 2020",
        ("Arjevani, Yossi", "Field, Michael"),
        "Analytic characterization of the Hessian in shallow ReLU models: a tale of symmetry",
        2020,
        "Advances in Neural Information Processing Systems 33",
        "2008.01805",
    ),
    Reference(
        "czarnecki2017",
        "Czarnecki et al. 2017",
        (
            "Czarnecki, Wojciech Marian",
            "Osindero, Simon",
            "Jaderberg, Max",
            "Swirszcz, Grzegorz",
            "Pascanu, Razvan",
        ),
        "Sobolev training for neural networks",
        2017,
        "Advances in Neural Information Processing Systems 30",
        "1706.04859",
    ),
    Reference(
        "cho2009",
        "Cho & Saul 2009",
        ("Cho, Youngmin", "Saul, Lawrence"),
        "Kernel methods for deep learning",
        2009,
        "Advances in Neural Information Processing Systems 22",
    ),
    Reference(
        "williams1997",
        "Williams 1997",
        ("Williams, Christopher",),
        "Computing with infinite networks",
        1997,
        "Advances in Neural Information Processing Systems 9",
    ),
    Reference(
        "saad1995",
        "Saad & Solla 1995",
        ("Saad, David", "Solla, Sara"),
        "On-line learning in soft committee machines",
        1995,
        "Physical Review E 52",
    ),
    Reference(
        "owen1956",
        "Owen 1956",
        ("Owen, Donald B.",),
        "Tables for computing bivariate normal probabilities",
        1956,
        "Annals of Mathematical Statistics 27",
    ),
    Reference(
        "price1958",
        "Price 1958",
        ("Price, Robert",),
        "A useful theorem for nonlinear devices having Gaussian inputs",
        1958,
        "IRE Transactions on Information Theory 4",
    ),
    Reference(
        "stein1981",
        "Stein 1981",
        ("Stein, Charles",),
        "Estimation of the mean of a multivariate normal distribution",
        1981,
        "Annals of Statistics 9",
    ),
    Reference(
        "marchenko1967",
        "Marchenko & Pastur 1967",
        ("Marchenko, Vladimir", "Pastur, Leonid"),
        "Distribution of eigenvalues for some sets of random matrices",
        1967,
        "Mathematics of the USSR-Sbornik 1",
    ),
    Reference(
        "silverstein1995",
        "Silverstein & Bai 1995",
        ("Silverstein, Jack", "Bai, Zhidong"),
        "On the empirical distribution of eigenvalues of a class of large dimensional random matrices",
        1995,
        "Journal of Multivariate Analysis 54",
    ),
    Reference(
        "bai1993",
        "Bai & Yin 1993",
        ("Bai, Zhidong", "Yin, Yongquan"),
        "Limit of the smallest eigenvalue of a large dimensional sample covariance matrix",
        1993,
        "Annals of Probability 21",
    ),
)


def cited(text: str) -> list[Reference]:
    """The references that a text mentions.

    Examples
    --------
    >>> [reference.key for reference in cited("Williams 1997; Saad & Solla 1995")]
    ['williams1997', 'saad1995']
    """
    return [reference for reference in REFERENCES if reference.mention in text]


def with_citations(text: str) -> str:
    r"""Words as LaTeX text, with a ``\cite`` behind every mention.

    Examples
    --------
    >>> with_citations("Cho & Saul 2009, eq. (4)")
    'Cho \\& Saul 2009~\\cite{cho2009}, eq. (4)'
    """
    for reference in cited(text):
        text = text.replace(reference.mention, rf"{reference.mention}~\cite{{{reference.key}}}")
    return prose(text)


def bibliography(references: Iterable[Reference]) -> str:
    """A list of references, or nothing where there are none."""
    items = [reference.item() for reference in references]
    return "\n".join([r"\begin{thebibliography}{99}", *items, r"\end{thebibliography}"]) if items else ""


def bibtex() -> str:
    """All references of the catalogue as a BibTeX file, with the keys that `document` cites.

    Examples
    --------
    >>> print(bibtex().splitlines()[0])
    @article{oh2025,
    """
    return "\n\n".join(reference.bibtex() for reference in REFERENCES)
