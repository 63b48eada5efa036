from __future__ import annotations

import os
import subprocess
import sys

from harness.cli import completion


def test_names_are_proposed_after_those_already_listed() -> None:
    assert completion.cells("lst") == ["lstm"]
    assert completion.cells("lstm,gr") == ["lstm,gru"]
    assert {"adding", "all"} <= set(completion.tasks("a"))
    assert completion.tasks("nothing like it") == []


def test_a_shell_gets_the_proposals() -> None:
    asked = {"_HARNESS_COMPLETE": "complete_bash", "COMP_WORDS": "harness run --cells lst", "COMP_CWORD": "3"}
    code = "import sys; sys.argv = ['harness']; from harness.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["lstm"], done.stderr
