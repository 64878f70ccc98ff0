"""Sphinx's settings for the companion site; build.py has put the pages where they are read from.

Nothing is executed (the notebooks hold their outputs) and nothing is fetched from elsewhere when a page is opened:
MathJax lies beside the pages, and so do the theme's fonts and icons. build.py names the folders of static files.
"""
import configparser
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
_settings = configparser.ConfigParser()
_settings.read(TOP / "settings.ini", encoding="utf-8")
_of = _settings["DEFAULT"]

project, author, copyright = _of["title"], _of["author"], _of["copyright"]
version = release = _of["version"]
language = "en"
extensions = ["myst_nb", "sphinx.ext.mathjax"]
exclude_patterns = ["**.ipynb_checkpoints"]

nb_execution_mode = "off"
nb_output_stderr = "remove"
nb_merge_streams = True
nb_render_markdown_format = "myst"  # for the tables in outputs
nb_ipywidgets_js = {}  # by default two scripts from a CDN
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 3
mathjax_path = "mathjax/tex-svg-full.js"  # below _static: one file, with TeX's extensions, and glyphs as paths
suppress_warnings = ["myst.header", "mystnb.unknown_mime_type"]  # headings that skip a level; widgets without a view

html_theme = "sphinx_book_theme"
html_title = project
html_favicon = "static/icon.svg"
html_css_files = ["facemtl.css"]
html_js_files = ["facemtl.js"]
html_context = {"default_mode": "auto"}  # light or dark as the reader's machine is
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_last_updated_fmt = None  # the same notebooks give the same pages
html_theme_options = {
    "home_page_in_toc": True,
    "navbar_persistent": [],  # the search stands in the sidebar
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
}
