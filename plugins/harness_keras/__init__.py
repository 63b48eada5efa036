"""The recurrent layers of Keras 3, on its torch backend."""

from __future__ import annotations

from importlib.util import find_spec

from harness import hookimpl


@hookimpl
def harness_cells() -> dict[str, str]:
    """The layers; none where Keras is not installed. Keras is imported only when one is used."""
    if find_spec("keras") is None:
        return {}
    return {
        "keras-gru": "harness_keras.layers:KerasGRU",
        "keras-lstm": "harness_keras.layers:KerasLSTM",
        "keras-simple-rnn": "harness_keras.layers:KerasSimpleRNN",
    }
