"""The recurrent layers of torch.nn: fused kernels that take a whole sequence at once."""

from harness import hookimpl


@hookimpl
def harness_cells() -> dict[str, str]:
    """The layers of this package; torch is imported only when one is used."""
    return {
        "torch-gru": "harness_torch.layers:TorchGRU",
        "torch-lstm": "harness_torch.layers:TorchLSTM",
        "torch-rnn": "harness_torch.layers:TorchRNN",
    }
