"""Plugins that are bad guests: each is named, what it did is undone, and everything else works on."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from harness.errors import HarnessError, PluginWarning
from harness.registry import Plugins
from harness.registry.guard import guarded

if TYPE_CHECKING:
    from pathlib import Path

OFFER = """
from harness import hookimpl

@hookimpl
def harness_cells():
    return {"mine": "json:JSONDecoder"}
"""
DEEDS = {
    "print('hello')": 'printed "hello"',
    "import torch; torch.set_default_dtype(torch.float64)": "changed the default dtype of torch",
    "import torch; torch.manual_seed(7)": "changed the seed of torch",
    "import torch; torch.set_num_threads(torch.get_num_threads() + 1)": "changed the number of threads of torch",
    "import torch; torch.set_grad_enabled(False)": "changed whether torch keeps gradients",
    "import torch; torch.use_deterministic_algorithms(True)": "changed whether torch is deterministic",
    "import random; random.seed(1)": "changed the random numbers of Python",
    "import numpy; numpy.random.seed(1)": "changed the random numbers of numpy",
    "import os; os.chdir('/')": "changed the working directory",
}
ENDS = {
    "raise ValueError('a bug of mine')": "ValueError: a bug of mine",
    "import sys; sys.exit(3)": "it exits the process (code 3)",
    "import os; os._exit(4)": "it exits the process (code 4)",
    "while True: pass": "it took more than 0.2 s",
    "import time; time.sleep(60)": "it took more than 0.2 s",
    "while True:\n    try:\n        import time; time.sleep(9)\n    except Exception: pass": "it took more than 0.2 s",
}


def shared() -> list[object]:
    return [
        os.getcwd(),  # noqa: PTH109 - as the guard does
        torch.get_default_dtype(),
        torch.initial_seed(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        random.getstate(),
        np.random.get_state()[1].tolist(),  # noqa: NPY002 - the global one is what is guarded
    ]


def loaded(path: Path, source: str) -> Plugins:
    path.write_text(source)
    plugins = Plugins()
    plugins.load_named(str(path))
    return plugins


@pytest.mark.parametrize("deed", DEEDS)
def test_what_a_plugin_does_to_the_process_is_named_and_undone(deed: str, tmp_path: Path, capsys: object) -> None:
    before = shared()
    with pytest.warns(PluginWarning, match=r"^my_plugin\.py \w{8} .*: undone\.$") as told:
        plugins = loaded(tmp_path / "my_plugin.py", deed + OFFER)
    assert DEEDS[deed] in str(told[0].message)
    assert shared() == before
    assert [entry.name for entry in plugins.cells()] == ["mine"]
    assert capsys.readouterr().out == ""  # type: ignore[attr-defined]


@pytest.mark.parametrize("end", ENDS)
def test_a_plugin_that_does_not_come_back_is_named_and_refused(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_PLUGIN_SECONDS", "0.2")
    [broken] = loaded(tmp_path / "my_plugin.py", end + OFFER).broken
    assert broken.reason == ENDS[end]
    assert broken.origin.distribution == "my_plugin.py"


def test_a_hook_is_watched_as_an_import_is(tmp_path: Path) -> None:
    source = OFFER.replace("    return", "    import torch; torch.set_default_dtype(torch.float64)\n    return")
    plugins = loaded(tmp_path / "my_plugin.py", source)
    with pytest.warns(PluginWarning, match=r"^harness_cells of my_plugin\.py \w+ changed the default dtype of torch"):
        assert len(list(plugins.cells())) == 1
    assert torch.get_default_dtype() == torch.float32


def test_the_module_of_a_cell_is_watched_when_it_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "seeding_cells.py").write_text("import torch\ntorch.manual_seed(7)\nclass Mine: ...\n")
    plugins = loaded(tmp_path / "my_plugin.py", OFFER.replace("json:JSONDecoder", "seeding_cells:Mine"))
    [entry] = plugins.cells()
    with pytest.warns(PluginWarning, match=r'^"mine" of my_plugin\.py \w+ changed the seed of torch: undone'):
        entry.load()


def test_torch_that_the_plugin_itself_brings_in_is_watched_too(tmp_path: Path) -> None:
    path = tmp_path / "my_plugin.py"
    path.write_text("import torch\ntorch.set_num_threads(torch.get_num_threads() + 3)\n" + OFFER)
    code = f"""
import sys
from harness.registry import install
assert "torch" not in sys.modules
install([{str(path)!r}])
import torch, os
assert torch.get_num_threads() == int(os.environ["OMP_NUM_THREADS"])
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert "changed the number of threads of torch: undone" in done.stderr


@pytest.mark.parametrize("value", ["3", "None", "['a']", "object()"])
def test_what_is_no_class_and_no_place_of_one_is_refused_by_name(value: str, tmp_path: Path) -> None:
    plugins = loaded(tmp_path / "my_plugin.py", OFFER.replace('"json:JSONDecoder"', value))
    assert list(plugins.cells()) == []
    [broken] = plugins.broken
    assert 'harness_cells must give a class or "package.module:Class" for "mine", not' in broken.reason


def test_listing_goes_on_with_a_printing_plugin_and_stays_json(tmp_path: Path) -> None:
    (tmp_path / "my_plugin.py").write_text("print('[noise')\n" + OFFER)
    command = [sys.executable, "-m", "harness", "cells", "--json", "--plugin", "my_plugin.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[")
    assert "noise" not in done.stdout
    assert done.stderr.startswith("! my_plugin.py ")
    assert done.stderr.rstrip().endswith('printed "[noise": undone.')


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_process_that_is_forked_meanwhile_may_exit() -> None:
    with guarded(5):
        child = os.fork() if hasattr(os, "fork") else 0
        if child == 0 and hasattr(os, "fork"):
            os._exit(6)
        assert not child or os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 6
    leave = os._exit
    with guarded(5), guarded(5):  # the outer one watches already
        assert os._exit is not leave
    assert os._exit is leave


@pytest.mark.parametrize("text", ["0", "soon", "-1", "inf", "nan"])
def test_a_limit_that_is_no_time_is_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGIN_SECONDS", text)
    [broken] = loaded(tmp_path / "my_plugin.py", OFFER).broken
    assert broken.reason == f"HARNESS_PLUGIN_SECONDS={text} cannot be used: it should be a number of seconds."


def test_nothing_is_said_of_a_good_guest() -> None:
    with guarded(5) as done:
        torch.randn(3)
    assert done == []
    with pytest.raises(HarnessError, match="exits the process"), guarded(5):
        sys.exit(1)
