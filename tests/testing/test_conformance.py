"""The conformance test: right cells pass, and each way of being wrong fails its own check."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from harness import Cell, Gate, Layer
from harness.registry import current
from harness.testing import CHECKS, Subject, Verdict, assert_conforms, examine
from harness.testing.conformance import find
from harness_scratch.elman import Elman
from harness_scratch.gru import GRU
from harness_scratch.lstm import LSTM

if TYPE_CHECKING:
    from harness.testing import Finding


class Plain(Cell):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)

    def step(self, x: Any, h: Any) -> Any:
        return torch.tanh(self.gate(x, h))


class Fixed(Plain):
    """A reservoir: nothing of it is learnt."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.requires_grad_(requires_grad=False)


class ReturnsNone(Plain):
    def step(self, x: Any, h: Any) -> Any:
        return None


class TooWide(Plain):
    def step(self, x: Any, h: Any) -> Any:
        return torch.cat([super().step(x, h), h], dim=1)


class Detached(Plain):
    def step(self, x: Any, h: Any) -> Any:
        return torch.tanh(self.gate(x, h) + h.detach())


class KeepsWhatIsNoState(Plain):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.last: Any = None

    def step(self, x: Any, h: Any) -> Any:
        before = self.last if self.last is not None and self.last.shape == h.shape and self.last.dtype == h.dtype else h
        self.last = super().step(x, h).detach()
        return self.last * 0.5 + super().step(x, before)


class MixesRows(Plain):
    def step(self, x: Any, h: Any) -> Any:
        a = self.gate(x, h)
        return torch.tanh(a - a.mean(dim=0))


class Draws(Plain):
    def step(self, x: Any, h: Any) -> Any:
        return super().step(x, h) + 0.01 * torch.randn_like(h)


class ForgetsAWeight(Plain):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.scale = torch.rand(1).item() + 0.5

    def step(self, x: Any, h: Any) -> Any:
        return self.scale * super().step(x, h)


class FixedDtype(Plain):
    def step(self, x: Any, h: Any) -> Any:
        return super().step(x, h).float()


class FixedDevice(Plain):
    def step(self, x: Any, h: Any) -> Any:
        return super().step(x, h) + torch.ones(self.hidden_size, dtype=h.dtype)


class LearnsNothing(Plain):
    def step(self, x: Any, h: Any) -> Any:
        with torch.no_grad():
            return super().step(x, h * 0)


class Seeds(Plain):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        torch.manual_seed(0)
        super().__init__(input_size, hidden_size)


class Prints(Plain):
    def step(self, x: Any, h: Any) -> Any:
        print("at a step")  # noqa: T201 - that is what is wrong
        return super().step(x, h)


class Greedy(Plain):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        torch.set_num_threads(torch.get_num_threads() + 1)


class Hangs(Plain):
    def step(self, x: Any, h: Any) -> Any:
        while True:
            pass


class SeesTheFuture(Layer):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.network = nn.Linear(input_size, hidden_size)

    def initial(self, batch: int) -> Any:
        return (self.network.bias.new_zeros(batch, self.hidden_size),)

    def forward(self, x: Any, states: Any) -> Any:
        outputs = torch.tanh(self.network(x)).flip(0).cumsum(0).flip(0)
        return outputs, (outputs[-1],)


class WrongReference(Elman):
    def from_reference(self, theirs: Any) -> Any:
        mapped = super().from_reference(theirs)
        return {**mapped, "hidden.bias": theirs["bias_ih_l0"]}


class NoMapping(Plain):
    reference = "torch.nn.RNN"


class NoSuchReference(Plain):
    reference = "torch.nn.LTSM"


CHECK = {check.name: check for check in CHECKS}
WRONG = [
    (ReturnsNone, "shapes and dtypes", "returned nothing (None); it must return the new state h"),
    (TooWide, "shapes and dtypes", "it must be (batch, 8)"),
    (Detached, "gradients (float64)", "the gradient says"),
    (KeepsWhatIsNoState, "chunks equal the whole", "differs by"),
    (MixesRows, "rows independent", "the output of a row where another was changed differs by"),
    (MixesRows, "masked equals unpadded", "the output differs by"),
    (SeesTheFuture, "causal", "the output before step 1, which was changed, differs by"),
    (SeesTheFuture, "chunks equal the whole", "differs by"),
    (Draws, "deterministic", "evaluating the same input again gives something else"),
    (ForgetsAWeight, "state dict round trip", "with the weights of another it computes something else"),
    (FixedDtype, "moves to dtype and device", "dtype, but got Float and Double"),
    (FixedDevice, "moves to dtype and device", "device"),
    (LearnsNothing, "learns a trivial task", "no gradient reaches"),
    (WrongReference, "equals its reference", "differs from that of torch.nn.RNN by"),
    (NoMapping, "equals its reference", "NoMapping names a reference: define from_reference(self, theirs)"),
    (NoSuchReference, "equals its reference", 'its reference "torch.nn.LTSM" cannot be imported'),
    (Seeds, "leaves the process alone", "its constructor seeds torch"),
]


