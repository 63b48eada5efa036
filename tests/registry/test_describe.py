"""What a class says of itself is read without running its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.registry import Catalog, Entry, Origin

if TYPE_CHECKING:
    from pathlib import Path

    from harness.registry import Description

SOURCE = '''
raise RuntimeError("this file was run")

class Base:
    """Base of them all."""

    def __init__(self, input_size: int, hidden_size: int, *, bias: bool = True, cut: int | None = None) -> None: ...

class Gated(Base):
    """Two lines that
    are one paragraph.

    Equations and more.

    Source: Somebody 2020, A title
    over two lines.

    Args:
        x: y.
    """

class Own(Base):
    def __init__(self, input_size, hidden_size, scale=-1.5, kind: str = "soft", *, required) -> None: ...

class Named(Named):
    """Its base has its name."""
'''


WHOLE = '''
class Whole:
    """What it is.

        h = g(x)
        y = h

    A word on it,
    over two lines.

    Source: Somebody 2020.

    Args:
        input_size: of x.
        scale: of x: how large it is,
            over two lines.
        kind: of g.

    Raises:
        ValueError: it cannot.
    """

    def __init__(self, input_size, scale=2, kind="soft"): ...
'''


def described(tmp_path: Path, name: str, source: str = SOURCE) -> Description:
    path = tmp_path / "cells.py"
    path.write_text(source)
    return Catalog("cell", []).find(f"{path}:{name}").describe()


def test_summary_and_citation_come_from_the_docstring(tmp_path: Path) -> None:
    about = described(tmp_path, "Gated")
    assert about.summary == "Two lines that are one paragraph"
    assert about.citation == "Somebody 2020, A title over two lines."


def test_the_rest_of_the_docstring_is_kept_and_equations_stay_as_they_are(tmp_path: Path) -> None:
    about = described(tmp_path, "Whole", WHOLE)
    assert about.text == "    h = g(x)\n    y = h\n\nA word on it, over two lines."
    assert about.options == {"scale": "2", "kind": "soft"}
    assert about.meanings == {"scale": "of x: how large it is, over two lines.", "kind": "of g."}


def test_options_are_the_defaults_of_the_nearest_constructor(tmp_path: Path) -> None:
    assert described(tmp_path, "Gated").options == {"bias": "true", "cut": "none"}
    assert described(tmp_path, "Own").options == {"scale": "-1.5", "kind": "soft"}


@pytest.mark.parametrize("name", ["Own", "Missing"])
def test_what_is_not_said_is_empty(tmp_path: Path, name: str) -> None:
    about = described(tmp_path, name)
    assert about.summary == about.citation == ""


def test_a_base_of_the_same_name_is_somebody_elses(tmp_path: Path) -> None:
    assert described(tmp_path, "Named").options == {}


@pytest.mark.parametrize("source", ["class Broken(:", "class Nul: '\0'"])
def test_a_file_that_is_no_python_is_listed_without_a_description(tmp_path: Path, source: str) -> None:
    assert described(tmp_path, "Broken", source).summary == ""


@pytest.mark.parametrize("target", ["no_such_package.cells:GRU", "no_colon", "sys:Thing"])
def test_what_has_no_source_is_listed_without_a_description(target: str) -> None:
    entry = Entry("thing", target, Origin("somebody", "1.0"))
    assert entry.describe().summary == ""
    assert entry.component("thing", {}).source == ""


def test_a_package_that_fails_at_import_can_still_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "failing_package").mkdir()
    (tmp_path / "failing_package" / "__init__.py").write_text("raise SystemExit(3)")
    monkeypatch.syspath_prepend(tmp_path)
    assert Entry("thing", "failing_package.cells:Thing", Origin("somebody", "1.0")).describe().summary == ""


def test_the_source_hash_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "my_cell.py"
    entry = Catalog("cell", []).find

    def source(text: str) -> str:
        path.write_text(text)
        return entry(f"{path}:MGU").component(f"{path}:MGU", {}).source

    first, edited, restored = source("class MGU: pass"), source("class MGU: pass #"), source("class MGU: pass")
    assert len(first) == 64
    assert first != edited
    assert first == restored


def test_an_object_that_is_there_already_is_described_from_its_file() -> None:
    entry = Entry("catalog", Catalog, Origin("somebody", "1.0"))
    assert entry.describe().summary == "All that plugins offer of one kind"
