"""The site: `npm ci --prefix docs`, then `python -m sphinx -W --keep-going -b html docs site`."""

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from generate import gallery

import sobolev_theory

project = "sobolev_theory"
author = "The sobolev_theory developers"
release = version = sobolev_theory.__version__
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "generate.docstrings",
    "generate.gallery",
    "generate.mathematics",
    "generate.names",
    "generate.theory",
    "generate.neuron_map",
    "generate.notebooks",
    "generate.accessibility",
    "generate.paper",
]
exclude_patterns = ["node_modules", "generate", "neuron_map"]

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_inherit_docstrings = False
autodoc_mock_imports = [] if find_spec("torch") else ["torch"]
napoleon_google_docstring = False
napoleon_attr_annotations = False
napoleon_use_param = False  # parameters that share a description stand together
napoleon_custom_sections = [("Attributes", "params_style")]
default_role = "name"

sphinx_gallery_conf = gallery.CONF
suppress_warnings = ["sphinx_gallery.duplicate_filename"]  # examples/paper has no header, and is on a page of its own

html_theme = "furo"
html_title = "sobolev_theory"
templates_path = ["_templates"]
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_domain_indices = False
html_show_sphinx = html_show_copyright = html_copy_source = False
copybutton_exclude = ".linenos, .gp, .go"
