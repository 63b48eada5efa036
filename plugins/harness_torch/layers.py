"""torch.nn.RNN, GRU and LSTM as layers. They have two biases a gate and torch.nn's own initial weights."""

from typing import Literal, cast

import torch
from torch import Tensor, nn

from harness import Layer, States


class Fused(Layer):
    """A layer over a module of torch.nn.

    Args:
        network: of one layer, time first.
        states: how many states it has.
    """

    def __init__(self, network: nn.RNNBase, states: int = 1) -> None:
        super().__init__(network.input_size, network.hidden_size)
        self.network = network
        self.states = states

    def initial(self, batch: int) -> States:
        """Zeros (batch, hidden_size)."""
        like = next(self.parameters())
        return tuple(like.new_zeros(batch, self.hidden_size) for _ in range(self.states))

    def forward(self, x: Tensor, states: States) -> tuple[Tensor, States]:
        """Run over x (time, batch, input_size); torch.nn gives states a leading axis of layers, here of length 1."""
        before = tuple(state.unsqueeze(0) for state in states)
        outputs, after = self.network(x, before if self.states > 1 else before[0])
        return outputs, tuple(state.squeeze(0) for state in (after if self.states > 1 else (after,)))

    def recurrent_matrices(self) -> dict[str, Tensor]:
        """Those of the gates, one above the other in weight_hh."""
        whole = cast("Tensor", self.network.weight_hh_l0)
        return {f"gate {number}": part for number, part in enumerate(torch.split(whole, self.hidden_size))}


class TorchRNN(Fused):
    """Vanilla recurrent network of torch.nn.

    Source: torch.nn.RNN; Elman 1990, Finding structure in time, Cognitive Science 14(2).

    Args:
        input_size: the width of the input.
        hidden_size: the width of the state.
        activation: of the hidden layer.
    """

    def __init__(self, input_size: int, hidden_size: int, activation: Literal["tanh", "relu"] = "tanh") -> None:
        super().__init__(nn.RNN(input_size, hidden_size, nonlinearity=activation))


class TorchGRU(Fused):
    """Gated recurrent unit of torch.nn: the reset gate acts after the recurrent product.

    Source: torch.nn.GRU; Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, arXiv:1406.1078.

    Args:
        input_size: the width of the input.
        hidden_size: the width of the state.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(nn.GRU(input_size, hidden_size))


class TorchLSTM(Fused):
    """Long short-term memory of torch.nn.

    Source: torch.nn.LSTM; Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000.

    Args:
        input_size: the width of the input.
        hidden_size: the width of the states.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(nn.LSTM(input_size, hidden_size), states=2)
