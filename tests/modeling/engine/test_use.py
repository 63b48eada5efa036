"""A recurrence in the hands of its users: changed, copied, saved, shared, differentiated in parts, run in threads."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.utils import parametrizations

from harness import Cell, Gate
from harness.modeling.engine.running.memory import POOL
from harness.modeling.engine.select import MOST_CHOICES
from harness.modeling.recurrence import Recurrence, loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.modeling.engine.select import Engine

SIZE = 5


class Leaky(Cell):
    """A cell with options as plain attributes."""

    def __init__(self, input_size: int = SIZE, hidden_size: int = SIZE) -> None:
        super().__init__(input_size, hidden_size)
        torch.manual_seed(0)
        self.gate = Gate(input_size, hidden_size)
        self.inner = nn.Linear(hidden_size, hidden_size)
        self.leak = 0.3
        self.options: dict[str, Any] = {"scales": [1.0, 0.5]}

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        new = torch.tanh(self.gate(x, h) + self.options["scales"][1] * self.inner(h))
        return h + self.leak * ((new if self.training else 0.9 * new) - h)


def layer(engine: Engine = "native") -> Recurrence:
    return Recurrence(Leaky(), engine)


def inputs(time: int = 6, batch: int = 3, seed: int = 0) -> Tensor:
    return torch.randn(time, batch, SIZE, generator=torch.Generator().manual_seed(seed))


def outputs(made: Recurrence, x: Tensor) -> Tensor:
    return made(x, made.initial(x.shape[1]))[0]


def assert_as_the_loop(made: Recurrence, *, differs_from: Tensor | None = None) -> Tensor:
    x = inputs()
    own = outputs(made, x)
    torch.testing.assert_close(own, loop(made.cell, x, made.initial(3))[0])
    assert differs_from is None or not torch.allclose(own, differs_from)
    return own.detach()


def of_a_list(made: Recurrence) -> None:
    made.cell.options["scales"][1] = -2.0


def of_a_number(made: Recurrence) -> None:
    made.cell.leak = 0.8


def by_the_optimiser(made: Recurrence) -> None:
    outputs(made, inputs()).sum().backward()
    torch.optim.SGD(made.parameters(), lr=1.0).step()


def by_loading(made: Recurrence) -> None:
    made.load_state_dict({name: value + 0.3 for name, value in made.state_dict().items()})


def by_a_new_parameter(made: Recurrence) -> None:
    made.cell.inner.weight = nn.Parameter(torch.eye(SIZE))


def by_normalising(made: Recurrence) -> None:
    parametrizations.spectral_norm(made.cell.inner).eval()


@pytest.mark.parametrize(
    "change",
    [
        of_a_list,
        of_a_number,
        lambda made: made.eval(),
        by_the_optimiser,
        by_loading,
        by_a_new_parameter,
        by_normalising,
    ],
    ids=["list", "number", "eval", "optimiser", "state", "parameter", "parametrization"],
)
def test_changes_after_the_first_call_are_seen(change: Callable[[Recurrence], object]) -> None:
    made = layer()
    before = assert_as_the_loop(made)
    change(made)
    assert_as_the_loop(made, differs_from=before)


def test_copies_and_other_types() -> None:
    made = layer()
    before = assert_as_the_loop(made)
    for copied in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        torch.testing.assert_close(outputs(copied, inputs()), before, rtol=0, atol=0)
        nn.init.zeros_(copied.cell.gate.input)
    torch.testing.assert_close(outputs(made, inputs()), before, rtol=0, atol=0)
    double = copy.deepcopy(made).double()
    assert double.choice().engine == "native"
    torch.testing.assert_close(outputs(double, inputs().double()).float(), before)
    half = Recurrence(made.cell.half())
    assert str(half.choice()) == "loop: its numbers are float16"
    assert outputs(half, inputs().half()).dtype == torch.float16


def test_a_module_that_gets_its_size_when_it_first_runs_is_taken_from_then_on() -> None:
    made = Recurrence(Leaky())
    made.cell.inner = nn.LazyLinear(SIZE)
    assert str(made.choice()) == "loop: its parameters get their sizes when it first runs"
    outputs(made, inputs())
    assert made.choice().engine == "native"
    assert_as_the_loop(made)


def test_a_setting_that_changes_with_each_call_ends_in_the_loop() -> None:
    made = Recurrence(Leaky(), "torch")
    for number in range(MOST_CHOICES):
        made.cell.leak = number / 100
        made.choice()
    made.engine = "auto"
    made.cell.leak = 0.555
    assert str(made.choice()) == "loop: its attributes change too often to trace it each time"
    assert_as_the_loop(made)


class Chosen(Cell):
    """Reads its state in an order of its own."""

    def __init__(self) -> None:
        super().__init__(SIZE, 3)
        self.W = nn.Linear(SIZE, 3)
        self.order: Tensor
        self.register_buffer("order", torch.tensor([2, -1, 0]))

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.W(x) + torch.tensor([1.0, 10.0, 100.0]) * h[:, self.order])


@pytest.mark.parametrize("engine", ["native", "torch"])
def test_columns_are_those_that_are_named_now(engine: Engine) -> None:
    made, x = Recurrence(Chosen(), engine), inputs()
    before = outputs(made, x)
    assert_as_the_loop(made)
    made.cell.order = torch.tensor([1, 1, 0])
    assert_as_the_loop(made, differs_from=before)
    made.cell.order[1] = 3
    with pytest.raises(IndexError, match="index 3 is out of bounds for dimension 1 with size 3"):
        outputs(made, x)


class Turned(Cell):
    """Has something that depends on nothing at all: in which order its state is read."""

    def __init__(self) -> None:
        super().__init__(SIZE, 3)
        self.W = nn.Linear(SIZE, 3)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.W(x) * (torch.arange(3.0) + h.flip(1)))


@pytest.mark.parametrize("engine", ["native", "torch"])
def test_what_inference_mode_has_made_hinders_no_training(engine: Engine) -> None:
    for _ in range(2):  # the second is not checked, which would be outside of that mode
        made = Recurrence(Turned(), engine)
        with torch.inference_mode():
            assert_as_the_loop(made)
    x = inputs().requires_grad_()
    own, right = (
        torch.autograd.grad(run(x, made.initial(3))[0].square().sum(), [x, *made.parameters()])
        for run in (made, lambda *given: loop(made.cell, *given))
    )
    torch.testing.assert_close(own, right)


@pytest.mark.parametrize("wanted", ["x", "parameters", "states", "frozen"])
def test_gradients_of_some_things_only(wanted: str) -> None:
    made = layer()
    if wanted in {"x", "states"}:
        made.requires_grad_(requires_grad=False)
    if wanted == "frozen":
        made.cell.gate.recurrent.requires_grad_(requires_grad=False)
    x, h = inputs().requires_grad_(wanted == "x"), inputs(1)[0].requires_grad_(wanted == "states")
    sources = [tensor for tensor in (x, h, *made.parameters()) if tensor.requires_grad]
    own, right = (
        torch.autograd.grad(run(x, (h,))[0].square().sum(), sources)
        for run in (made, lambda *given: loop(made.cell, *given))
    )
    torch.testing.assert_close(own, right)


def test_nothing_to_differentiate() -> None:
    made = layer().requires_grad_(requires_grad=False)
    assert not outputs(made, inputs()).requires_grad
    with torch.inference_mode():
        inside = outputs(made, inputs())
    torch.testing.assert_close(inside, outputs(made, inputs()), rtol=0, atol=0)


def test_two_layers_of_one_shape_and_one_layer_twice() -> None:
    lower, upper = layer(), layer()
    nn.init.orthogonal_(upper.cell.gate.recurrent)
    parameters = [*lower.parameters(), *upper.parameters()]

    def gradients(run: Callable[[Recurrence, Tensor], Tensor]) -> tuple[Tensor, ...]:
        return torch.autograd.grad(run(lower, run(upper, run(lower, inputs()))).square().sum(), parameters)

    own = gradients(outputs)
    torch.testing.assert_close(own, gradients(lambda made, x: loop(made.cell, x, made.initial(3))[0]))


@pytest.mark.parametrize("changed", ["gate.recurrent", "gate.bias", "inner.weight", "outputs", "x"])
def test_what_is_changed_before_the_backward_pass_makes_no_wrong_gradient(changed: str) -> None:
    made, x = layer(), inputs().requires_grad_()
    given = x.clone()
    result = outputs(made, given)
    (right,) = torch.autograd.grad(result.sum(), x, retain_graph=True)
    what = {"outputs": result, "x": given}.get(changed)
    total = result.sum()
    with torch.no_grad():
        (made.cell.get_parameter(changed) if what is None else what).add_(1)
    try:
        (own,) = torch.autograd.grad(total, x)
    except RuntimeError as error:
        assert "modified by an inplace operation" in str(error)  # noqa: PT017 - either will do
    else:
        torch.testing.assert_close(own, right)


def test_outputs_may_be_changed_in_place() -> None:
    made, x = layer(), inputs().requires_grad_()
    result = outputs(made, x)
    result += x
    result.mul_(2)
    torch.testing.assert_close(result, 2 * (outputs(made, x) + x))


def test_transforms_and_other_ways_of_differentiating_run_in_the_loop() -> None:
    made, x = layer("auto"), inputs()
    state = made.initial(3)
    right = loop(made.cell, x, state)[0]
    mapped = torch.vmap(lambda one: made(one, state)[0])(torch.stack([x, x]))
    torch.testing.assert_close(mapped[1], right)
    doubled = {name: 2 * value for name, value in made.named_parameters()}
    called = torch.func.functional_call(made, doubled, (x, state))[0]
    by_name = {name: 2 * value.detach() for name, value in made.cell.named_parameters()}
    other = copy.deepcopy(made.cell)
    other.load_state_dict(by_name)
    torch.testing.assert_close(called, loop(other, x, state)[0])
    assert all(grad.any() for grad in torch.autograd.grad(called.sum(), list(made.parameters())))
    with forward_ad.dual_level(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of its formulas
        tangent = forward_ad.unpack_dual(made(forward_ad.make_dual(x, torch.ones_like(x)), state)[0]).tangent
    assert tangent is not None
    assert tangent.any()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert made(x, state)[0].dtype == loop(made.cell, x, state)[0].dtype


def test_two_threads_run_one_layer() -> None:
    made = layer()
    right = [outputs(made, inputs(batch=9, seed=seed)).detach() for seed in range(8)]
    fresh = copy.deepcopy(made)
    wrong: list[object] = []

    def run(seeds: range) -> None:
        try:
            for seed in [*seeds] * 5:
                own = outputs(fresh, inputs(batch=9, seed=seed))
                own.sum().backward()
                if not torch.equal(own, right[seed]):
                    wrong.append(seed)
        except Exception as error:  # noqa: BLE001 - a thread must not lose it
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(range(part, 8, 2),)) for part in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("engine", ["native", "torch"])
def test_memory_is_used_again_as_soon_as_nothing_reads_it(engine: Engine) -> None:
    made, x = layer(engine), inputs(time=100, batch=100)
    gc.collect()
    gc.disable()  # what goes round in a circle would be freed by it, sometime
    try:
        outputs(made, x).sum().backward()
        with torch.no_grad():
            outputs(made, x)
        free = len(POOL._free)
        gc.collect()
        assert len(POOL._free) == free > 1
    finally:
        gc.enable()


def test_a_compiled_model_runs() -> None:
    made = layer("auto")
    compiled = torch.compile(made, backend="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, while it compiles
        torch.testing.assert_close(compiled(inputs(), made.initial(3))[0], outputs(made, inputs()))
