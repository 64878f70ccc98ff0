#!/usr/bin/env python3
"""Follow every internal link of a built site, and find what a page would fetch from elsewhere.

usage: links.py [FOLDER]        default: _site/html; exit status 1 if something is wrong

A link to another site is fine, for it is followed only if somebody clicks. A script, style sheet, picture or font from
another site is not: the site is to be read without a network.
"""
import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

TOP = Path(__file__).resolve().parent.parent
LOADS = {"script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "source": ("src", "srcset"),
         "video": ("src", "poster"), "audio": ("src",), "embed": ("src",), "object": ("data",), "image": ("href",)}
LOADING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "prefetch", "preconnect"}


@dataclass
class Page(HTMLParser):
    """What a page is called by (`ids`), what it links to, and what it loads."""
    text: str
    ids: set = field(default_factory=set)
    links: list = field(default_factory=list)
    loads: list = field(default_factory=list)

    def __post_init__(self):
        super().__init__()
        self.in_style = False
        self.feed(self.text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = {k: v or "" for k, v in attrs}
        self.in_style = tag == "style"
        self.ids |= {attrs[k] for k in (("id", "name") if tag == "a" else ("id",)) if attrs.get(k)}
        self.loads += addresses(attrs.get("style", ""))
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        elif tag == "link" and "href" in attrs:
            loads = LOADING_LINKS & set(attrs.get("rel", "").lower().split())
            (self.loads if loads else self.links).append(attrs["href"])
        for k in LOADS.get(tag, ()):
            if attrs.get(k):
                self.loads += [p.split()[0] for p in attrs[k].split(", ")] if k == "srcset" else [attrs[k]]

    def handle_endtag(self, tag):
        self.in_style = False

    def handle_data(self, data):
        if self.in_style:
            self.loads += addresses(data)


def addresses(css: str) -> list:
    """What a style sheet loads: url(...) and @import."""
    found = re.findall(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)|@import\s+['\"]([^'\"]+)['\"]", css)
    return [a or b for a, b in found]


def outside(address: str) -> bool:
    """Whether an address lies on another machine."""
    return bool(urlsplit(address).netloc) or urlsplit(address).scheme in ("http", "https", "ftp")


def target(page: Path, address: str, folder: Path):
    """File and fragment that an address on a page stands for; None if it names neither a page nor a file."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address:  # http:, mailto:, data:, javascript:
        return None
    base = folder if parts.path.startswith("/") else page.parent
    path = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else page
    return (path / "index.html" if path.is_dir() else path), unquote(parts.fragment)


def check(folder: Path) -> tuple:
    """What is wrong with a site, sentences; and how many pages, links and loads were looked at."""
    folder = folder.resolve()
    pages = {p: Page(p.read_text(encoding="utf-8")) for p in sorted(folder.rglob("*.html"))}
    wrong, links, loads = [], 0, 0
    for path, page in pages.items():
        name = path.relative_to(folder).as_posix()
        for address in page.links + page.loads:
            loading = address in page.loads
            links, loads = links + (not loading), loads + loading
            if outside(address):
                wrong += [f"{name} loads {address} from elsewhere"]*loading
                continue
            aim = target(path, address, folder)
            if aim is None:
                continue
            file, fragment = aim
            if not file.is_file() or not file.is_relative_to(folder):
                wrong.append(f"{name} links to {address}, which is not there")
            elif fragment and file in pages and fragment not in pages[file].ids:
                wrong.append(f"{name} links to {address}, and the page has no such place")
    for css in sorted(folder.rglob("*.css")):
        for address in addresses(css.read_text(encoding="utf-8", errors="replace")):
            aim = target(css, address, folder)
            if outside(address):
                wrong.append(f"{css.relative_to(folder)} loads {address} from elsewhere")
            elif aim and not aim[0].is_file():
                wrong.append(f"{css.relative_to(folder)} loads {address}, which is not there")
    return sorted(set(wrong)), dict(pages=len(pages), links=links, loads=loads)


def main(folder: Path) -> int:
    wrong, counts = check(folder)
    if not counts["pages"]:
        wrong = [f"{folder.name}: there is no page in it; run: make site"]
    for w in wrong[:100]:
        print(w, file=sys.stderr)
    print(f"{counts['pages']} pages, {counts['links']} links, {counts['loads']} files loaded: {len(wrong)} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else TOP / "_site" / "html"))
