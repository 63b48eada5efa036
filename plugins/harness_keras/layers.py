"""keras.layers.SimpleRNN, GRU and LSTM as layers.

Their initial weights are Keras' own distributions, drawn by torch, so that a seed decides them.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from harness import Layer, States
from harness_keras.backend import computing_like, load


class KerasLayer(Layer):
    """A recurrent layer of Keras.

    Args:
        kind: its name in keras.layers.
        input_size: the width of the input.
        hidden_size: the width of each state.
        states: how many it has.
        options: of the layer.
    """

    def __init__(self, kind: str, input_size: int, hidden_size: int, states: int, **options: object) -> None:
        super().__init__(input_size, hidden_size)
        make: Any = getattr(load().layers, kind)
        self.network = make(
            hidden_size,
            return_sequences=True,
            return_state=True,
            name="layer",  # Keras would number them, and the names of the weights with them
            seed=0,  # of a dropout that is not used; Keras would draw one
            **options,
        )
        self.network.build((None, None, input_size))
        for variable in self.network.non_trainable_variables:  # that seed, an integer among the weights
            for part in (self.network, self.network.cell):
                del part.torch_params[variable.path]
        self.states = states
        weights: dict[str, Tensor] = {w.name: w.value for w in self.network.trainable_weights}
        nn.init.xavier_uniform_(weights["kernel"])
        nn.init.orthogonal_(weights["recurrent_kernel"])
        self._bias = weights["bias"].detach()

    def initial(self, batch: int) -> States:
        """Zeros (batch, hidden_size)."""
        like = next(self.parameters())
        return tuple(like.new_zeros(batch, self.hidden_size) for _ in range(self.states))

    def forward(self, x: Tensor, states: States) -> tuple[Tensor, States]:
        """Run over x (time, batch, input_size); Keras has the batch first."""
        with computing_like(x, self.network, self.network.cell):
            outputs, *after = self.network(x.transpose(0, 1), initial_state=list(states), training=self.training)
        return outputs.transpose(0, 1), tuple(after)

    def recurrent_matrices(self) -> dict[str, Tensor]:
        """Those of the gates, one after the other in the recurrent kernel."""
        kernel = next(w.value for w in self.network.trainable_weights if w.name == "recurrent_kernel")
        return {f"gate {n}": part for n, part in enumerate(torch.split(kernel, self.hidden_size, dim=1))}


class KerasSimpleRNN(KerasLayer):
    """Vanilla recurrent network of Keras.

    Source: keras.layers.SimpleRNN; Elman 1990, Finding structure in time, Cognitive Science 14(2).

    Args:
        input_size: the width of the input.
        hidden_size: the width of the state.
        activation: of the hidden layer.
    """

    def __init__(self, input_size: int, hidden_size: int, activation: Literal["tanh", "relu"] = "tanh") -> None:
        super().__init__("SimpleRNN", input_size, hidden_size, 1, activation=activation)


class KerasGRU(KerasLayer):
    """Gated recurrent unit of Keras: by default the reset gate acts after the recurrent product.

    Source: keras.layers.GRU; Cho et al. 2014, arXiv:1406.1078.

    Args:
        input_size: the width of the input.
        hidden_size: the width of the state.
        reset: whether the reset gate acts before or after the recurrent product.
    """

    def __init__(self, input_size: int, hidden_size: int, reset: Literal["before", "after"] = "after") -> None:
        super().__init__("GRU", input_size, hidden_size, 1, reset_after=reset == "after")


class KerasLSTM(KerasLayer):
    """Long short-term memory of Keras.

    Source: keras.layers.LSTM; Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000.

    Args:
        input_size: the width of the input.
        hidden_size: the width of the states.
        forget_bias: what the biases of the forget gate start at.
    """

    def __init__(self, input_size: int, hidden_size: int, forget_bias: float = 1.0) -> None:
        super().__init__("LSTM", input_size, hidden_size, 2, unit_forget_bias=False)
        self._bias[hidden_size : 2 * hidden_size] = forget_bias
