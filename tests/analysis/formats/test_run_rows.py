from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.formats.runs import run_rows

if TYPE_CHECKING:
    from conftest import Maker


def test_a_run_lists_what_was_measured_of_it(make: Maker, measured: Maker) -> None:
    waiting = {"threads": 1, "others": 0.01, "workers": 1.0, "waited": 0.06}
    (row,) = run_rows([measured("lstm", 0, 2.0, waiting)])
    assert (row["forward"], row["forward_low"], row["inference_high"]) == (2e-6, 1e-6, 4e-6)
    assert (row["threads"], row["workers"], row["waited"], row["disturbed"]) == (1, 1.0, 0.06, True)
    (old,) = run_rows([make("lstm", 0, 0.5)])
    assert (old["forward"], old["memory"], old["disturbed"]) == (None, None, False)


def test_runs_have_an_object_each(make: Maker) -> None:
    (row,) = run_rows([make("lstm", 3, 0.1)])
    assert (row["cell"], row["seed"], row["status"], row["MSE"]) == ("lstm", 3, "finished", 0.1)
    assert len(row["run"]) == 16
