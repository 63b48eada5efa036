"""Lookup by name, and what is said where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import HarnessError, NotSupportedError, Wrapped
from harness.registry import Catalog, Entry, Origin

if TYPE_CHECKING:
    from pathlib import Path

OURS, THEIRS = Origin("cell-harness", "0.1.0"), Origin("other-cells", "2.0")


@pytest.fixture
def cells() -> Catalog:
    entries = [Entry("lstm", int, OURS), Entry("gru", str, OURS), Entry("lstm", float, THEIRS)]
    return Catalog("cell", entries)


def message(catalog: Catalog, target: str) -> str:
    with pytest.raises(HarnessError) as caught:
        catalog.find(target)
    return str(caught.value)


def test_a_name_that_one_plugin_offers_is_found(cells: Catalog) -> None:
    assert cells.find("gru").load() is str
    assert [entry.name for entry in cells] == ["gru", "lstm", "lstm"]


def test_a_misspelt_name_brings_the_nearest_and_how_to_list_all(cells: Catalog) -> None:
    assert message(cells, "grru") == 'no cell is called "grru". Did you mean "gru"? (harness cells lists all 3)'
    assert message(cells, "zzz") == 'no cell is called "zzz". (harness cells lists all 3)'
    assert 'Did you mean "gru"?' in message(cells, "cell-harness/grru")
    assert "(harness data lists all 0)" in message(Catalog("data set", []), "kjv")


def test_a_name_that_two_plugins_offer_needs_a_choice(cells: Catalog) -> None:
    assert message(cells, "lstm") == (
        '2 plugins offer a cell called "lstm": cell-harness 0.1.0 and other-cells 2.0. '
        'Choose one, for example "cell-harness/lstm".'
    )
    assert cells.find("cell-harness/lstm").load() is int
    assert cells.find("other-cells/lstm").load() is float


def test_a_chosen_distribution_stays_in_the_name(cells: Catalog) -> None:
    assert cells.find("other-cells/lstm").component("other-cells/lstm", {}).name == "other-cells/lstm"
    assert cells.find("gru").component("gru", {}).name == "gru"


def test_a_class_in_a_file_is_found_without_registration(cells: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "my_cell.py"
    path.write_text("class MGU:\n    pass\n")
    entry = cells.find(f"{path}:MGU")
    assert entry.load().__name__ == "MGU"
    assert entry.name == "MGU"
    assert entry.origin.distribution == "my_cell.py"
    assert entry.component(f"{path}:MGU", {}).version == entry.origin.version != ""


@pytest.mark.parametrize(
    ("source", "name"), [("class Base: ...\nclass Mine(Base): ...", "Mine"), ("x = 1", "MyClass"), ("(", "MyClass")]
)
def test_a_file_without_a_class_is_told_how_to_name_one(cells: Catalog, tmp_path: Path, source: str, name: str) -> None:
    path = tmp_path / "mine.py"
    assert message(cells, str(path)) == f"there is no file {path}."
    path.write_text(source)
    assert message(cells, str(path)) == f"{path} is a file: name a class in it, as in {path}:{name}."


def test_a_file_or_class_that_is_not_there_is_named(cells: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "my_cell.py"
    assert message(cells, f"{path}:MGU").startswith(f"there is no file {path}")
    path.write_text("class Minimal:\n    pass\n")
    with pytest.raises(HarnessError, match=r'defines no "Minimul"\. Did you mean "Minimal"\?'):
        cells.find(f"{path}:Minimul").load()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module_anywhere", "No module named 'no_such_module_anywhere'"),
        ("raise SystemExit(3)", "it exits the process (code 3)"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("class (", "SyntaxError: invalid syntax"),
    ],
)
def test_what_cannot_be_imported_says_whose_it_is_and_why(
    cells: Catalog, tmp_path: Path, source: str, reason: str
) -> None:
    path = tmp_path / "my_cell.py"
    path.write_text(source)
    entry = cells.find(f"{path}:MGU")
    for _ in range(2):  # a failed import leaves nothing behind that would change the reason
        with pytest.raises(HarnessError) as caught:
            entry.load()
        assert str(caught.value).startswith(f'"MGU" of my_cell.py {entry.origin.version} could not be loaded: {reason}')


def test_a_target_that_is_no_module_and_name_is_said_to_be_so() -> None:
    with pytest.raises(HarnessError, match=r'"just_a_module" cannot be imported: write "package.module:Name"'):
        Entry("thing", "just_a_module", THEIRS).load()


def test_wrapped_code_is_listed_and_hashed_as_what_it_is(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.py"
    theirs.write_text("class A: pass")
    wrapped = Wrapped("collections:OrderedDict", theirs, "Somebody's cell", "Somebody 2020", {"k": "3"})
    entry = Entry("tr", wrapped, THEIRS)
    assert entry.load().__name__ == "OrderedDict"  # type: ignore[attr-defined]
    about = entry.describe()
    assert (about.summary, about.citation, about.options) == ("Somebody's cell", "Somebody 2020", {"k": "3"})
    before = entry.component("tr", {}).source
    theirs.write_text("class A: changed = True")
    assert entry.component("tr", {}).source != before


def test_a_name_whose_plugin_refuses_it_cannot_be_loaded() -> None:
    entry = Entry("odd", NotSupportedError("it reads backwards"), THEIRS)
    assert entry.refusal == "it reads backwards"
    for use in (entry.load, lambda: entry.component("odd", {})):
        with pytest.raises(NotSupportedError, match=r'"odd" of other-cells 2\.0 cannot be used: it reads backwards'):
            use()