def found(cell: type, check: str, **options: object) -> Finding:
    return find(CHECK[check], Subject(cell, options))


@pytest.mark.parametrize(("cell", "check", "note"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_each_way_of_being_wrong_fails_its_check_with_what_was_found(cell: type, check: str, note: str) -> None:
    finding = found(cell, check)
    assert finding.outcome == "failed"
    assert note in finding.note
    assert finding.meaning


@pytest.mark.parametrize("check", [name for name in CHECK if name != "learns a trivial task"])
@pytest.mark.parametrize("cell", [Plain, Fixed, GRU])
def test_a_right_cell_passes(cell: type, check: str) -> None:
    finding = found(cell, check)
    assert finding.outcome == ("does not apply" if check == "equals its reference" else "passed"), finding


@pytest.mark.parametrize(
    ("cell", "options", "reference"),
    [(Elman, {}, "torch.nn.RNN"), (GRU, {"reset": "after"}, "torch.nn.GRU"), (LSTM, {}, "torch.nn.LSTM")],
)
def test_scratch_cells_equal_what_they_name(cell: type, options: dict[str, Any], reference: str) -> None:
    finding = found(cell, "equals its reference", **options)
    assert (finding.outcome, finding.note) == ("passed", reference)


def test_a_reference_may_be_a_single_step_or_another_cell() -> None:
    class OneStep(Elman):
        def __init__(self, input_size: int, hidden_size: int) -> None:
            super().__init__(input_size, hidden_size)
            self.reference = "torch.nn.RNNCell"

        def from_reference(self, theirs: Any) -> Any:
            return super().from_reference({f"{name}_l0": value for name, value in theirs.items()})

    class Ours(Elman):
        def __init__(self, input_size: int, hidden_size: int) -> None:
            super().__init__(input_size, hidden_size)
            self.reference = "harness_scratch.elman:Elman"

        def from_reference(self, theirs: Any) -> Any:
            return {name.removeprefix("cell."): value for name, value in theirs.items()}

    assert found(OneStep, "equals its reference").outcome == "passed"
    assert found(Ours, "equals its reference").outcome == "passed"


def test_what_a_cell_does_to_the_process_is_in_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.testing.conformance.CHECKS", (CHECKS[0], CHECKS[-1]))
    threads = torch.get_num_threads()
    for cell, deed in ((Prints, 'it printed "at a step'), (Greedy, "it changed the number of threads of torch")):
        last = list(examine(Subject(cell)))[-1]
        assert last.outcome == "failed"
        assert last.note.startswith(deed)
    assert torch.get_num_threads() == threads


def test_a_cell_that_hangs_is_told_of_and_asked_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGIN_SECONDS", "0.2")
    findings = list(examine(Subject(Hangs)))
    assert findings[0].note == "it took more than 0.2 s"
    assert {finding.note for finding in findings[1:]} == {"not tried, since the cell does not run"}
    assert str(Verdict(findings)).startswith(f"failed {len(CHECKS)} of {len(CHECKS)} (shapes and dtypes, ")


def test_a_layer_has_no_engine_and_one_that_reads_whole_sequences_no_pieces() -> None:
    class Whole(SeesTheFuture):
        streams = False

    assert found(Whole, "engine equals loop").outcome == "does not apply"
    assert found(Whole, "chunks equal the whole").outcome == "does not apply"


def test_a_cell_that_the_engine_does_not_take_passes_with_the_reason() -> None:
    finding = found(Draws, "engine equals loop")
    assert finding.note.startswith("loop: ")


def test_as_an_assertion_it_names_what_failed_and_what_that_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.testing.conformance.CHECKS", (CHECK["shapes and dtypes"], CHECK["causal"]))
    assert_conforms(Plain)
    with pytest.raises(AssertionError, match=r"causal: the output before.* It means: it sees the future"):
        assert_conforms(SeesTheFuture)
    with pytest.raises(Exception, match="no cell"):
        assert_conforms(dict)


@pytest.mark.slow
def test_every_cell_that_is_offered_conforms() -> None:
    wrong = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for entry in current().cells():
            if not entry.refusal:
                verdict = Verdict(list(examine(Subject(entry.load()))))  # type: ignore[arg-type]
                wrong |= {entry.name: [(f.check, f.note) for f in verdict.failed]} if verdict.failed else {}
    assert wrong == {}
