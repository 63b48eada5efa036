"""What docs/example.md shows is what commands print for the committed results, and each number of its text is there.

`HARNESS_UPDATE_DOCS=1 pytest tests/cli/test_example.py` writes what they print now where nothing is left out.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import harness as package
from harness.analysis.questions.across import Across
from harness.analysis.report.verdict import verdict

if TYPE_CHECKING:
    from conftest import Command

    from harness.analysis.comparison import Comparison
    from harness.analysis.comparison.scores import Score

REPOSITORY = Path(__file__).parent.parent.parent
PAGE = REPOSITORY / "docs" / "example.md"
BLOCK = re.compile(
    r"```console\n\$ harness (?P<command>.*)\n(?P<printed>(?s:.*?))```\n"
    r"|<!-- harness (?P<written>.*) -->\n(?P<markdown>(?s:.*?))\n<!-- -->\n"
)
LEFT_OUT = "...\n"
"""Stands on a line of its own where a block leaves lines out."""
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?")
APART = re.compile(r"^    .*$|^> .*$|\]\(.*?\)|<!--.*?-->", re.MULTILINE)
"""What is no text: commands, the verdict, addresses."""
OF_PAPERS = {"2014", "2017", "9.10", "8.54", "8.67"}
"""Years, and the test NLL of Chung et al. for tanh, GRU and LSTM on the chorales."""


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def six() -> Comparison:
    return package.load(REPOSITORY / "results" / "reference" / "six", whole=False).comparison()


def test_commands_print_what_is_shown(page: str, harness: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setenv("COLUMNS", "80")
    new, printed = page, {}
    for block in BLOCK.finditer(page):
        command, shown = block["command"] or block["written"], block["printed"] or block["markdown"]
        if command not in printed:
            done = harness(*shlex.split(command))
            assert done.code == 0, done.err
            printed[command] = "".join(f"{line.rstrip()}\n" for line in done.out.strip("\n").splitlines())
        text, place = printed[command], 0
        if os.environ.get("HARNESS_UPDATE_DOCS") and LEFT_OUT not in shown and block["command"]:
            new = new.replace(shown, text)
            continue
        for part in shown.split(LEFT_OUT):
            assert part in text[place:], f"harness {command} does not print, or not here:\n{part}"
            place = text.index(part, place) + len(part)
    if new != page:
        PAGE.write_text(new, encoding="utf-8")


@pytest.mark.parametrize(("style", "file"), [("markdown", "table.md"), ("csv", "table.csv")])
def test_the_tables_beside_the_runs_are_of_today(harness: Command, style: str, file: str) -> None:
    folder = REPOSITORY / "results" / "reference" / "six"
    assert harness("table", folder, "--format", style).out == (folder / file).read_text(encoding="utf-8")


def test_the_verdict_is_that_of_the_report(page: str, six: Comparison) -> None:
    assert [line.removeprefix("> ") for line in page.splitlines() if line.startswith("> ")] == verdict(six)


def test_each_number_of_the_text_stands_in_a_block(page: str) -> None:
    blocks = "\n".join([*(block[0] for block in BLOCK.finditer(page)), *re.findall("^> .*$", page, re.MULTILINE)])
    known = {*NUMBER.findall(blocks), *OF_PAPERS}
    text = APART.sub(" ", BLOCK.sub(" ", page))
    assert sorted(set(NUMBER.findall(text)) - known) == []


def test_the_picture_is_of_these_ranks(six: Comparison) -> None:
    drawn = set(re.findall(">([^<]*)</text>", PAGE.with_name("example-ranks.svg").read_text(encoding="utf-8")))
    ranking = Across.of(six).ranking  # type: ignore[union-attr]  # there are two tasks
    names = {f"{cell}  {rank:.1f}": f"{rank:.1f}  {cell}" for cell, rank in ranking.ranks.items()}
    assert all(left in drawn or right in drawn for left, right in names.items())
    assert f"critical difference {ranking.critical:.2f}" in drawn


def test_what_the_text_says_in_words(six: Comparison) -> None:
    pairs = {(pair.task, pair.better, pair.worse): pair for column in six.columns for pair in column.pairs}
    lost = pairs["char-lm", "gru", "elman"]
    assert lost.improvement == 1  # gru was better with each seed
    assert not lost.decided
    assert {cell for cell in six.cells if score(six, "char-lm", cell).mean < baseline(six, "char-lm")} == {"gru"}
    above = {cell for cell in six.cells if score(six, "word-lm", cell).mean > baseline(six, "word-lm")}
    assert above == {"elman", "simple-gru"}
    assert max(score(six, "sentiment", cell).mean for cell in six.cells) < baseline(six, "sentiment")
    assert {cell for cell in six.cells if score(six, "copy", cell).mean < 12.5} == {"elman", "jordan"}
    assert pairs["word-lm", "lstm", "jordan"].decided
    assert not pairs["char-lm", "torch-lstm", "lstm"].decided
    assert pairs["g2p", "lstm", "torch-lstm"].decided
    assert pairs["temporal-order", "lstm", "torch-lstm"].decided
    assert not pairs["adding", "lstm", "torch-lstm"].decided
    assert not pairs["digit-strings", "torch-lstm", "lstm"].decided
    assert best(six, "g2p") == {"simple-gru", "gru", "lstm"}
    assert best(six, "spell") == {*six.cells} - {"jordan"}
    assert best(six, "music") == {"jordan"}


def test_what_the_text_says_of_the_runs_that_ask_why() -> None:
    papers = package.load(REPOSITORY / "results" / "reference" / "papers", whole=False).comparison()
    chosen = {
        (column.runs[cell][0].spec.task.label, cell): column.runs[cell][0].spec.recipe.learning_rate
        for column in papers.columns
        for cell in column.runs
        if column.runs[cell][0].spec.tune
    }
    assert chosen["char-lm", "simple-gru"] < chosen["char-lm", "gru"] == 0.02 < chosen["char-lm", "lstm"]
    assert chosen["music", "elman"] < min(chosen["music", "gru"], chosen["music", "lstm"])
    letters = {(score.task, score.cell): score.letters for score in papers.scores}
    for other in ("gru", "lstm"):  # what elman was ahead is gone
        assert set(letters["music (full)", "elman"]) & set(letters["music (full)", other])
    assert set(letters["music (quick, tune=8)", "elman"]) & set(letters["music (quick, tune=8)", "gru"])


def score(six: Comparison, task: str, cell: str) -> Score:
    return next(score for score in six.scores if (score.task, score.cell) == (task, cell))


def baseline(six: Comparison, task: str) -> float:
    """The strongest one."""
    return next([*column.baselines.values()][-1] for column in six.columns if column.title == task)


def best(six: Comparison, task: str) -> set[str]:
    return {score.cell for score in six.scores if score.task == task and score.best}
