"""Measures the report of a results folder: how long it takes to write, its size, how long until a browser shows it.

Run it as: python benchmarks/report.py results/reference/six

It needs playwright and Chromium (HARNESS_CHROMIUM names one that is elsewhere). Shown means loaded and painted: two
frames after the load event, in a window of 1280 × 800, in a browser that runs already.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from harness.analysis.report import write
from harness.analysis.results import load

REPEATS = 7
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def shown(path: Path) -> list[float]:
    """Seconds until the page is painted, each time in a context of its own."""
    chromium = os.environ.get("HARNESS_CHROMIUM") or shutil.which("chromium")
    seconds = []
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(REPEATS):
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            page = context.new_page()
            start = time.perf_counter()
            page.goto(path.as_uri())
            page.evaluate(PAINTED)
            seconds.append(time.perf_counter() - start)
            context.close()
        browser.close()
    return seconds


def main(folder: Path) -> None:
    """Print all three."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "report.html"
        start = time.perf_counter()
        results = load(folder)
        write(results.comparison(), path, folder.name)
        written = time.perf_counter() - start
        seconds = shown(path)
        print(f"{len(results.records):,} runs: written in {written:.1f} s, {path.stat().st_size / 1e6:.1f} MB")
        print(f"shown in {median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}, {REPEATS} times)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
