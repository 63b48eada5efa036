"""The report in a real browser: `tox -e report`."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.report import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Results

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("HARNESS_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine (HARNESS_CHROMIUM names one)", allow_module_level=True)

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(1)</script>\"'"
Opened = tuple[Any, list[str]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, results: Results, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a report; gives the page, and whatever went wrong on it or was fetched by it."""
    contexts = []

    def open_(text: str = "", **options: Any) -> Opened:
        path = tmp_path / "report.html"
        write(results(text), path, f"mine{text}")
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        page, wrong = context.new_page(), []
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith("file:") or wrong.append(request.url))
        page.goto(path.as_uri())
        return page, wrong

    yield open_
    for context in contexts:
        context.close()


def texts(page: Any, selector: str) -> list[str]:
    """What a reader sees of some elements."""
    return [element.inner_text() for element in page.locator(selector).all() if element.is_visible()]


def test_nothing_foreign_runs_and_nothing_is_fetched(opened: Callable[..., Opened]) -> None:
    page, wrong = opened(HOSTILE)
    page.locator("#curves .chart").first.focus()
    page.keyboard.press("ArrowRight")
    page.locator("summary").evaluate_all("all => all.forEach((one) => { one.parentElement.open = true; })")
    page.wait_for_timeout(100)
    assert wrong == []
    assert f"lstm{HOSTILE}" in texts(page, ".tip")[0]


def test_headings_sort_both_ways(opened: Callable[..., Opened]) -> None:
    page, wrong = opened()
    rows = ".scores tbody th"
    heading = page.locator(".scores thead button", has_text="adding")
    heading.click()
    assert [text.partition(":")[0] for text in texts(page, rows)] == ["lstm", "gru", "broken"]
    heading.press("Enter")  # by keyboard, and the other way round
    assert [text.partition(":")[0] for text in texts(page, rows)] == ["gru", "lstm", "broken"]  # no score: last
    assert page.locator(".scores thead [aria-sort=descending]").count() == 1
    page.locator("#all thead button", has_text="seed").click()
    assert texts(page, "#all tbody td:nth-child(4)") == sorted(texts(page, "#all tbody td:nth-child(4)"))
    assert wrong == []


def test_cells_tasks_and_runs_are_filtered(opened: Callable[..., Opened]) -> None:
    page, wrong = opened()
    assert len(texts(page, "#curves .chart")) == 2
    page.locator("#tasks").fill("ADD")
    assert [text.split()[0] for text in texts(page, "#curves figcaption")] == ["adding"]
    assert len(texts(page, ".scores thead th")) == 2
    page.locator(".legend label", has_text="gru").click()
    assert [text.partition(":")[0] for text in texts(page, ".scores tbody th")] == ["lstm", "broken"]
    page.locator("#find").fill("lstm 2")
    assert page.locator("#count").inner_text().endswith("of 14")
    assert {text.partition(":")[0] for text in texts(page, "#all tbody td:nth-child(2)")} == {"lstm"}
    assert wrong == []


def test_charts_tell_their_values_to_pointer_and_keyboard(opened: Callable[..., Opened]) -> None:
    page, wrong = opened()
    chart = page.locator("#curves .chart").first
    chart.focus()
    page.keyboard.press("ArrowLeft")
    assert texts(page, ".tip")[0].split("\n")[0] == "step 10"
    assert "0.110 ±0.025" in texts(page, ".tip")[0]
    page.keyboard.press("ArrowLeft")
    assert texts(page, ".tip")[0].split("\n")[0] == "step 5"
    page.keyboard.press("Escape")
    assert texts(page, ".tip") == []
    box = page.locator("#quality .chart svg").first.bounding_box()
    page.locator("#quality .chart svg").first.hover(position={"x": box["width"] * 0.9, "y": box["height"] * 0.3})
    assert "gru" in texts(page, ".tip")[0]
    assert wrong == []


@pytest.mark.parametrize("text", ["", "W" * 60])
def test_on_a_phone_only_tables_scroll_sideways(opened: Callable[..., Opened], text: str) -> None:
    page, _ = opened(text, viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#tasks").scroll_into_view_if_needed()
    assert page.locator("#curves .chart").first.bounding_box()["width"] <= 360


def test_in_the_dark_and_on_paper(opened: Callable[..., Opened]) -> None:
    page, _ = opened(color_scheme="dark")
    back = "getComputedStyle(document.documentElement).backgroundColor"
    line = "getComputedStyle(document.querySelector('#curves .line')).stroke"
    dark = page.evaluate(back), page.evaluate(line)
    page.emulate_media(media="print")
    paper = page.evaluate(back), page.evaluate(line)
    assert dark[0] == "rgb(20, 23, 28)"
    assert paper[0] == "rgb(255, 255, 255)"
    assert dark[1] != paper[1]
    assert not page.locator("#tasks").is_visible()
    assert page.pdf().startswith(b"%PDF")
