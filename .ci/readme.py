#!/usr/bin/env python3
"""README.md from nbs/index.ipynb: its text, its code and the outputs that are kept in it.

Cells marked `#| hide` are left out, directives are dropped, and links that start from nbs/ start from the top.
"""
import re
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

TOP = Path(__file__).resolve().parent.parent


def readme(path: Path) -> str:
    """The notebook at `path` as the Markdown of a README."""
    nb = nbformat.read(path, as_version=4)
    nb.metadata["language_info"] = {"name": "python"}  # which nbdev_clean removes, and the fences want
    nb.cells = [c for c in nb.cells if not re.match(r"\s*#\s*\|\s*hide\b", c.source)]
    for c in nb.cells:
        c.source = re.sub(r"^\s*#\s*\|.*\n?", "", c.source, flags=re.M) if c.cell_type == "code" else c.source
    text, _ = MarkdownExporter().from_notebook_node(nb)
    text = re.sub(r"(\]\(|src=\")(?!https?:|#|\.\./|/)", r"\1nbs/", text)  # beside the notebook: nbs/
    text = re.sub(r"(\]\(|src=\")\.\./", r"\1", text)  # above it: the top
    text = re.sub(r"[ \t]+\n", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


if __name__ == "__main__":
    (TOP / "README.md").write_text(readme(TOP / "nbs" / "index.ipynb"), encoding="utf-8")
