from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from harness.analysis.comparison.compare import compare
from harness.analysis.formats.html import html

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import BaselineRecord


class Texts(HTMLParser):
    """The tags of a page, and the text of each cell of its tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - what it is called with
        self.tags.add(tag)
        if tag in {"td", "th"}:
            self.inside = True
            self.cells.append("")
        elif tag == "br":
            self.cells[-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self.cells and self.inside:
            self.cells[-1] += data.strip("\n")


def test_the_table_has_cells_by_tasks(make: Maker, baseline: BaselineRecord) -> None:
    records = [make("lstm", seed, score, solved=seed == 1) for seed, score in enumerate([0.1, 0.2, 0.3])]
    cells = Texts(html(compare(records, [baseline]))).cells
    assert cells[:4] == ["cell", "adding\n↓ MSE", "lstm", "0.200 ±.248\n1/3 solved (6–79%)\nhalf: not yet"]
    assert cells[4:6] == ["baseline", "0.125 oracle of sorts\n0.167 constant"]
    transposed = Texts(html(compare(records, [baseline]), transpose=True)).cells
    assert transposed[:5] == [
        "task",
        "lstm",
        "baseline",
        "adding\n↓ MSE",
        "0.200 ±.248\n1/3 solved (6–79%)\nhalf: not yet",
    ]


def test_markup_in_a_foreign_name_stays_text(make: Maker) -> None:
    foreign = "<script>alert('x')</script><img src=x onerror=alert(1)>"
    page = html(compare([make(foreign, 0, None, status="failed", reason=foreign)], []))
    assert {"script", "img"}.isdisjoint(Texts(page).tags)
    assert foreign in Texts(page).cells
