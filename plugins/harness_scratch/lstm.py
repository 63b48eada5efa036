"""The long short-term memory."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from harness import Cell, Gate, HarnessError, States


class LSTM(Cell):
    """Long short-term memory: a cell state that gates write to, forget and read.

        i = sigmoid(W_i x + U_i h + b_i)
        f = sigmoid(W_f x + U_f h + b_f)
        g = tanh(W_g x + U_g h + b_g)
        o = sigmoid(W_o x + U_o h + b_o)
        c' = f ⊙ c + i ⊙ g
        h' = o ⊙ tanh(c')

    Source: Hochreiter and Schmidhuber 1997; the forget gate is of Gers, Schmidhuber and Cummins 2000.

    Args:
        input_size: the width of x.
        hidden_size: the width of h and c.
        forget_bias: what all of b_f starts at; 1 lets a fresh cell remember (Jozefowicz, Zaremba and Sutskever 2015).
        peephole: whether the gates look at the cell state: p_i ⊙ c, p_f ⊙ c and p_o ⊙ c' are added inside their
            sigmoids (Gers, Schraudolph and Schmidhuber 2002). All p start at zero.
        coupled: whether i = 1 - f, without weights of its own (Greff et al. 2017, arXiv:1503.04069).
        forget: false is f = 1, the cell of 1997.

    Raises:
        HarnessError: options contradict each other.
    """

    states = ("h", "c")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        forget_bias: float = 1.0,
        *,
        peephole: bool = False,
        coupled: bool = False,
        forget: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size)
        if not forget:
            _check_without_forget_gate(forget_bias, coupled=coupled)
        self.coupled = coupled
        self.forget = forget
        self.parts = "fgo" if coupled else "ifgo" if forget else "igo"
        self.gates = Gate(input_size, hidden_size, len(self.parts) * hidden_size)
        if forget:
            self._by_name(self.gates.bias.detach().unsqueeze(0))["f"].fill_(forget_bias)
        looking = self.parts.replace("g", "")
        self.peepholes = nn.ParameterDict({p: torch.zeros(hidden_size) for p in looking}) if peephole else None
        self.reference = "torch.nn.LSTM" if forget and not (coupled or peephole) else ""

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> States:
        """From x (batch, input_size), h and c (batch, hidden_size) to the new h and c."""
        a = self._by_name(self.gates(x, h))
        f = self._gate("f", a, c) if self.forget else 1
        i = 1 - f if self.coupled else self._gate("i", a, c)
        c = f * c + i * torch.tanh(a["g"])
        o = self._gate("o", a, c)
        return o * torch.tanh(c), c

    def from_reference(self, theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """torch.nn has the same order, its matrices transposed, and two biases that are added."""
        return {
            "gates.input": theirs["weight_ih_l0"].t(),
            "gates.recurrent": theirs["weight_hh_l0"].t(),
            "gates.bias": theirs["bias_ih_l0"] + theirs["bias_hh_l0"],
        }

    def _by_name(self, joined: Tensor) -> dict[str, Tensor]:
        """What belongs to each of the parts that are one product."""
        return dict(zip(self.parts, joined.chunk(len(self.parts), dim=1), strict=True))

    def _gate(self, name: str, a: dict[str, Tensor], c: Tensor) -> Tensor:
        """The sigmoid of W x + U h + b, and of p ⊙ c where there are peepholes."""
        return torch.sigmoid(a[name] if self.peepholes is None else torch.addcmul(a[name], self.peepholes[name], c))


def _check_without_forget_gate(forget_bias: float, *, coupled: bool) -> None:
    if coupled:
        raise HarnessError(
            "lstm: coupled=true and forget=false exclude each other, since i = 1 - f needs a forget gate: "
            "give one of them."
        )
    if forget_bias != 1:
        raise HarnessError(
            f"lstm: forget_bias={forget_bias:g} and forget=false exclude each other, since without a forget gate "
            "there is nothing to bias: give one of them."
        )
