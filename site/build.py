#!/usr/bin/env python3
"""Build the companion site from the executed notebooks: `make site`, then open _site/html/index.html.

The pages are the notebooks as nbdev prepares them for readers (hidden cells and directives are gone, what is marked
`echo: false` shows its output alone), the table of contents is the map in index.ipynb, and each module has a page of
reference that is read from its docments. Nothing is executed. MathJax comes from the npm package, once, into the cache.
"""
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
SITE = TOP / "_site"
MATHJAX = "3.2.2"
LEFT_OUT = {  # nbdev's processors that would execute cells, or write for Quarto or for another site
    "FrontmatterProc", "add_show_docs", "clean_show_doc", "exec_show_docs", "mv_exports", "add_links", "add_fold",
    "insert_warning"}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
SHOWN_AS_TEXT = {"", ".md", ".tex", ".cff"}  # files that a browser would not show by that name
sys.path.insert(0, str(TOP / "site"))
import links  # noqa: E402
from reference import reference  # noqa: E402


# The map of the notebooks, and the links


def table_of_contents(index: str) -> dict:
    """Caption -> {page: (its name, what it is about)}, from the tables below the heading 'A map of the notebooks'."""
    section = re.split(r"^## ", index.split("## A map of the notebooks", 1)[1], maxsplit=1, flags=re.M)[0]
    parts, caption = {}, ""
    for line in section.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if not line.startswith("|") or set(line) <= set("|-: "):
            continue
        link = re.match(r"\[([^\]]+)\]\(([^)]+)\.ipynb\)", cells[0])
        if link:
            parts.setdefault(caption, {})[link[2]] = link[1], cells[1]
        else:
            caption = cells[0]
    return parts


def complete(contents: dict, there: list) -> dict:
    """The table of contents of the notebooks that are there; those that the map forgets come last, with a warning."""
    kept = {c: {p: t for p, t in part.items() if p in there} for c, part in contents.items()}
    listed = {p for part in contents.values() for p in part}
    gone, forgotten = sorted(listed - set(there)), [p for p in there if p not in listed | {"index"}]
    for names, words in ((gone, "lists what is not there"), (forgotten, "does not list")):
        if names:
            print(f"site: the map in index.ipynb {words}: {', '.join(names)}", file=sys.stderr)
    kept["not in the map"] = {p: (p, "") for p in forgotten}
    return {c: part for c, part in kept.items() if part}


def is_document(path: Path) -> bool:
    """Whether a file becomes a page: a notebook, or a text about the project. Tables in Markdown stay as they are."""
    return path.suffix == ".ipynb" or path.suffix == ".md" and path.parts[0] != "figures"


def placed(path: Path) -> Path:
    """Where a file of the project is on the site."""
    if path.parts[0] == "nbs":
        return path.relative_to("nbs")
    to = Path("files") / path
    return to.with_name(to.name + ".txt") if path.suffix in SHOWN_AS_TEXT and not is_document(path) else to


def rewritten(text: str, page: Path, wanted: set) -> str:
    """Markdown whose links hold on the site; the files that it needs beside the notebooks are added to `wanted`.

    A link to a page stays a link to a page. A picture leads to itself in full size; other files are linked as they
    are, and an interactive map is shown below the text as well.
    """
    maps = []

    def link(m):
        address, _, place = m[3].partition("#")
        if not address or re.match(r"[a-z]+:", address):
            return m[0]
        path = Path(os.path.normpath(page.parent / address))
        path = Path("nbs/index.ipynb") if path == Path("README.md") else path
        to = Path(os.path.relpath(placed(path), placed(page).parent)).as_posix()
        if path.suffix != ".ipynb":
            wanted.add(path)
        if is_document(path):
            return f"[{m[2]}]({to}#{place})" if place else f"[{m[2]}]({to})"
        if m[1]:
            return f'<a href="{to}"><img src="{to}" alt="{html.escape(m[2])}"></a>'
        maps.extend([to] * path.name.endswith("-map.html"))
        return f'<a href="{to}#{place}">{m[2]}</a>' if place else f'<a href="{to}">{m[2]}</a>'

    code = re.split(r"(```.*?```)", text, flags=re.S)  # links in code are code
    text = "".join(c if i % 2 else LINK.sub(link, c) for i, c in enumerate(code))
    return text + "".join(f'\n\n<iframe class="map" src="{m}" title="interactive map" loading="lazy"></iframe>\n'
                          for m in maps)


