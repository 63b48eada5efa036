from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import pytest
from executing import specs

from harness.errors import HarnessError, LoadError
from harness.modeling.sizing import Size
from harness.runs.limits import Limits
from harness.runs.questions import Answer, Apart, Asker, Here, Question

if TYPE_CHECKING:
    from pathlib import Path

ASKERS = [Here(), Apart(Limits())]


@pytest.fixture(params=ASKERS, ids=["here", "apart"])
def asker(request: pytest.FixtureRequest) -> Asker:
    found: Asker = request.param
    return found


def test_all_is_well(asker: Asker) -> None:
    (spec,) = specs("gru", seeds=1)
    with closing(asker):
        answers = {question: asker.ask(question, spec) for question in get_args(Question)}
    assert answers.pop("size").size == Here().ask("size", spec).size is not None
    assert set(answers.values()) == {Answer()}


def test_what_can_be_mended_is_an_error_and_what_cannot_is_left_to_the_run(asker: Asker, tmp_path: Path) -> None:
    """With its kind and its traceback, whichever process it comes from."""
    (tmp_path / "broken.py").write_text("class Wrong: pass\nimport missing_module")
    (tmp_path / "buggy.py").write_text(
        "import sys\nfrom harness import Cell\n"
        "class Buggy(Cell):\n    def __init__(self, input_size, hidden_size):\n        raise ZeroDivisionError\n"
        "    def step(self, x, h):\n        return h\n"
        "class Loud(Cell):\n    pass\n"
        "print('hello')\n"
    )
    broken, buggy, gru = specs(f"{tmp_path}/broken.py:Wrong", f"{tmp_path}/buggy.py:Buggy", "gru", seeds=1)
    with closing(asker):
        failed = asker.ask("cell", broken).error
        assert type(failed) is LoadError
        assert "No module named 'missing_module'" in str(failed)
        assert "ModuleNotFoundError" in failed.__notes__[-1]
        (deed,) = asker.ask("cell", buggy).deeds
        assert deed.endswith('printed "hello": undone.')
        assert asker.ask("size", buggy) == Answer()
        unmet = asker.ask("size", replace(gru, size=Size("params", 3))).error
        assert type(unmet) is HarnessError
        assert "hidden size 1 already has" in str(unmet)
