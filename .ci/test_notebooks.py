#!/usr/bin/env python3
"""Run the notebooks of nbs/ as tests, two at a time, and count.

usage: test_notebooks.py [--slow] [--workers N] [--timeout SECONDS] [--list] [PATTERN ...]

A PATTERN picks the notebooks whose name contains it; without one, all run. The notebooks run in a temporary copy of
the checkout, so a test writes neither into nbs/ nor into figures/. One test is one code cell that checks something:
it has an `assert`, or calls `test_...`, `assert_...` or `ExceptionExpected`; cells that are exported are code, not
tests. A cell that raises has failed, and so have the test cells after it, which were not reached. A test that prints a
line beginning 'skipped:' is skipped, and so is a cell marked `#| slow`, without --slow. `#| eval: false` never runs.

The last line is 'N passed, N failed, N skipped'; the exit status is 0 only if something passed and nothing failed.
"""
import argparse
import ast
import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

TOP = Path(__file__).resolve().parent.parent
SECONDS = TOP / "runs" / "cache" / "test-seconds.json"  # what each notebook took last time, to start the longest first
NOT_COPIED = {".git", ".venv", "runs", "data", "_proc", "_docs", "_site", "build", "dist", "__pycache__",
              ".ipynb_checkpoints"}
PARAMETERS = {  # injected below the cell tagged `parameters`, to keep it short
    "run_table.ipynb": "rows = 'resnet18'",
    "score_losses.ipynb": "seeds, rows, epochs = 2, 'combo,mse', 2",
    "hmtnet.ipynb": "epochs = 1",
    "curves.ipynb": "seeds, n_samples, rate_steps = 2, 100, 40",
    "fairness.ipynb": "fresh, n_samples = 1000, 200",
    "features.ipynb": "seeds, n_faces = 2, 600",
    "speed.ipynb": "size, batch, steps, repeats, pairs = 64, 16, 4, 2, 8",
    "choices.ipynb": "networks, size, batch, rounds, compiled = 'resnet18,efficientnet_lite0', 48, 4, 2, ''",
    "contest.ipynb": "network, size, batch, steps, epochs, repeats, limit, workers = 'resnet18', 32, 16, 3, 1, 1, 300, '1'",
    "onpaper.ipynb": "tables = 'hydranet'",
    "faults.ipynb": "kills = 4",
    "memory.ipynb": "faces, size, batch, steps, nets = 20_000, 32, 8, 3, 'hmtnet,resnet18'",
    "cams.ipynb": "n_faces, n_random = 8, 2",
    "abuse.ipynb": "n_files = 300",
    "thresholds.ipynb": "row_name = 'resnet18'",
    "false_positives.ipynb": "studies, sims = 100, 300",
}


@dataclass
class Result:
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    report: str = ""

    def __str__(self) -> str:
        counts = f"{self.passed} passed" + "".join(
            f", {n} {what}" for n, what in ((self.failed, "failed"), (self.skipped, "skipped")) if n)
        return f"{'FAIL' if self.failed else 'ok  '} {self.seconds:6.1f} s  {self.name:<36} {counts}"


def directives(cell) -> set:
    """The `#|` directives of a code cell: {'export', 'slow', 'eval: false'}."""
    return {d.strip() for d in re.findall(r"^\s*#\s*\|\s*(.+)$", cell.source, flags=re.M)}


def is_test(cell) -> bool:
    """Whether a code cell checks something."""
    if any(d.split()[0] in ("export", "exports", "exporti") for d in directives(cell)):
        return False
    try:
        tree = ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.M))
    except SyntaxError:
        return False
    calls = (n.func for n in ast.walk(tree) if isinstance(n, ast.Call))
    names = {f.id if isinstance(f, ast.Name) else getattr(f, "attr", "") for f in calls}
    return (any(isinstance(n, ast.Assert) for n in ast.walk(tree))
            or any(n.startswith(("test_", "assert_")) or n == "ExceptionExpected" for n in names))


def says_skipped(cell) -> bool:
    """Whether the output of a cell has a line that begins 'skipped:'."""
    text = "".join(o.get("text", "") for o in cell.outputs if o.output_type == "stream")
    return any(line.startswith("skipped:") for line in text.split("\n"))


def prepared(path: Path, slow: bool):
    """The notebook at `path` as it is to be run: its cells, each with `todo` one of 'run', 'slow', 'never'."""
    nb = nbformat.read(path, as_version=4)
    if any(c.cell_type == "raw" and re.search(r"skip_exec:\s*true", c.source) for c in nb.cells):
        return nb, []
    cells = []
    for c in nb.cells:
        if c.cell_type != "code":
            continue
        d = directives(c)
        cells.append((c, "never" if "eval: false" in d else "slow" if "slow" in d and not slow else "run"))
        if path.name in PARAMETERS and "parameters" in c.metadata.get("tags", []):
            cells.append((nbformat.v4.new_code_cell(PARAMETERS[path.name]), "run"))
    nb.cells = [c for c, _ in cells]
    return nb, cells


def message(error: Exception, cell) -> str:
    """What went wrong in `cell`, in words for the log."""
    if isinstance(error, CellExecutionError):
        return str(error)
    what = {DeadKernelError: "the kernel died", CellTimeoutError: "the notebook's time was up"}
    return f"{what.get(type(error), repr(error))} in the cell\n{cell.source}"


