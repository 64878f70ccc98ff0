#!/usr/bin/env python3
"""Open every page of the built site in a browser, at the width of a desk and of a telephone, and say what is wrong.

usage: look.py [--shots FOLDER] [PATTERN ...]   pages whose name contains a PATTERN; default all

Wrong is: a message of an error on the console, a request that fails or leaves this machine, a page that is wider than
the window, a picture that is not shown, a directive that was left, mathematics that was not set, a search that finds
nothing, and a map that shows no face. It needs the package playwright and a Chromium: $CHROMIUM, or one that is found
by one of its names.
"""
import argparse
import functools
import http.server
import os
import shutil
import sys
import threading
from pathlib import Path

HTML = Path(__file__).resolve().parent.parent / "_site" / "html"
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


class Silent(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/favicon.ico":  # the browser's own question; a table that stands alone names no icon
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *args):
        return


def chromium() -> str:
    """Where the browser is; raises SystemExit where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), "")
    if not found:
        raise SystemExit("look: no Chromium was found; install one, or let $CHROMIUM say where it is")
    return found


def look(page, url: str, wrong: list, name: str) -> None:
    """Open one page and add what is wrong with it."""
    page.goto(url, wait_until="load")
    page.wait_for_timeout(150)  # scripts that run after loading
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 1:
        wrong.append(f"{name}: {wide} pixels wider than the window")
    for picture in page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"):
        wrong.append(f"{name}: no picture at {picture[:200]}")
    if page.evaluate("[...document.querySelectorAll('pre')].some(p => /^#\\|/m.test(p.textContent))"):
        wrong.append(f"{name}: a directive was left in the code")
    maths, done = page.evaluate("[document.querySelectorAll('.math').length, "
                                "document.querySelectorAll('.math mjx-container').length]")
    if maths and not done:
        page.wait_for_timeout(3000)
        if not page.evaluate("document.querySelectorAll('.math mjx-container').length"):
            wrong.append(f"{name}: {maths} formulae were not set")


def ask_map(page, url: str, wrong: list, name: str) -> None:
    """An interactive map has to answer the keys with a face and words."""
    page.goto(url, wait_until="load")
    page.focus("#plot")
    page.keyboard.press("ArrowRight")
    if "url(" not in page.evaluate("document.getElementById('face').style.backgroundImage"):
        wrong.append(f"{name}: no face is shown")
    if ":" not in page.inner_text("#words"):
        wrong.append(f"{name}: nothing is said of the face")


def search(page, base: str, wrong: list, word: str = "bootstrap") -> None:
    """The search has to find a word of the course."""
    page.goto(f"{base}/search.html?q={word}", wait_until="load")
    page.wait_for_timeout(4000)  # the index is read and the results come one by one
    if not page.locator("#search-results li a").count():
        wrong.append(f"search: nothing is found for {word!r}")


def visit(browser, base: str, size: str, names: list, shots) -> list:
    """Look at all pages in a window of one size."""
    width, height = SIZES[size]
    page, wrong, now = browser.new_page(viewport=dict(width=width, height=height)), [], [""]
    page.on("console", lambda m: m.type == "error" and wrong.append(f"{now[0]} ({size}): console: {m.text}"))
    page.on("pageerror", lambda e: wrong.append(f"{now[0]} ({size}): {e}"))
    page.on("requestfailed", lambda r: wrong.append(f"{now[0]} ({size}): failed: {r.url[:200]}"))
    page.on("request", lambda r: r.url.startswith((base, "data:", "blob:"))
            or wrong.append(f"{now[0]} ({size}): leaves this machine: {r.url[:200]}"))
    for name in names:
        now[0] = name
        look(page, f"{base}/{name}", wrong, f"{name} ({size})")
        if shots:
            file = Path(shots) / size / f"{name.replace('/', '-')}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(file))
        if name.endswith("features-map.html"):
            ask_map(page, f"{base}/{name}", wrong, f"{name} ({size})")
    now[0] = "search"
    search(page, base, wrong)
    page.close()
    return wrong


def main() -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shots", default="", help="folder for screenshots")
    parser.add_argument("patterns", nargs="*")
    args = parser.parse_args()
    names = sorted(p.relative_to(HTML).as_posix() for p in HTML.rglob("*.html") if "_static" not in p.parts)
    names = [n for n in names if not args.patterns or any(p in n for p in args.patterns)]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=QUIET)
        wrong = [w for size in SIZES for w in visit(browser, base, size, names, args.shots)]
        browser.close()
    server.shutdown()
    for w in wrong:
        print(w, file=sys.stderr)
    print(f"{len(names)} pages in {len(SIZES)} widths: {len(wrong)} wrong")
    return bool(wrong) or not names


if __name__ == "__main__":
    sys.exit(main())
