"""The layers of Keras: equal to the scratch cells at equal weights, and good guests."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
import torch

from harness.modeling.recurrence import Recurrence
from harness_scratch.elman import Elman
from harness_scratch.gru import GRU
from harness_scratch.lstm import LSTM

if TYPE_CHECKING:
    from torch import Tensor

    from harness import Cell, Layer

if find_spec("keras") is None:
    pytest.skip("Keras is not installed: pip install cell-harness[keras]", allow_module_level=True)

from harness_keras.layers import KerasGRU, KerasLSTM, KerasSimpleRNN

PAIRS: dict[str, tuple[type[Cell], dict[str, Any], type[Layer], dict[str, Any]]] = {
    "elman": (Elman, {}, KerasSimpleRNN, {}),
    "elman relu": (Elman, {"activation": "relu"}, KerasSimpleRNN, {"activation": "relu"}),
    "gru after": (GRU, {"reset": "after"}, KerasGRU, {}),
    "gru before": (GRU, {"reset": "before"}, KerasGRU, {"reset": "before"}),
    "lstm": (LSTM, {}, KerasLSTM, {}),
}


def as_scratch(cell: Cell, kernel: Tensor, recurrent: Tensor, bias: Tensor) -> dict[str, Tensor]:
    """Weights of Keras (or their gradients) as the scratch cell has them; Keras' matrices are transposed as ours."""
    if not isinstance(cell, GRU):
        name = "gates" if isinstance(cell, LSTM) else "hidden"
        return {f"{name}.input": kernel, f"{name}.recurrent": recurrent, f"{name}.bias": bias}
    of_input, of_state = bias if bias.dim() == 2 else (bias, torch.zeros_like(bias))
    n = cell.hidden_size  # Keras' order is z, r, n; ours r, z and apart from them n
    both = of_input + of_state
    joined = {
        "gates.input": torch.cat([kernel[:, n : 2 * n], kernel[:, :n]], dim=1),
        "gates.recurrent": torch.cat([recurrent[:, n : 2 * n], recurrent[:, :n]], dim=1),
        "gates.bias": torch.cat([both[n : 2 * n], both[:n]]),
        "candidate.input": kernel[:, 2 * n :],
        "candidate.recurrent": recurrent[:, 2 * n :],
        "candidate.bias": of_input[2 * n :],
    }
    return joined if bias.dim() == 1 else {**joined, "reset_bias": of_state[2 * n :]}


def weights(layer: Layer) -> dict[str, Tensor]:
    named = {"kernel": "kernel", "recurrent_kernel": "recurrent", "bias": "bias"}
    found = {name.rpartition("/")[2]: parameter for name, parameter in layer.named_parameters()}
    return {ours: found[theirs] for theirs, ours in named.items()}


@pytest.mark.parametrize("pair", PAIRS)
def test_outputs_states_and_gradients_are_those_of_the_scratch_cell(pair: str) -> None:
    ours, our_options, theirs, their_options = PAIRS[pair]
    torch.manual_seed(1)
    layer = theirs(3, 5, **their_options)  # in single precision: Keras multiplies in no other
    with torch.no_grad():
        for parameter in layer.parameters():  # biases start at zero, which would hide one in the wrong place
            parameter.add_(0.1 * torch.randn_like(parameter))
    cell = ours(3, 5, **our_options)
    cell.load_state_dict({k: v.detach() for k, v in as_scratch(cell, **weights(layer)).items()})
    x = torch.randn(6, 4, 3)
    states = tuple(torch.randn(4, 5) for _ in layer.initial(4))
    results = []
    for module in (Recurrence(cell), layer):
        read = x.clone().requires_grad_()
        begun = tuple(state.clone().requires_grad_() for state in states)
        outputs, after = module(read, begun)
        sum((part * part.cos()).sum() for part in (outputs, *after)).backward()  # type: ignore[union-attr]
        results.append([outputs, *after, read.grad, *(state.grad for state in begun)])
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=1e-5)
    found = {name: parameter.grad for name, parameter in weights(layer).items()}
    for name, gradient in cell.named_parameters():
        if "bias" not in name:  # what one bias of ours gets, each of their two gets
            expected = as_scratch(cell, **found)[name]  # type: ignore[arg-type]
            torch.testing.assert_close(gradient.grad, expected, rtol=0, atol=1e-5)


def test_a_model_in_double_precision_gives_doubles() -> None:
    layer = KerasLSTM(3, 4).double()
    outputs, states = layer(torch.randn(2, 1, 3, dtype=torch.float64), layer.initial(1))
    assert {part.dtype for part in (outputs, *states)} == {torch.float64}
    assert {parameter.dtype for parameter in layer.parameters()} == {torch.float64}


def test_a_seed_decides_the_initial_weights_and_the_forget_bias_is_one() -> None:
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(weights(KerasLSTM(3, 4)))
    assert torch.equal(drawn[0]["kernel"], drawn[1]["kernel"])
    assert not torch.equal(drawn[0]["kernel"], drawn[2]["kernel"])
    assert drawn[0]["bias"].tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8


def test_importing_keras_writes_no_file_and_leaves_the_environment_alone(tmp_path: Any) -> None:
    code = """
import os, sys
os.environ["HOME"] = sys.argv[1]
os.environ.pop("KERAS_BACKEND", None)
before = dict(os.environ)
import torch
state, threads = torch.get_rng_state(), torch.get_num_threads()
from harness_keras.layers import KerasGRU
KerasGRU(2, 3)
assert dict(os.environ) == before
assert torch.get_num_threads() == threads and torch.get_default_dtype() == torch.float32
assert not os.listdir(sys.argv[1]), os.listdir(sys.argv[1])
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_another_backend_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from harness import HarnessError
    from harness_keras import backend

    other = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "numpy"))
    monkeypatch.setitem(sys.modules, "keras", other)  # type: ignore[arg-type]
    with pytest.raises(HarnessError, match="imported with the backend numpy: set KERAS_BACKEND=torch"):
        backend.load()


@pytest.mark.parametrize("made", [KerasSimpleRNN, KerasGRU, KerasLSTM])
def test_weights_start_as_keras_starts_them(made: Any) -> None:
    """Glorot's uniform, orthogonal rows over all gates, zeros, and a forget gate of one."""
    torch.manual_seed(0)
    start = weights(made(5, 8))
    bound = (6 / sum(start["kernel"].shape)) ** 0.5
    assert 0.8 * bound < start["kernel"].abs().max() <= bound
    recurrent = start["recurrent"]
    torch.testing.assert_close(recurrent @ recurrent.T, torch.eye(8), rtol=0, atol=1e-5)
    ones = start["bias"].nonzero().flatten().tolist()
    assert ones == (list(range(8, 16)) if made is KerasLSTM else [])
    assert start["bias"].sum() == len(ones)