async def run_cells(nb, cells: list, folder: Path, timeout: float, result: Result) -> None:
    """Run `cells` in order and count them into `result`."""
    client = NotebookClient(nb, kernel_name="python3", resources={"metadata": {"path": str(folder)}},
                            shutdown_kernel="immediate", coalesce_streams=True, extra_arguments=["--log-level=40"])
    end = time.monotonic() + timeout
    async with client.async_setup_kernel():
        for i, (cell, todo) in enumerate(cells):
            test = is_test(cell) and todo != "never"
            if todo != "run":
                result.skipped += test
                continue
            client.timeout = max(1, int(end - time.monotonic()))
            try:
                await client.async_execute_cell(cell, i)
            except Exception as e:  # whatever it was, it is this notebook's failure, and the others go on
                left = sum(is_test(c) and t == "run" for c, t in cells[i + 1:])
                result.failed += 1 + left
                result.report = message(e, cell) + (f"\n{left} tests after it were not reached" if left else "")
                return
            result.passed += test and not says_skipped(cell)
            result.skipped += test and says_skipped(cell)


def run_notebook(path: Path, name: str, slow: bool, timeout: float) -> Result:
    """Run one notebook in its own folder and count its tests."""
    result, start = Result(name), time.monotonic()
    try:
        nb, cells = prepared(path, slow)
        if cells:
            asyncio.run(run_cells(nb, cells, path.parent, timeout, result))
    except Exception as e:  # an unreadable notebook, a kernel that does not start
        result.failed += 1
        result.report = f"{type(e).__name__}: {e}"
    result.seconds = time.monotonic() - start
    return result


def find(patterns: list) -> list:
    """Names, relative to nbs/, of the notebooks to run."""
    names = sorted(p.relative_to(TOP / "nbs").as_posix() for p in (TOP / "nbs").rglob("*.ipynb"))
    names = [n for n in names if not any(part.startswith((".", "_")) for part in Path(n).parts)]
    return [n for n in names if not patterns or any(p in n for p in patterns)]


def copy_checkout(to: Path) -> None:
    """What the notebooks need of the checkout; of data/ only its README."""
    shutil.copytree(TOP, to, symlinks=True, ignore=lambda d, names: {
        n for n in names if n in NOT_COPIED and (Path(d) == TOP or n.startswith(("_", ".")))})
    if (TOP / "data" / "README.md").is_file():
        (to / "data").mkdir()
        shutil.copy(TOP / "data" / "README.md", to / "data")


def read_seconds() -> dict:
    """Seconds each notebook took last time; empty where that is not known."""
    try:
        return json.loads(SECONDS.read_text())
    except (OSError, ValueError):
        return {}


def run_all(names: list, args) -> list:
    """The Results of all notebooks, each printed as it comes in."""
    took, results = read_seconds(), []
    order = sorted(names, key=lambda n: -took.get(n, 30))
    with tempfile.TemporaryDirectory(prefix="facemtl-tests-", ignore_cleanup_errors=True) as tmp:
        copy_checkout(Path(tmp) / "facemtl")
        with ThreadPoolExecutor(args.workers) as pool:
            jobs = [pool.submit(run_notebook, Path(tmp) / "facemtl" / "nbs" / n, n, args.slow, args.timeout)
                    for n in order]
            for job in as_completed(jobs):
                results.append(r := job.result())
                print(r, flush=True)
                if r.report:
                    report = r.report if sys.stdout.isatty() else re.sub(r"\x1b\[[0-9;]*m", "", r.report)
                    print("\n".join("    " + line for line in report.split("\n")), flush=True)
    SECONDS.parent.mkdir(parents=True, exist_ok=True)
    SECONDS.write_text(json.dumps(took | {r.name: round(r.seconds, 1) for r in results}))
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="run the notebooks whose name contains it")
    parser.add_argument("--slow", action="store_true", help="run the cells marked `#| slow` too")
    parser.add_argument("--workers", type=int, default=2, help="notebooks at a time (default: 2)")
    parser.add_argument("--timeout", type=float, default=900, help="seconds a notebook may take (default: 900)")
    parser.add_argument("--list", action="store_true", help="only list the notebooks and their tests")
    args = parser.parse_args()
    names, start = find(args.patterns), time.monotonic()
    if args.list:
        for n in names:
            print(f"{sum(is_test(c) and t != 'never' for c, t in prepared(TOP / 'nbs' / n, True)[1]):4} {n}")
        return 0
    for var in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(var, "1")
    os.environ.setdefault("FACEMTL_CACHE", str(TOP / "runs" / "cache"))
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    results = run_all(names, args)
    passed, failed, skipped = (sum(getattr(r, k) for r in results) for k in ("passed", "failed", "skipped"))
    if failed:
        print("failed:", ", ".join(sorted(r.name for r in results if r.failed)))
    if not passed + failed:
        print("no test ran", file=sys.stderr)
    print(f"{len(results)} notebooks in {time.monotonic() - start:.0f} s")
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        os._exit(130)  # the kernels end by themselves when their parent is gone
