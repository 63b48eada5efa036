from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from executing import results, specs

from harness.errors import HarnessError
from harness.registry import install
from harness.runs.executors import InProcess, Workers, choose, executors, usual
from harness.runs.executors.ray import Ray
from harness.runs.executors.slurm import Slurm

if TYPE_CHECKING:
    from pathlib import Path

    from harness.runs.executors import Executor

PLUGIN = '''
"""An executor of a third party, as the documentation shows one."""
from harness import Executor, execute, hookimpl

class Backwards(Executor):
    """This process, the last run first.

    Args:
        polite: whether it says so.
    """
    def __init__(self, polite: bool = False) -> None:
        self.polite = polite
    def run(self, specs, listener):
        for spec in reversed(list(specs)):
            listener.started(spec)
            yield execute(spec)
    def stop(self): ...
    def close(self): ...

@hookimpl
def harness_executors():
    return {"backwards": Backwards, "none": "mine_too:Missing", "wrong": int}
'''


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(PLUGIN)
    return str(tmp_path / "mine.py")


def test_an_executor_of_a_plugin_gives_the_same_results(file: str) -> None:
    plugins = install((file,))
    executor = choose(plugins, "backwards:polite=true", {"workers": None, "address": None})
    assert (type(executor).__name__, vars(executor)) == ("Backwards", {"polite": True})
    wanted = specs("gru", "elman", seeds=1)
    found = results(executor, wanted)
    assert found == results(InProcess(), wanted)
    assert list(found) == [spec.key for spec in reversed(wanted)]
    assert [entry.name for entry in executors(plugins)] == [
        "backwards",
        "none",
        "process",
        "ray",
        "slurm",
        "workers",
        "wrong",
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("process", InProcess), ("workers:workers=2", Workers), ("ray:cpus=2:gpus=0.5", Ray), ("slurm:runs=8", Slurm)],
)
def test_every_executor_has_a_name(text: str, kind: type[Executor]) -> None:
    assert isinstance(choose(install(()), text, {}), kind)
    assert isinstance(usual(install(()), 0), InProcess)
    assert isinstance(usual(install(()), None), Workers)


@pytest.mark.parametrize(
    ("text", "given", "reason"),
    [
        ("rya", {}, 'no executor is called "rya". Did you mean "ray"? (harness executors lists all 7)'),
        ("ray:cpu=2", {}, 'executor "ray" has no option "cpu". Did you mean "cpus"?'),
        ("ray:cpus=0", {}, 'executor "ray": cpus=0 cannot be used: it should be greater than 0.'),
        ("ray:address=a:1", {"address": "b:1"}, "--address and ray:address=a:1 exclude each other: give address once."),
        ("workers", {"address": "a:1"}, 'executor "workers" has no option "address".'),
        ("wrong", {}, '"wrong" of mine.py '),
        ("none", {}, '"none" of mine.py '),
    ],
)
def test_what_cannot_be_chosen_is_told(file: str, text: str, given: dict[str, object], reason: str) -> None:
    with pytest.raises(HarnessError) as error:
        choose(install((file,)), text, given)
    assert str(error.value).startswith(reason)


@pytest.mark.parametrize(("kind", "module"), [(Ray, "ray"), (Slurm, "submitit")])
def test_a_missing_extra_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, kind: type[Executor], module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(HarnessError, match=rf'pip install "cell-harness\[{kind.__name__.lower()}\]"'):
        kind().reach()


@pytest.mark.parametrize("kind", [Ray, Slurm])
def test_where_runs_are_given_their_gpus_there_is_no_number(kind: type[Executor]) -> None:
    assert [kind.device(name) for name in ("auto", "cpu", "cuda", "cuda:0")] == ["cpu", "cpu", "cuda:0", "cuda:0"]
    for name, reason in (("cuda:1", "it is --device cuda"), ("gpu", '"--device gpu" is no device')):
        with pytest.raises(HarnessError, match=reason):
            kind.device(name)