# Notebooks


def prepared(path: Path):
    """A notebook after nbdev's processors for readers; exported cells stay: the code is what the course is about."""
    from execnb.nbio import read_nb
    from nbdev.processors import FilterDefaults

    class Readers(FilterDefaults):
        def base_procs(self):
            return [p for p in super().base_procs() if p.__name__ not in LEFT_OUT]

    nb = read_nb(path)
    for c in nb.cells:
        if c.cell_type == "code":
            c.source = re.sub(r"^(\s*#\s*\|\s*)export\s*$", r"\1exports", c.source, flags=re.M)
    Readers()(nb)
    return nb


def balanced(text: str) -> str:
    """HTML in which no </div> closes what it has not opened: one too many would end the page's own column."""
    depth = lowest = 0
    for tag in re.findall(r"<(/?)div\b", text):
        depth += -1 if tag else 1
        lowest = min(lowest, depth)
    return "<div>" * -lowest + text + "</div>" * (depth - lowest)


def cleaned(cell) -> None:
    """Turn what is left of a cell's directives into the tags that myst-nb knows."""
    if cell.cell_type != "code":
        return
    tags = []
    if re.search(r"^\s*#\s*\|\s*echo\s*:\s*false", cell.source, flags=re.M):
        tags.append("remove-input")
    cell.source = re.sub(r"^\s*#\s*\|.*\n?", "", cell.source, flags=re.M).strip("\n")
    cell.metadata = {"tags": tags} if tags else {}
    for data in (o["data"] for o in cell.get("outputs", []) if "text/html" in o.get("data", {})):
        data["text/html"] = balanced("".join(data["text/html"]))


def written(path: Path, page: Path, site: Path, wanted: set, extra: str = "") -> None:
    """Write what Sphinx reads for the notebook at `path`, whose place in the project is `page`; `extra` comes last."""
    from execnb.nbio import mk_cell, nb2dict

    nb = prepared(path)
    for c in nb.cells:
        cleaned(c)
        if c.cell_type == "markdown":
            c.source = rewritten(c.source, page, wanted)
    if extra:
        nb.cells.append(mk_cell(extra, "markdown"))
    plain = nb2dict(nb)
    plain["metadata"] = {"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"},
                         "language_info": {"name": "python"}}
    file = site / "source" / placed(page)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(plain, indent=1, ensure_ascii=False), encoding="utf-8")


# The reference


def toctree(lines: list, **options) -> str:
    return "\n".join(["```{toctree}", *(f":{k}: {v}".rstrip() for k, v in options.items()), *lines, "```", ""])


def modules(contents: dict) -> dict:
    """Notebook -> the module that it exports, for those that export one."""
    found = {}
    for page in (p for part in contents.values() for p in part):
        nb = json.loads((TOP / "nbs" / f"{page}.ipynb").read_text(encoding="utf-8"))
        starts = (re.match(r"\s*#\s*\|\s*default_exp\s+([\w.]+)", "".join(c["source"])) for c in nb["cells"])
        if module := next(filter(None, starts), None):
            found[page] = f"facemtl.{module[1]}"
    return found


def written_reference(contents: dict, exported: dict) -> None:
    """Write the pages of reference, and one that lists them in the order of the map."""
    folder = SITE / "source" / "api"
    folder.mkdir(parents=True)
    for page, module in exported.items():
        (folder / f"{module}.md").write_text(reference(module, page), encoding="utf-8")
    text = ["# Reference\n\nEvery public name, module by module, with its parameters and what the code says of them.\n"]
    for caption, part in contents.items():
        rows = [f"| [{exported[p].removeprefix('facemtl.')}]({exported[p]}.md) | {about} |"
                for p, (_, about) in part.items() if p in exported]
        text += [f"## {caption}\n\n| module | |\n|---|---|\n" + "\n".join(rows) + "\n"] * bool(rows)
    lines = [f"{m.removeprefix('facemtl.')} <{m}>" for m in exported.values()]
    (folder / "index.md").write_text("\n".join([*text, toctree(lines, hidden="", maxdepth=1)]), encoding="utf-8")


# Files that come from elsewhere


