"""LaTeX text: layout, words, and what TeX can set."""
