"""Plugins of installed distributions, of files and of modules; one that fails takes nothing with it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from harness.registry import Plugins

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEAD = "from harness import hookimpl\n\n"
GOOD = HEAD + '@hookimpl\ndef harness_cells():\n    return {{"{name}": "json:JSONDecoder"}}\n'
REPORT = """
import json
from harness.registry import install
plugins = install({asked})
print(json.dumps({{
    "cells": sorted(f"{{e.origin}}: {{e.name}}" for e in plugins.cells()),
    "broken": [str(b) for b in plugins.broken],
}}))
"""


class Site:
    """A folder of installed distributions, as pip would leave it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def install(
        self, distribution: str, module: str, source: str, version: str = "1.0", entry: str | None = None
    ) -> None:
        (self.path / f"{module}.py").write_text(source)
        info = self.path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[harness]\n{entry or module} = {module}\n")
        (info / "top_level.txt").write_text(f"{module}\n")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def discover(folder: Path, asked: Sequence[str] = ()) -> dict[str, list[str]]:
    """What a new process, with the folder on its path, finds."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r})\n{REPORT.format(asked=list(asked))}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    found = json.loads(done.stdout)
    return {**found, "broken": [line for line in found["broken"] if not line.startswith("cell-harness ")]}


def test_an_installed_distribution_is_found_and_one_that_fails_is_reported(site: Site) -> None:
    site.install("good-cells", "good_cells", GOOD.format(name="good"), version="2.1")
    site.install("missing-cells", "missing_cells", "import foo_that_is_not_there\n")
    site.install("exiting-cells", "exiting_cells", "import sys\nsys.exit('no licence')\n")
    site.install("a-failing-hook", "failing_hook", HEAD + "@hookimpl\ndef harness_cells():\n    return 1 / 0\n")
    found = discover(site.path)
    assert "good-cells 2.1: good" in found["cells"]
    assert "cell-harness 0.1.0: lstm" in found["cells"]
    assert sorted(found["broken"]) == [
        "a-failing-hook 1.0 could not be loaded: harness_cells failed: ZeroDivisionError: division by zero",
        "exiting-cells 1.0 could not be loaded: it exits the process (code no licence)",
        "missing-cells 1.0 could not be loaded: No module named 'foo_that_is_not_there'",
    ]


def test_two_distributions_may_call_their_entry_points_and_cells_the_same(site: Site) -> None:
    site.install("first-cells", "first_cells", GOOD.format(name="mgu"), entry="cells")
    site.install("second-cells", "second_cells", GOOD.format(name="mgu"), entry="cells")
    found = discover(site.path)
    assert {"first-cells 1.0: mgu", "second-cells 1.0: mgu"} <= set(found["cells"])
    assert found["broken"] == []


def test_a_module_asked_for_by_name_is_attributed_and_comes_once(site: Site) -> None:
    site.install("good-cells", "good_cells", GOOD.format(name="good"))
    (site.path / "loose.py").write_text(GOOD.format(name="free"))
    found = discover(site.path, asked=["good_cells", "loose", "loose"])
    ours = [line for line in found["cells"] if "good" in line or "free" in line]
    assert ours == ["good-cells 1.0: good", "loose ?: free"]
    assert found["broken"] == []


def loaded(tmp_path: Path, source: str, name: str = "my_cell.py") -> Plugins:
    path = tmp_path / name
    path.write_text(textwrap.dedent(source))
    plugins = Plugins()
    plugins.load_named(str(path))
    return plugins


def test_a_file_is_a_plugin_too(tmp_path: Path) -> None:
    plugins = loaded(tmp_path, GOOD.format(name="mine"))
    [entry] = plugins.cells()
    assert entry.load() is json.JSONDecoder
    assert entry.origin.distribution == "my_cell.py"
    assert len(entry.origin.version) == 8
    plugins.load_named(str(tmp_path / "my_cell.py"))
    plugins.load_named(f"{tmp_path}/../{tmp_path.name}/my_cell.py")
    assert len(list(plugins.cells())) == 1
    assert plugins.broken == []


def test_two_files_of_one_name_are_two_plugins(tmp_path: Path) -> None:
    plugins = loaded(tmp_path, GOOD.format(name="one"))
    (tmp_path / "other").mkdir()
    second = tmp_path / "other" / "my_cell.py"
    second.write_text(GOOD.format(name="two"))
    plugins.load_named(str(second))
    assert [entry.name for entry in plugins.cells()] == ["one", "two"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (HEAD + "@hookimpl\ndef harness_cell(): ...", "there is no hook harness_cell. Did you mean"),
        ("def harness_cells(): ...", "it has no function marked @hookimpl (a class alone can be tried as"),
        ("class Cell: ...", "it has no function marked @hookimpl (a class alone can be tried as"),
        (HEAD + "@hookimpl\ndef harness_cells(config): ...", "PluginValidationError: Plugin "),
    ],
)
def test_a_plugin_that_offers_nothing_is_told_why(tmp_path: Path, source: str, reason: str) -> None:
    plugins = loaded(tmp_path, source)
    [broken] = plugins.broken
    assert broken.asked
    assert broken.reason.startswith(reason)
    assert "Traceback" in broken.details
    assert list(plugins.cells()) == []


def test_a_plugin_of_which_one_hook_is_wrong_offers_nothing(tmp_path: Path) -> None:
    source = GOOD.format(name="mine") + "\n@hookimpl\ndef harness_tasks(config):\n    return {}\n"
    plugins = loaded(tmp_path, source)
    assert len(plugins.broken) == 1
    assert list(plugins.cells()) == []


@pytest.mark.parametrize(
    ("value", "kind"), [("None", "NoneType"), ("['lstm']", "list"), ("{1: 'json:JSONDecoder'}", "dict")]
)
def test_a_hook_that_returns_something_else_is_told_what_it_must_return(tmp_path: Path, value: str, kind: str) -> None:
    plugins = loaded(tmp_path, f"{HEAD}@hookimpl\ndef harness_cells():\n    return {value}\n")
    assert list(plugins.cells()) == []
    assert list(plugins.cells()) == []
    [broken] = plugins.broken  # once, however often it is asked
    assert broken.reason == f"harness_cells failed: harness_cells must return a mapping of names, not {kind}"


def test_any_mapping_will_do(tmp_path: Path) -> None:
    source = "from types import MappingProxyType\n" + GOOD.format(name="mine").replace(
        "return", "return MappingProxyType("
    )
    assert [entry.name for entry in loaded(tmp_path, source.rstrip() + ")\n").cells()] == ["mine"]


def test_a_hook_that_exits_takes_nothing_with_it(tmp_path: Path) -> None:
    plugins = loaded(tmp_path, f"{HEAD}import sys\n@hookimpl\ndef harness_cells():\n    sys.exit(1)\n")
    assert list(plugins.cells()) == []
    assert plugins.broken[0].reason == "harness_cells failed: it exits the process (code 1)"


@pytest.mark.parametrize("name", ["no_such_file.py", "no_such_module.anywhere"])
def test_what_is_not_there_is_reported_as_asked_for(name: str) -> None:
    plugins = Plugins()
    plugins.load_named(name)
    plugins.load_named(name)
    [broken] = plugins.broken
    assert broken.asked
    assert "no_such" in broken.reason


@pytest.mark.parametrize("name", ["all", "", "a,b", "a:b=1", "mine/too", "my cell", "-x", "gru*", "a\\n"])
def test_a_name_that_nobody_could_ask_for_is_told(tmp_path: Path, name: str) -> None:
    plugins = loaded(tmp_path, f"{HEAD}@hookimpl\ndef harness_cells():\n    return {{'{name}': 'json:JSONDecoder'}}\n")
    assert list(plugins.cells()) == []
    [broken] = plugins.broken
    assert broken.reason.startswith("harness_cells failed: nobody could ask for ")
    assert broken.reason.endswith(": a name is of letters, digits and any of . + - _, and is not all")


@pytest.mark.parametrize("name", ["GRU", "a.b", "x+1", "_x", "zelle-ä", "2"])
def test_a_name_is_of_letters_digits_and_a_few_signs(tmp_path: Path, name: str) -> None:
    plugins = loaded(tmp_path, f"{HEAD}@hookimpl\ndef harness_cells():\n    return {{'{name}': 'json:JSONDecoder'}}\n")
    assert [entry.name for entry in plugins.cells()] == [name]