def mathjax() -> Path:
    """MathJax in one file, from the npm package, kept in the cache; raises SystemExit where there is no npm."""
    cache = Path(os.environ.get("FACEMTL_CACHE") or TOP / "runs" / "cache")
    file = cache / f"mathjax-{MATHJAX}" / "tex-svg-full.js"
    if not file.exists():
        with tempfile.TemporaryDirectory() as d:
            try:
                subprocess.run(["npm", "pack", f"mathjax@{MATHJAX}", "--silent"], cwd=d, check=True,
                               capture_output=True)
            except (OSError, subprocess.CalledProcessError) as e:
                raise SystemExit(f"site: MathJax was not fetched ({e}). Install npm, or put es5/tex-svg-full.js of "
                                 f"the npm package mathjax {MATHJAX} to {file}") from e
            with tarfile.open(next(Path(d).glob("mathjax-*.tgz"))) as tar:
                data = tar.extractfile("package/es5/tex-svg-full.js").read()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return file


def copied(wanted: set) -> None:
    """Bring the files that pages link to: texts become pages, the others are copied as they are."""
    done = set()
    while left := sorted(p for p in wanted - done):
        for path in left:
            to = SITE / ("source" if is_document(path) else "extra") / placed(path)
            to.parent.mkdir(parents=True, exist_ok=True)
            if not (TOP / path).is_file():
                print(f"site: a page links to {path.as_posix()}, which is not there", file=sys.stderr)
            elif is_document(path):
                text = rewritten((TOP / path).read_text(encoding="utf-8"), path, wanted)
                to.write_text(f"---\norphan: true\n---\n{text}", encoding="utf-8")
            else:
                shutil.copy(TOP / path, to)
        done |= set(left)


def sources() -> None:
    """Make all that Sphinx reads, in _site/."""
    notebooks = {p.relative_to(TOP / "nbs").as_posix().removesuffix(".ipynb"): p
                 for p in sorted((TOP / "nbs").rglob("*.ipynb"))
                 if not any(q[0] in "._" for q in p.relative_to(TOP).parts)}
    index = json.loads(notebooks["index"].read_text(encoding="utf-8"))
    prose = ["".join(c["source"]) for c in index["cells"] if c["cell_type"] == "markdown"]
    contents = complete(table_of_contents("\n\n".join(prose)), list(notebooks))
    exported = modules(contents)
    trees = [toctree([f"{t} <{p}>" for p, (t, _) in part.items() if p != "index"], hidden="", caption=c)
             for c, part in contents.items()]
    trees += [toctree(["api/index"], hidden="", caption="reference")]
    wanted = set()
    for name, path in notebooks.items():
        module = exported.get(name)
        extra = f"---\n\nAll public names: [{module}](api/{module}.md)" if module else ""
        written(path, path.relative_to(TOP), SITE, wanted, "\n".join(trees) if name == "index" else extra)
    copied(wanted)
    written_reference(contents, exported)
    (SITE / "static" / "mathjax").mkdir(parents=True)
    shutil.copy(mathjax(), SITE / "static" / "mathjax")


def rendered(site: Path) -> int:
    """Let Sphinx make site/html of what lies in site/source, site/static and site/extra; gives its exit status."""
    from sphinx.cmd.build import build_main

    status = build_main(["-b", "html", "-q", "-j", "2", "-c", str(TOP / "site"), "-d", str(site / "doctrees"),
                         "-D", f"html_static_path={site / 'static'},{TOP / 'site' / 'static'}",
                         "-D", f"html_extra_path={site / 'extra'}", "-w", str(site / "warnings.txt"),
                         str(site / "source"), str(site / "html")])
    for template in (site / "html" / "_static").glob("*macros.html"):  # the theme's, of use to nobody here
        template.unlink()
    return status


def main() -> int:
    os.chdir(TOP)  # nbdev looks for settings.ini from here
    sys.path.insert(0, str(TOP))
    shutil.rmtree(SITE, ignore_errors=True)
    (SITE / "extra").mkdir(parents=True)
    sources()
    if status := rendered(SITE):
        return status
    warnings = (SITE / "warnings.txt").read_text(encoding="utf-8").count("WARNING")
    print(f"site: {(SITE / 'html' / 'index.html').relative_to(TOP)}, {warnings} warnings", file=sys.stderr)
    return links.main(SITE / "html")


if __name__ == "__main__":
    sys.exit(main())
