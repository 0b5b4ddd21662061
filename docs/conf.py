"""The documentation as a site: `make docs-site`."""

from importlib.metadata import version as version_of

project = "nucleate"
author = "The nucleate developers"
version = release = version_of("nucleate")
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = "nucleate"
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nb_execution_mode = "off"  # they are kept with their output; a test runs them
autodoc_member_order = "bysource"
autodoc_typehints = "none"
