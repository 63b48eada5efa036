"""Recurrent cells written from their equations, one cell a file: what all other implementations are held against."""

from harness import hookimpl


@hookimpl
def harness_cells() -> dict[str, str]:
    """The cells of this package; each module is imported only when its cell is used."""
    return {
        "elman": "harness_scratch.elman:Elman",
        "gru": "harness_scratch.gru:GRU",
        "jordan": "harness_scratch.jordan:Jordan",
        "lstm": "harness_scratch.lstm:LSTM",
        "mingru": "harness_scratch.mingru:MinGRU",
        "minlstm": "harness_scratch.minlstm:MinLSTM",
        "simple-gru": "harness_scratch.simple_gru:SimpleGRU",
        "window": "harness_scratch.window:Window",
    }
