from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.formats.latex import latex
from harness.analysis.formats.signs import escape

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Maker

    from harness.runs.record import BaselineRecord

NASTY = r"""a_b#c$d%e&f{g}h~i^j\k<l>m|n"o'p`q--r[s]t*u ü ł ĄĦÞαΩμ ↓ ± – “x” 中 🙂 é"""


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("50% of a_b & c", r"50\% of a\_b \& c"),
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
        ("two\n lines", "two lines"),
        ("a--b", "a-{}-b"),
        ("*", "{}*"),  # which would belong to the \\ of the row before
        (
            "λ Δ \N{GREEK CAPITAL LETTER ALPHA} \N{GREEK SMALL LETTER OMICRON}",
            r"\ensuremath{\lambda} \ensuremath{\Delta} A o",
        ),
        ("Müller ﬁ ½", "Müller fi 1/2"),
        ("a中", "a[U+4E2D]"),
    ],
)
def test_every_sign_is_written_so_that_it_is_shown(text: str, written: str) -> None:
    assert escape(text) == written


def test_scores_stand_between_rules_with_the_best_in_bold(make: Maker, baseline: BaselineRecord) -> None:
    records = [make("lstm", seed, score) for seed, score in enumerate([0.1, 0.2, 0.3])]
    records += [make("my_cell", seed, score) for seed, score in enumerate([2.0, 2.1, 2.2])]
    lines = latex(compare(records, [baseline])).splitlines()
    start = lines.index(r"\toprule")
    assert lines[start + 2] == r"\midrule"
    assert lines[start + 3] == r"lstm & \textbf{0.200} \ensuremath{\pm}.248 a \\"
    assert lines[start + 4] == r"my\_cell & 2.100 \ensuremath{\pm}.248 b \\"
    assert lines[start + 5] == r"\midrule"
    assert lines[start + 6].startswith("baseline & ")
    assert lines[start + 7] == r"\bottomrule"


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex on this machine")
@pytest.mark.parametrize("part_of_another", [False, True])
def test_it_compiles_as_it_is_and_in_another_document(make: Maker, tmp_path: Path, *, part_of_another: bool) -> None:
    records = [make("lstm", 0, 0.1), make(NASTY, 0, 0.2), make("bad", 0, None, status="failed", reason=NASTY * 20)]
    (tmp_path / "table.tex").write_text(latex(compare(records, [])))
    whole = r"\documentclass{article}\usepackage{booktabs,graphicx}\begin{document}x\input{table.tex}y\end{document}"
    (tmp_path / "whole.tex").write_text(whole)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode"]
    name = "whole.tex" if part_of_another else "table.tex"
    done = subprocess.run([*command, name], cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout
