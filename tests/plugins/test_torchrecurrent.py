"""The cells and layers of torchrecurrent, found in the package itself."""

from __future__ import annotations

import json
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
import torch

from harness import Cell, HarnessError, Layer, NotSupportedError
from harness.modeling.recurrence import Recurrence
from harness.modeling.sizing import Size
from harness.registry import current, signature
from harness.registry.options import text_of
from harness.runs.building import sized
from harness.runs.plan import Plan, Request
from harness_torchrecurrent import discovery, trial

if TYPE_CHECKING:
    from pathlib import Path

if find_spec("torchrecurrent") is None:
    pytest.skip("torchrecurrent is not installed: pip install cell-harness[torchrecurrent]", allow_module_level=True)

import torchrecurrent

FITTING = [found.name for found in discovery.discover() if not found.misfit]


def layer(name: str) -> Layer:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = current().cells().find(name).load()(5, 7)  # type: ignore[operator]
    return made if isinstance(made, Layer) else Recurrence(made)


def test_every_class_that_the_package_exports_has_a_name_and_a_summary() -> None:
    exported = {
        name
        for name in torchrecurrent.__all__
        if isinstance(getattr(torchrecurrent, name), type) and not name.endswith("Base")
    }
    found = {found.class_name: found for found in discovery.discover()}
    assert exported <= found.keys()
    assert all(one.summary and one.paper for one in found.values())
    assert found["LiGRUCell"].name == "tr-li-gru-cell"
    assert found["LiGRUCell"].paper == "arXiv:1803.10225"
    assert len({one.name for one in found.values()}) == len(found)


def test_the_options_that_are_listed_are_those_that_it_takes() -> None:
    for entry in current().cells():
        if entry.name in FITTING:
            taken = signature(entry.load())  # type: ignore[arg-type]
            assert entry.describe().options == {name: text_of(default) for name, default in taken.items()}
    assert current().cells().find("tr-li-gru-cell").describe().options["bias"] == "true"


@pytest.mark.parametrize("name", FITTING)
def test_what_is_said_to_fit_reads_in_chunks_as_at_once_and_keeps_rows_apart(name: str) -> None:
    module = layer(name)
    x = torch.randn(6, 3, 5)
    with torch.no_grad():
        whole, ended = module(x, module.initial(3))
        first, states = module(x[:2], module.initial(3))
        second, after = module(x[2:], states)
        alone, _ = module(x[:, 1:2], module.initial(1))
    assert whole.shape == (6, 3, module.output_size)
    assert not torch.allclose(whole[0], whole[-1])
    torch.testing.assert_close(torch.cat([first, second]), whole)
    torch.testing.assert_close(after, ended)
    torch.testing.assert_close(alone, whole[:, 1:2], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["tr-mgu", "tr-peephole-lstm", "tr-tgru", "tr-mclstm"])
def test_a_cell_equals_the_layer_of_the_package_at_equal_weights(name: str) -> None:
    cell, theirs = layer(f"{name}-cell"), layer(name)
    weights = [parameter.detach().clone() for parameter in theirs.parameters()]
    with torch.no_grad():
        for parameter, weight in zip(cell.parameters(), weights, strict=True):
            parameter.copy_(weight)
    x = torch.randn(4, 2, 5)
    torch.testing.assert_close(cell(x, cell.initial(2))[0], theirs(x, theirs.initial(2))[0])


def test_the_package_itself_computes_the_same() -> None:
    module = layer("tr-mgu-cell")
    assert isinstance(module, Recurrence)
    x = torch.randn(4, 2, 5)
    h = torch.zeros(2, 7)
    for x_t in x:
        h = module.cell.module(x_t, h)
    torch.testing.assert_close(module(x, module.initial(2))[1], (h,))


def test_options_of_the_class_are_options_of_the_cell() -> None:
    def size(options: str) -> int:
        (spec,) = Plan.make(Request((f"tr-mgu-cell{options}",), ("adding",), 1, "smoke", "cpu", hidden_8)).specs()
        return sized(spec).parameters

    hidden_8 = Size("hidden", 8)
    assert size("") - size(":bias=false") == 2 * 8  # a bias of the gate, one of the candidate
    with pytest.raises(HarnessError, match='Did you mean "bias"'):
        size(":bia=false")


def test_what_does_not_fit_says_why_and_cannot_be_had() -> None:
    entry = current().cells().find("tr-intersection-rnn-cell")
    assert "requires input_size == hidden_size" in entry.refusal
    with pytest.raises(NotSupportedError, match=r'"tr-intersection-rnn-cell" of .* cannot be used: .*input_size'):
        entry.component("tr-intersection-rnn-cell", {})


def test_a_layer_that_forgets_between_chunks_what_no_state_holds_does_not_fit() -> None:
    found = {one.name: one.misfit for one in discovery.discover()}
    assert found["tr-tau-gru"].startswith("a sequence read in two parts gives something else")
    assert not found["tr-tau-gru-cell"]


def test_a_module_that_answers_in_another_shape_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(Layer):
        def initial(self, batch: int) -> tuple[torch.Tensor, ...]:
            return (torch.zeros(batch, 1),)

        def forward(
            self, x: torch.Tensor, states: tuple[torch.Tensor, ...]
        ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
            return x[:-1], states

    class Deaf(Cell):
        def step(self, _x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
            return h + 1

    monkeypatch.setattr(trial.adapters, "Odd", Odd, raising=False)
    monkeypatch.setattr(trial.adapters, "Deaf", Deaf, raising=False)
    assert trial.told("Odd")["misfit"] == "its outputs have the shape (11, 3, 5)"
    assert trial.told("Deaf")["misfit"]
    assert trial.told("Nobody")["misfit"] == "torchrecurrent has no cell or layer Nobody"


def test_what_was_tried_once_is_kept_and_tried_anew_for_another_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    tried: list[int] = []

    def try_none(classes: list[discovery.Found]) -> list[discovery.Found]:
        tried.append(len(classes))
        return classes[:1]

    monkeypatch.setattr(discovery, "_tried", try_none)
    assert discovery.discover() == discovery.discover()
    assert len(tried) == 1
    (kept,) = tmp_path.iterdir()
    assert json.loads(kept.read_text())[0]["name"].startswith("tr-")
    kept.rename(tmp_path / "torchrecurrent-0000000000000000.json")  # as another version leaves it
    discovery.discover()
    assert len(tried) == 2


def test_nothing_is_offered_where_the_package_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "PACKAGE", "no_such_package")
    assert discovery.discover() == discovery.exported() == []
